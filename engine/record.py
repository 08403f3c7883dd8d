"""One record at a time: the compiled form as a generated Python function.

Each column is read once and put into a bin by comparing native numbers; each classifier
looks the bin up and answers from its flat array, from the rows' bit sets, or, for a
scorecard, by adding points. What is no plain number or known text takes the exact way round.

The generated source holds generated identifiers only; names, labels and values enter it as
constants of its namespace.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from custrata.engine.axes import Axis
from custrata.engine.compiled import Compiled, Result, nothing_hit, to_json
from custrata.engine.model import Cut
from custrata.engine.scorecard import Points, additive_points
from custrata.engine.thresholds import ALL_WHOLE, native_threshold
from custrata.engine.values import canonical_of

SMALL_CELLS = 4_096
"""Up to so many cells a flat array is worth building for single records."""
_ROW_BITS = 16
_MEMORY = 4_096
"""How many answers, or texts, are remembered at most."""

Record = Mapping[str, Any]
Derive = Callable[[Record], Record]


def record_function(
    compiled: Sequence[Compiled], derive: Derive | None = None
) -> Callable[[Record], dict[str, Any]]:
    """A function from a record (measures by name) to labels by classifier.

    Args:
        compiled: each after those whose labels it reads.
        derive: adds measures that can be made of others, where the record lacks them.

    Raises (the function):
        ValueError: a number is infinite.
        TypeError: a value is no scalar.
    """
    writer = _Writer()
    for one in compiled:
        writer.classifier(one)
    classify = writer.function()
    if derive is None:
        return classify
    return lambda record: classify(derive(record))


def check_record(record: Any) -> None:
    """Refuse what is no record.

    Raises:
        TypeError: it is no mapping.
    """
    if not hasattr(record, "get"):
        kind = type(record).__name__
        raise TypeError(f"a record must be a mapping of measures by name, got {kind}") from None


@dataclass(frozen=True)
class _Reader:
    """The bins of one column that several classifiers read: all their cuts and texts."""

    column: str
    cuts: tuple[Cut, ...]
    texts: tuple[str, ...]

    @property
    def other(self) -> int:
        return len(self.cuts) + 1 + len(self.texts)

    @property
    def null(self) -> int:
        return self.other + 1

    def exact(self, value: Any) -> int:
        """The bin of any value, by exact comparison."""
        found = canonical_of(self.column, value)
        if found is None:
            return self.null
        if isinstance(found, str):
            known = found in self.texts
            return len(self.cuts) + 1 + self.texts.index(found) if known else self.other
        return bisect_right([(cut.at, cut.strict) for cut in self.cuts], (found, False))

    def seen_by(self, axis: Axis) -> list[int]:
        """For each bin here, the bin of one classifier's axis."""
        below: list[Cut | None] = [None, *self.cuts]
        numbers = [0 if cut is None else bisect_right(axis.cuts, cut) for cut in below]
        texts = [axis.bin_of(text) for text in self.texts]
        return [*numbers, *texts, axis.other, axis.null]


class _TextBins(dict[str, int]):
    """Bins of texts, found once and remembered, within bounds."""

    def __init__(self, reader: _Reader):
        super().__init__()
        self._reader = reader

    def __missing__(self, text: str) -> int:
        found = self._reader.exact(text)
        if len(self) < _MEMORY:
            self[text] = found
        return found


class _Answers(dict[int, Any]):
    """Answers by rows hit, worked out once and remembered, within bounds."""

    def __init__(self, compiled: Compiled):
        super().__init__()
        self._compiled = compiled

    def __missing__(self, hits: int) -> Any:
        found = _output(self._compiled.result(hits))
        if len(self) < _MEMORY:
            self[hits] = found
        return found


class _Writer:
    """Writes the source: reading of columns first, then one expression a classifier."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._names: dict[str, Any] = {
            "bisect": bisect_right,
            "float": float,
            "int": int,
            "str": str,
            "low": -float(ALL_WHOLE),  # beyond, a float is not its shortest decimal any more
            "high": float(ALL_WHOLE),
        }
        self._compiled: list[Compiled] = []

    def constant(self, value: Any) -> str:
        name = f"k{len(self._names)}"
        self._names[name] = value
        return name

    def classifier(self, compiled: Compiled) -> None:
        self._compiled.append(compiled)

    def function(self) -> Callable[[Record], dict[str, Any]]:
        produced = {name for one in self._compiled for name in _result_columns(one)}
        readers = _readers(self._compiled)
        places: dict[str, str] = {}
        for column in readers:
            if column not in produced:
                places[column] = self._read(column, readers[column])
        outputs = []
        for one in self._compiled:
            for name in _result_columns(one):
                places.pop(name, None)
            result = self._decide(one, readers, places)
            outputs.append(f"{self.constant(one.name)}: {result}")
            for name in _result_columns(one):
                if name in readers:
                    places[name] = self._bin(result, readers[name], len(places))
        source = "\n    ".join(
            [
                "def classify(record):",
                "get = record.get",
                *self._lines,
                f"return {{{', '.join(outputs)}}}",
            ]
        )
        exec(source, self._names)  # noqa: S102 - see the module's docstring
        function: Callable[[Record], dict[str, Any]] = self._names["classify"]
        return function

    def _read(self, column: str, reader: _Reader) -> str:
        number = len(self._lines)
        self._lines.append(f"v{number} = get({self.constant(column)})")
        return self._bin(f"v{number}", reader, number)

    def _bin(self, value: str, reader: _Reader, number: int) -> str:
        """Lines that put the value named `value` into the variable that is returned."""
        place = f"b{number}_{len(self._lines)}"
        thresholds = [native_threshold(cut) for cut in reader.cuts]
        if not thresholds:
            beyond = "0"
        elif len(thresholds) == 1:
            beyond = f"{value} >= {self.constant(thresholds[0])}"
        else:
            beyond = f"bisect({self.constant(thresholds)}, {value})"
        exact = self.constant(reader.exact)
        texts = self.constant(_TextBins(reader))
        self._lines += [
            f"c = {value}.__class__",
            f"if c is int: {place} = {beyond}",
            f"elif c is float: {place} = {beyond} if low < {value} < high else {exact}({value})",
            f"elif c is str: {place} = {texts}[{value}]",
            f"elif {value} is None: {place} = {reader.null}",
            f"else: {place} = {exact}({value})",
        ]
        return place

    def _decide(
        self, one: Compiled, readers: Mapping[str, _Reader], places: Mapping[str, str]
    ) -> str:
        """A line that decides; returns the variable that holds the result."""
        result = f"r{len(self._lines)}"
        views = {axis: readers[axis.column].seen_by(axis) for axis in one.axes}

        def terms(values: Callable[[int, Axis], Sequence[int]]) -> list[str]:
            found = []
            for number, axis in enumerate(one.axes):
                wanted = values(number, axis)
                table = self.constant(tuple(wanted[place] for place in views[axis]))
                found.append(f"{table}[{places[axis.column]}]")
            return found

        points = additive_points(one)
        if points is not None and not len(one.classifier.rules) >> _ROW_BITS:
            sums = terms(lambda number, _: _packed(points, number))
            expression = self._score(one, points, sums)
        elif one.dense and one.cells <= SMALL_CELLS:
            answers = tuple(_output(one.outcomes.results[cell]) for cell in one.outcomes.cells)
            steps = terms(lambda number, axis: [one.strides[number] * b for b in range(axis.size)])
            expression = f"{self.constant(answers)}[{' + '.join(steps) or '0'}]"
        else:
            masks = terms(lambda _, axis: axis.masks)
            expression = f"{self.constant(_Answers(one))}[{' & '.join(masks) or one.everything}]"
        if one.classifier.policy.lists:
            expression = f"(None if (t := {expression}) is None else [*t])"
        self._lines.append(f"{result} = {expression}")
        return result

    def _score(self, one: Compiled, points: Points, sums: Sequence[str]) -> str:
        """Points and rows hit ride in one int: the rows in its low bits."""
        total = f"t{len(self._lines)}"
        self._lines.append(f"{total} = {' + '.join(sums)}")
        score = f"({total} >> {_ROW_BITS})"
        if points.unit > 1:
            score = f"{score} / {self.constant(points.unit)}"
        nothing = self.constant(_output(nothing_hit(one.classifier)))
        return f"{score} if {total} & {(1 << _ROW_BITS) - 1} else {nothing}"


def _packed(points: Points, axis: int) -> list[int]:
    """Points above, rows hit in the low bits, so that one addition adds both."""
    pairs = zip(points.points[axis], points.hits[axis], strict=True)
    return [(point << _ROW_BITS) + hits for point, hits in pairs]


def _result_columns(compiled: Compiled) -> tuple[str, str]:
    return f"label.{compiled.name}", f"score.{compiled.name}"


def _readers(compiled: Sequence[Compiled]) -> dict[str, _Reader]:
    """For each column, all the cuts and texts that any classifier tests there."""
    axes: dict[str, list[Axis]] = {}
    for one in compiled:
        for axis in one.axes:
            axes.setdefault(axis.column, []).append(axis)
    return {
        column: _Reader(
            column,
            tuple(sorted({cut for axis in found for cut in axis.cuts})),
            tuple(dict.fromkeys(text for axis in found for text in axis.texts)),
        )
        for column, found in axes.items()
    }


def _output(result: Result) -> Any:
    return tuple(to_json(result)) if isinstance(result, tuple) else to_json(result)
