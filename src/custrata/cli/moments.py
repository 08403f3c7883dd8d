"""Moments as a person types and reads them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from custrata.cli.text import _

if TYPE_CHECKING:
    from custrata.service.desk import Desk


def parse_moment(
    _ctx: click.Context, _parameter: click.Parameter, text: str | None
) -> datetime | None:
    """The moment that a word spells, with or without a zone."""
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        message = _("{text!r} is no time; write it as 2026-12-01T00:00").format(text=text)
        raise click.BadParameter(message) from None


def in_zone(desk: Desk, at: datetime) -> datetime:
    """A time without a zone is meant where the firm is."""
    from custrata.service.rules.versions import current, engine_of

    with desk.database.read() as session:
        zone = engine_of(current(session)).ruleset.time_zone
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
