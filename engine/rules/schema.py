"""The shape of a rules file, as marshmallow schemas.

What a part says by itself is checked here and turned into the model; what needs other parts
(references, cells against bands, plugins) is checked where those are known.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, validates_schema
from marshmallow.fields import Field, Nested

from custrata.engine.model import OTHER, UNKNOWN, Bands, Fixed, Label, LabelInfo
from custrata.engine.rules.cells import spell_number
from custrata.engine.rules.cuts import Cut
from custrata.engine.rules.document import Map
from custrata.engine.rules.effects import EffectItem
from custrata.engine.rules.faults import Fault, near, quoted, refused
from custrata.engine.rules.fields import (
    CELL,
    Anything,
    BandName,
    Choice,
    Days,
    Flag,
    LabelId,
    ListOf,
    MapOf,
    Pair,
    Text,
    Whole,
    WindowEnds,
    hidden_name,
    most,
    unknown_key,
)
from custrata.engine.rules.policies import Policy

RESERVED_COLUMNS = ("label", "note")
REFERENCES = ("label.", "score.")
_LANGUAGE = r"[a-z]{2,3}([_-][A-Za-z0-9]+)*"
_MOST_HINTS = 50


def about(description: str) -> dict[str, str]:
    """A field's description, for the JSON Schema."""
    return {"description": description}


class Part(Schema):
    """A mapping whose keys are known; `further` holds the field of all others, if any."""

    further: ClassVar[tuple[Field[Any], ...]] = ()
    error_messages = {  # noqa: RUF012 (marshmallow declares it so)
        "type": Fault("must be a mapping", "wrong-type", allowed="key: value")
    }

    class Meta:
        """What is unknown is refused below, in our words."""

        unknown = EXCLUDE

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown_keys(self, data: Any, original: Any, **kwargs: Any) -> None:
        """Name what is allowed, and the nearest spelling."""
        if self.further or not isinstance(original, Mapping):
            return
        unknown = [key for key in original if key not in self.fields]
        if unknown:
            hinted = {key: [unknown_key(key, self.fields)] for key in unknown[:_MOST_HINTS]}
            rest = {key: [unknown_key(key, ())] for key in unknown[_MOST_HINTS:]}
            raise ValidationError({**hinted, **rest})


class BandsSchema(Part):
    """How a measure is cut."""

    cuts = ListOf(Cut(), required=True, metadata=about("cut points, rising"))
    names = ListOf(
        BandName(), required=True, metadata=about("band names, lowest first; one more than cuts")
    )
    closed = Choice("left", "right", metadata=about("left: a value equal to a cut is above it"))
    ties = Choice("value", "rank", metadata=about("rank: cut points apply to ranks; batch only"))
    duplicates = Choice(
        "keep", "drop_last", "drop_first", metadata=about("what becomes of coinciding edges")
    )

    @validates_schema(skip_on_field_errors=True)
    def check_names(self, data: Any, **kwargs: Any) -> None:
        """One name more than cuts, each once, none reserved."""
        names, bands = data["names"], len(data["cuts"]) + 1
        seen = {UNKNOWN, OTHER}
        faults: dict[int, Any] = {}
        for index, name in enumerate(names):
            if name in seen:
                faults[index] = [_taken(name)]
            seen.add(name)
        if faults:
            raise ValidationError({"names": faults})
        if len(names) != bands:
            text = f"{bands - 1} cuts make {bands} bands, got {len(names)} names"
            fault = Fault(text, "names-count", allowed="one name more than cuts")
            raise ValidationError({"names": [fault]})

    @validates_schema(skip_on_field_errors=True)
    def check_rise(self, data: Any, **kwargs: Any) -> None:
        """Fixed cuts rise; two may coincide only where `duplicates` says what then."""
        may_equal = data.get("duplicates", "keep") != "keep"
        faults, last = {}, None
        for index, cut in enumerate(data["cuts"]):
            if not isinstance(cut, Fixed):
                continue
            if last is not None and (cut.value < last or (cut.value == last and not may_equal)):
                text = f"cuts must rise, got {spell_number(cut.value)} after {spell_number(last)}"
                faults[index] = [Fault(text, "cuts-descend")]
            last = cut.value
        if faults:
            raise ValidationError({"cuts": faults})

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> Bands:
        """The model, its measure not yet named."""
        return Bands("", tuple(data.pop("cuts")), tuple(data.pop("names")), **data)


def _taken(name: str) -> Fault:
    if name in (UNKNOWN, OTHER):
        text = f"band name {quoted(name)} is reserved"
        return Fault(text, "reserved-band", allowed=f"names other than {UNKNOWN} and {OTHER}")
    return Fault(f"band name {quoted(name)} is used twice", "duplicate-band", allowed="each once")


@dataclass(frozen=True)
class Row:
    """A row as written; its cells are read once the bands are known."""

    label: Label
    note: str | None
    source: Map


class RowSchema(Part):
    """One rule: cells by column, a label, a note."""

    further = (Anything(CELL),)
    label = LabelId(required=True, metadata=about("what a customer is who meets every cell"))
    note = Text(allow_none=True, metadata=about("for the reader"))

    @post_load(pass_original=True)
    def build(self, data: dict[str, Any], original: Map, **kwargs: Any) -> Row:
        """The row with its source."""
        return Row(data["label"], data.get("note"), original)


class TableSchema(Part):
    """A decision table."""

    hit_policy = Policy(metadata=about("what the rows that hit come to; first by default"))
    rules = ListOf(Nested(RowSchema), required=True, metadata=about("the rows, in order"))
    otherwise = LabelId(allow_none=True, metadata=about("the label where no row hits"))


def _language(key: str) -> Fault | None:
    if re.fullmatch(_LANGUAGE, key):
        return None
    return Fault(
        f"{quoted(key)} is no language",
        "wrong-language",
        allowed="en, vi, zh_Hant, zh_Hans ...",
        at_key=True,
    )


class LabelSchema(Part):
    """What is known of a label."""

    rank = Whole(1, metadata=about("1 is best"))
    name = MapOf(Text(), _language, metadata=about("the name, by language"))

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> LabelInfo:
        """The model."""
        return LabelInfo(data.get("name", {}), data.get("rank"))


class TransitionSchema(Part):
    """Effects of one label."""

    enter = ListOf(EffectItem(), metadata=about("when a customer comes to have the label"))
    leave = ListOf(EffectItem(), metadata=about("when a customer no longer has it"))

    @post_load
    def build(self, data: dict[str, Any], **kwargs: Any) -> dict[str, tuple[Any, ...]]:
        """Effects by moment."""
        return {moment: tuple(effects) for moment, effects in data.items()}


class ClassifierSchema(Part):
    """One classifier: a table, and the bands that it reads."""

    plugin = Text(metadata=about("whose defaults it takes; the plugin of the same name by default"))
    enabled = Flag(metadata=about("false: it does not run"))
    parameters = Anything({"type": "object"}, metadata=about("what the plugin takes"))
    bands = MapOf(Nested(BandsSchema), metadata=about("by measure, how it is cut"))
    table = Nested(TableSchema, metadata=about("the rules; replaces the plugin's"))
    where = MapOf(
        Anything(CELL), allow_none=True, metadata=about("who takes part: cells by column, no bands")
    )
    outside = LabelId(allow_none=True, metadata=about("the label of those whom `where` leaves out"))
    labels = MapOf(
        Nested(LabelSchema, allow_none=True), metadata=about("names and ranks, by label")
    )
    effects = MapOf(
        Nested(TransitionSchema),
        allow_none=True,
        metadata=about("what follows a transition, by label"),
    )


def _measure_name(key: str) -> Fault | None:
    if not key or key in (*RESERVED_COLUMNS, "customer_id") or key.startswith(REFERENCES):
        return Fault(
            f"a measure cannot be called {quoted(key)}",
            "reserved-name",
            allowed="another name",
            at_key=True,
        )
    return hidden_name(key)


def _classifier_name(key: str) -> Fault | None:
    if not key or "." in key or key == "customer_id":
        return Fault(
            f"a classifier cannot be called {quoted(key)}",
            "reserved-name",
            allowed="a name without dots",
            at_key=True,
        )
    return hidden_name(key)


_FORMS = ("measure", "ratio", "difference", "days_since")


class MeasureSchema(Part):
    """A measure under a name of its own."""

    further = (Anything({}),)
    measure = Text(metadata=about("whose parameters are given here"))
    window = WindowEnds(
        metadata=about("[older, newer]: days back from as_of, the older day left out")
    )
    calendar = Choice("month", "year", metadata=about("the window counts whole periods"))
    ratio = Pair(metadata=about("[a, b]: a ÷ b, null where b is 0"))
    difference = Pair(metadata=about("[a, b]: a − b"))
    days_since = Text(metadata=about("a date attribute"))

    @validates_schema(skip_on_field_errors=True)
    def check_reach(self, data: Any, **kwargs: Any) -> None:
        """Back from any day, a window ends in a year that there is."""
        period = data.get("calendar")
        if period is None or "window" not in data:
            return
        furthest = max(end for end in data["window"] if end is not None)
        if furthest > most(period):
            text = f"the window reaches {furthest} {period}s back"
            fault = Fault(text, "wrong-window", allowed=f"at most {most(period)}")
            raise ValidationError({"window": [fault]})

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def check_form(self, data: Any, original: Any, **kwargs: Any) -> None:
        """Of one form, with nothing that this form does not take."""
        if not isinstance(original, Mapping):
            return
        forms = [form for form in _FORMS if form in original]
        if len(forms) != 1:
            text = (
                f"is of one form, got {' and '.join(forms)}"
                if forms
                else "lacks what it is made of"
            )
            hint = next(
                (word for key in list(original)[:_MOST_HINTS] if (word := near(key, _FORMS))), None
            )
            fault = Fault(
                text,
                "measure-form",
                allowed="one of measure, ratio, difference, days_since",
                nearest=hint if not forms else None,
            )
            raise ValidationError([fault])
        if forms != ["measure"]:
            faults = {key: [unknown_key(key, forms)] for key in original if key not in forms}
            if faults:
                raise ValidationError(faults)
        elif "calendar" in original and "window" not in original:
            raise ValidationError(
                {
                    "calendar": [
                        Fault("calendar needs a window", "wrong-window", allowed="window: [1, 0]")
                    ]
                }
            )


class Currency(Text):
    """A currency's code."""

    def __init__(self, **kwargs: Any):
        super().__init__(r"[A-Z][A-Z0-9]{2,9}", "a code in capitals such as VND", **kwargs)


class TimeZone(Text):
    """A time zone's name."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        try:
            zoneinfo.ZoneInfo(name)
        except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
            known = sorted(zoneinfo.available_timezones())
            fault = refused(
                f"unknown time zone {quoted(name)}",
                "unknown-time-zone",
                allowed="a name such as Asia/Ho_Chi_Minh or UTC",
                nearest=_near_zone(name, known),
            )
            raise fault from None
        return name


def _near_zone(name: str, known: list[str]) -> str | None:
    """Among the zones of the same first letter, of which there are few enough."""
    return near(name, [zone for zone in known if zone[:1] == name[:1].upper()])


class RulesetSchema(Part):
    """A rules file."""

    ruleset = Choice(1, required=True, metadata=about("version of this format"))
    time_zone = TimeZone(allow_none=True, metadata=about("days are counted in it; UTC by default"))
    currency = Currency(allow_none=True, metadata=about("of every amount; none by default"))
    window_days = Days(
        metadata=about("how far back frequency, monetary and profit look; 365 by default")
    )
    measures = MapOf(
        Nested(MeasureSchema),
        _measure_name,
        allow_none=True,
        metadata=about("measures with parameters, by name"),
    )
    classifiers = MapOf(
        Nested(ClassifierSchema),
        _classifier_name,
        allow_none=True,
        metadata=about("what runs, by name"),
    )


class StringsSchema(Part):
    """How a plugin's classifier is called in one language."""

    further = (Anything({}),)
    name = Text(metadata=about("of the classifier"))
    labels = MapOf(Text(), metadata=about("by label"))
    bands = MapOf(MapOf(Text()), metadata=about("by measure and band"))
    measures = MapOf(Text(), metadata=about("that the plugin brings, by name"))
    notes = MapOf(Text(), metadata=about("by the text of `defaults.yaml`"))
