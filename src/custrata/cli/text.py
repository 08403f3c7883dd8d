"""What a person reads: one door for translation, numbers, aligned tables."""

from __future__ import annotations

import gettext
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from textwrap import fill

_CATALOGUE = gettext.translation("custrata", Path(__file__).parent / "locales", fallback=True)
_ = _CATALOGUE.gettext
"""The text in the reader's language; English where there is no translation."""
plural = _CATALOGUE.ngettext
"""The form of a text for so many: `plural(one, many, count)`."""

_LONG = 96
"""Signs of a line of prose."""


def program() -> str:
    """How this command can be typed again: its path where the shell does not find it."""
    called = Path(sys.argv[0])
    if called.parts[-2:] == ("custrata", "__main__.py"):
        return shlex.join([sys.executable, "-m", "custrata"])
    if called.stem != "custrata":
        return "custrata"
    found = shutil.which("custrata")
    known = found is not None and Path(found).resolve() == called.resolve()
    return "custrata" if known else shlex.quote(sys.argv[0])


def is_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def number(value: int | float | Decimal | None) -> str:
    """A number with thousands separators, exact; `-` for none."""
    return "-" if value is None else f"{value:,}"


def money(value: Decimal | None) -> str:
    """An exact amount; a lone decimal is written as two."""
    if value is not None and value.as_tuple().exponent == -1:
        value = value.quantize(Decimal("0.01"))
    return number(value)


def percent(part: int | Decimal, whole: int | Decimal) -> str:
    """A share with one decimal; `-` of nothing."""
    return f"{100 * Decimal(part) / Decimal(whole):.1f} %" if whole else "-"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Rows as an aligned text table.

    Args:
        head: the columns' titles.
        rows: as many texts each.
        left: how many columns, from the first, are set flush left; numbers are flush right.
    """
    lines = [head, *rows]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(head))]
    ruled = [head, ["-" * width for width in widths], *rows]
    return "\n".join(_line(line, widths, left) for line in ruled)


def indent(text: str, by: int = 2) -> str:
    """Every line moved to the right."""
    return "\n".join(" " * by + line if line else line for line in text.splitlines())


def wrapped(text: str) -> str:
    """Prose in lines of a length that is read with ease."""
    return fill(text, _LONG)


def _line(cells: Sequence[str], widths: Sequence[int], left: int) -> str:
    padded = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - _width(cell))
        padded.append(cell + space if place < left else space + cell)
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Cells of a terminal: Chinese characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )
