"""Cells as something that the store knows: yes or no, stages, sources, groups, the currency."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from custrata.engine.diagnostics import nearest
from custrata.engine.facts.words import NO, YES
from custrata.service.imports.known import Known
from custrata.service.imports.texts import ABOUT, ALLOWED, Column, read_text, sifted
from custrata.store.folding import code, fold

_BOOLEANS = {fold(word): True for word in YES} | {fold(word): False for word in NO}
_NEAREST = 200
"""For so many different texts the likeliest meant one is looked for."""

Meaning = tuple[Any, str | None]
"""What a text means, or why it means nothing."""


def read_booleans(cells: pl.Series) -> Column:
    """Yes or no, in four languages."""

    def meaning(text: str) -> Meaning:
        found = _BOOLEANS.get(fold(text))
        return found, None if found is not None else "neither yes nor no"

    return _meant(read_text(cells), meaning, pl.Boolean)


def read_stages(cells: pl.Series, known: Known, *, automatic: bool = False) -> Column:
    """Codes of stages, of a code or a name in any language.

    Args:
        automatic: whether a stage that rules set may be meant.
    """
    codes = dict.fromkeys(known.stages.values())
    listed = ", ".join(one for one in codes if automatic or one not in known.automatic)
    about = f"{ALLOWED}{listed}{ABOUT}"

    def meaning(text: str) -> Meaning:
        found = known.stages.get(fold(text))
        if found in known.automatic and not automatic:
            return None, f"set by rules alone, never by hand{about}({found})"
        if found is not None:
            return found, None
        return None, f"no stage of that name{about}({text!r}; there are {listed})"

    return _meant(read_text(cells), meaning, pl.String)


def read_sources(cells: pl.Series, known: Known) -> Column:
    """Codes of sources; those that the store does not know yet are new."""
    new: dict[str, str] = {}

    def meaning(text: str) -> Meaning:
        found = known.sources.get(fold(text)) or code(text)
        if not found:
            return None, "no name of a source"
        if found not in known.sources.values():
            new[found] = min(text, new.get(found, text))
        return found, None

    return replace(_meant(read_text(cells), meaning, pl.String), new=new)


def read_groups(cells: pl.Series, known: Known) -> Column:
    """Ids of groups that are filled by hand, rising, of a list parted by `;` or in JSON."""
    tried = 0

    def one(name: str) -> Meaning:
        nonlocal tried
        folded = fold(name)
        if folded in known.twofold:
            return None, f"several groups bear this name, write the code{ABOUT}({name})"
        found = known.groups.get(folded)
        if found is not None:
            return found, None
        if folded in known.dynamic:
            return None, f"filled by its rule, not by hand{ABOUT}({name})"
        tried += 1
        return None, _unknown(
            "no group of that name, make it first", name, known, known.groups, tried
        )

    def meaning(text: str) -> Meaning:
        found = [one(name) for name in _listed(text)]
        fault = next((fault for _, fault in found if fault), None)
        return sorted({group for group, _ in found if group}), fault

    return _meant(read_text(cells, 10_000), meaning, pl.List(pl.Int64))


def read_currencies(cells: pl.Series, known: Known) -> Column:
    """The currency's code; amounts in another one cannot be added up."""
    text = read_text(cells)
    named = text.values.str.to_uppercase()
    own = known.currency or _only(named)
    if own is None:
        return Column(named, text.faults)
    # the store's own may be told to anybody; the one of most rows is a word of theirs
    about = f"{ALLOWED}{own}{ABOUT}" if known.currency else ABOUT
    fault = pl.format(f"in another currency{about}({{}}; amounts are in {own})", pl.col("c"))
    faults = named.to_frame("c").select(pl.when(pl.col("c") != own).then(fault)).to_series()
    return sifted(named, faults if text.faults is None else faults.fill_null(text.faults))


def _only(named: pl.Series) -> str | None:
    """The one that most rows are in."""
    found = named.drop_nulls().mode().sort()
    return None if found.is_empty() else str(found[0])


def _meant(text: Column, meaning: Callable[[str], Meaning], kind: Any) -> Column:
    """What the different texts of a column mean, looked up once each."""
    given = text.values
    different = given.drop_nulls().unique()
    found = {one: meaning(one) for one in different.sort()}
    table = pl.DataFrame(
        {
            "text": list(found),
            "value": [value for value, _ in found.values()],
            "fault": [fault for _, fault in found.values()],
        },
        schema={"text": pl.String, "value": kind, "fault": pl.String},
    )
    joined = given.to_frame("text").join(table, on="text", how="left", maintain_order="left")
    faults = joined["fault"]
    if text.faults is not None:
        faults = text.faults.fill_null(faults)
    return sifted(joined["value"].rename(given.name), faults)


def _unknown(fault: str, text: str, known: Known, there: Mapping[str, Any], tried: int) -> str:
    close = nearest(fold(text), there) if tried <= _NEAREST else None
    meant = f"; did you mean {known.names[close]!r}?" if close else ""
    return f"{fault}{ABOUT}({text!r}{meant})"


def _listed(text: str) -> list[str]:
    """The names of a list: JSON, or parted by semicolons."""
    if text.startswith("["):
        try:
            return [str(one).strip() for one in json.loads(text) if str(one).strip()]
        except ValueError:
            pass
    return [name.strip() for name in text.split(";") if name.strip()]
