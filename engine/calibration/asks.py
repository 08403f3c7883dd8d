"""What is asked of a calibration run, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from custrata.engine.columns import Column
from custrata.engine.diagnostics import Diagnostic
from custrata.engine.model import Bands, Cut, Fixed, FoundBands

if TYPE_CHECKING:
    import narwhals.stable.v2 as nw

Key = tuple[str, str]
"""Classifier and measure."""


@dataclass(frozen=True, eq=False)
class Ask:
    """The bands of one measure in one classifier.

    Attributes:
        classifier: its name.
        bands: as the rules write them, fixed ones too (their sizes are counted).
        column: where the measure stands in the frame.
        population: a boolean expression, true for who takes part; None is everyone. Asks that
            share an expression are counted together.
    """

    classifier: str
    bands: Bands
    column: Column
    population: nw.Expr | None = None

    @property
    def key(self) -> Key:
        """Classifier and measure."""
        return self.classifier, self.bands.measure

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.classifier}.{self.bands.measure}"


@dataclass(frozen=True, eq=False)
class Finding:
    """Where all cuts lie.

    Attributes:
        values: cuts on the measure's own values, for every ask; of `ties: rank`, those that
            a customer without a rank is held against.
        ranks: cuts on the column `rank_column`, for `ties: rank` alone.
        frame: the frame that was given, with those columns (Int64, 1 to n, null for those who
            have no number or take no part).
        diagnostics: warnings.
    """

    values: Mapping[Key, FoundBands]
    ranks: Mapping[Key, FoundBands]
    frame: nw.LazyFrame[Any]
    diagnostics: tuple[Diagnostic, ...]


def rank_column(classifier: str, measure: str) -> str:
    """The column that holds the ranks of a measure among those who take part."""
    return f"#rank:{classifier}:{measure}"


def fixed_bands(bands: Bands) -> FoundBands:
    """Bands whose cuts are numbers, exactly as written; no population is needed.

    Raises:
        ValueError: a cut has to be found.
    """
    cuts = [Cut(cut.value, bands.closed == "right") for cut in bands.cuts if isinstance(cut, Fixed)]
    if bands.found:
        raise ValueError(f"the bands of {bands.measure} have to be found in a population")
    return FoundBands(tuple(cuts), bands.names)
