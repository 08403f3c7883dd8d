"""Values as JSON has them: exact amounts and moments as text, texts that every database holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from custrata.engine.values import canonical, spelling
from custrata.service.customers.profile import each_label
from custrata.service.imports.rows import LONGEST_ATTRIBUTE

AMOUNT = r"^-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,9})?$"
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:[0-5]\d)", re.ASCII
)


class Strict(Schema):
    """Fields that are not known are refused."""

    error_messages = {"type": "Not an object."}  # noqa: RUF012 - marshmallow's own

    class Meta:
        """Marshmallow's choices."""

        unknown = RAISE


def readable(text: str) -> str:
    """The text, if it is one.

    Raises:
        ValidationError: it holds signs that are none.
    """
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValidationError("Holds signs that are no text.")
    return text


class Text(fields.String):
    """A text."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        return readable(super()._deserialize(value, attr, data, **kwargs) or "")


class Flag(fields.Boolean):
    """True or false, and neither 1 nor 0."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Money(fields.String):
    """An exact amount as text: `1250000`, `-19.99`."""

    def __init__(self, **kwargs: Any):
        told = {"examples": ["1250000"]}
        super().__init__(validate=validate.Regexp(AMOUNT), metadata=told, **kwargs)

    def _validate(self, value: Any) -> None:
        """What was read is checked before it is one."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{_plain(Decimal(value)):f}"

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(AMOUNT, value):
            raise ValidationError("Not an amount: a text such as '1250000' or '-19.99'.")
        return Decimal(value)


class Moment(fields.Field[datetime]):
    """A moment as RFC 3339 has it, with its zone; kept to the microsecond."""

    def __init__(self, **kwargs: Any):
        told = {"examples": ["2026-11-20T10:00:00+07:00"], **kwargs.pop("metadata", {})}
        super().__init__(metadata=told, **kwargs)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            try:
                return datetime.fromisoformat(value.upper()).astimezone(UTC)
            except (ValueError, OverflowError):
                pass
        raise ValidationError("Not a moment with its zone, such as 2026-11-21T09:30:00+07:00.")


class Label(fields.Raw):
    """A label; several of a table that gives several; null where a table gives none.

    The number of a scorecard is a text too, as the store keeps it.
    """

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return list(each_label(value)) if value.startswith("[") else value
        if isinstance(value, list | tuple):
            return [_text(one) for one in value]
        return _text(value)


class Scalars(fields.Dict):
    """Texts, numbers, true, false and null, by name."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        for name, one in found.items():
            if not isinstance(name, str) or not 0 < len(readable(name)) <= LONGEST_NAME:
                raise ValidationError("Not a name.")
            if isinstance(one, Mapping | list):
                raise ValidationError({name: ["Neither a text, a number, true, false nor null."]})
            if isinstance(one, str) and len(readable(one)) > LONGEST_ATTRIBUTE:
                raise ValidationError({name: [f"Longer than {LONGEST_ATTRIBUTE:,} characters."]})
            if isinstance(one, int | float) and not abs(one) < _LARGE:
                raise ValidationError({name: ["Too large."]})
        return found


LONGEST_NAME = 255
_LARGE = 10**38


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    found = canonical(value)
    return None if found is None else spelling(found)


def _plain(value: Decimal) -> Decimal:
    """Without zeros at the end of its decimals."""
    short = value.normalize() if value else Decimal(0)
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short
