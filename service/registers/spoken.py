"""Names of register entries in the languages of those who read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custrata.service.values import word, wrong

LANGUAGES = ("en", "vi", "zh_Hant", "zh_Hans")
"""In which an entry may have names."""


def kept_names(kind: str, names: Mapping[str, str]) -> dict[str, str]:
    """Names as they are kept, without the empty ones.

    Args:
        kind: what is named, for messages. names: by language.

    Raises:
        DataError: a language in which no names are kept, a text that cannot be one, or no name.
    """
    other = sorted(set(names) - set(LANGUAGES))
    if other:
        raise wrong("language", f"no names are kept in {', '.join(other)}", ", ".join(LANGUAGES))
    named = {language: word("name", name) for language, name in names.items()}
    kept = {language: name for language, name in named.items() if name is not None}
    if not kept:
        raise wrong("text-missing", f"the {kind} has no name", "a name in one language at least")
    return kept


def name_in(names: Mapping[str, Any], language: str, code: str) -> str:
    """The name in a language; else in English, in any other, at last the code."""
    found = names.get(language) or names.get("en") or next(iter(names.values()), code)
    return str(found)
