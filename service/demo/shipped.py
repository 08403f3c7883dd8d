"""Files that ship, put where somebody plays with them."""

from __future__ import annotations

import filecmp
import shutil
from importlib.resources import as_file, files
from pathlib import Path


def bring(name: str, place: Path) -> None:
    """Copy a file of the package, `config/rules.yaml`, to a place.

    What was changed there by hand is put aside, as `rules.old.yaml`, rather than written over.
    """
    with as_file(files("custrata").joinpath(*name.split("/"))) as path:
        if place.exists() and not filecmp.cmp(place, path, shallow=False):
            _put_aside(place)
        shutil.copyfile(path, place)


def bring_rules(rules: Path, draft: Path, text: str | None = None) -> None:
    """Bring rules, and once more as a draft where there is none yet.

    Args:
        text: the rules; None for those that ship.
    """
    if text is None:
        bring("config/rules.yaml", rules)
    else:
        _put(rules, text)
    if not draft.exists():
        shutil.copyfile(rules, draft)


def shipped_rules() -> str:
    """The text of the rules that ship."""
    return files("custrata").joinpath("config", "rules.yaml").read_text(encoding="utf-8")


def _put(place: Path, text: str) -> None:
    """Write a text; what was changed there by hand is put aside."""
    if place.exists() and place.read_text(encoding="utf-8") != text:
        _put_aside(place)
    place.write_text(text, encoding="utf-8")


def _put_aside(place: Path) -> None:
    place.replace(place.with_name(f"{place.stem}.old{place.suffix}"))
