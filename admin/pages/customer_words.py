"""Words for what is known of a customer: channels, outcomes, steps, what changed and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from custrata.admin.language import NONE, _, day, lazy
from custrata.admin.pages import imports_words
from custrata.admin.pages.run_words import REASONS
from custrata.admin.pages.showing import Shown
from custrata.service.customers.profile import RULE, Event

CHANNELS: Mapping[str, Any] = {
    "phone": lazy("Telephone"),
    "visit": lazy("Visit"),
    "mail": lazy("Mail"),
    "zalo": "Zalo",
    "wechat": "WeChat",
    "chat": lazy("Chat"),
    "sms": lazy("Text message"),
}
DIRECTIONS: Mapping[str, Any] = {"out": lazy("From us"), "in": lazy("From the customer")}
OUTCOMES: Mapping[str, Any] = {
    "reached": lazy("Reached"),
    "missed": lazy("Not reached"),
}
KINDS: Mapping[str, Any] = {
    "complaint": lazy("Complaint"),
    "suggestion": lazy("Suggestion"),
    "praise": lazy("Praise"),
    "return": lazy("Return"),
    "ticket": lazy("Request"),
}
STATES: Mapping[str, Any] = {
    "open": lazy("open"),
    "in_progress": lazy("in progress"),
    "waiting": lazy("waiting for the customer"),
    "resolved": lazy("settled"),
    "closed_case": lazy("closed"),
    "closed": lazy("closed"),
}
VISIT_STATES: Mapping[str, Any] = {
    "planned": lazy("planned"),
    "done": lazy("held"),
    "postponed": lazy("put off"),
    "dropped": lazy("dropped"),
}
FIELDS: Mapping[str, Any] = {
    name: imports_words.FIELDS[name]
    for name in (
        "customer_id",
        "phone",
        "email",
        "stage",
        "kind",
        "channel",
        "size",
        "sector",
        "region",
        "area",
        "source",
        "owner",
        "team",
        "marketer",
        "referred_by",
        "created_at",
        "birth_date",
        "consent",
        "lost_reason",
        "lost_to",
    )
}
"""The master data, in the order in which it is shown."""


@dataclass(frozen=True)
class EventWords:
    """Something that changed, as the line of time tells it.

    Attributes:
        kind: `stage`, `owner`, `label` or `reminder`.
        dated: whether it is of a day, not of a moment. by: who did it. why: the reason.
    """

    kind: str
    at: datetime
    dated: bool
    text: str
    by: str
    why: str
    tone: str = "plain"


def event_words(one: Event, shown: Shown) -> EventWords:
    """What changed, who did it and why, in words."""
    if one.kind == "label":
        classifier = one.classifier or ""
        return EventWords(
            "label",
            one.at,
            dated=True,
            text=_label_text(one, shown),
            by="",
            why=str(REASONS.get(one.how or "", one.how or "")),
            tone=shown.tone(classifier, one.now),
        )
    told = {"stage": _stage_text, "owner": _owner_text, "reminder": _reminder_text}
    text = told[one.kind](one, shown)
    return EventWords(
        one.kind, one.at, dated=False, text=text, by=_by(one.by, shown), why=one.why or ""
    )


def _label_text(one: Event, shown: Shown) -> str:
    name = one.classifier or ""
    called, now = shown.classifier(name), shown.label(name, one.now)
    if one.how == "first" or one.was is None:
        return _("%(classifier)s: %(label)s", classifier=called, label=now)
    was = shown.label(name, one.was)
    return _("%(classifier)s: %(was)s → %(label)s", classifier=called, was=was, label=now)


def _stage_text(one: Event, shown: Shown) -> str:
    was, now = shown.stage(one.was), shown.stage(one.now)
    if one.how == "overlay":
        return _("Shows as %(stage)s", stage=now)
    if one.how == "lift":
        return _("No longer shows as %(stage)s", stage=was)
    if one.was is None:
        return _("Stage: %(stage)s", stage=now)
    return _("Stage: %(was)s → %(stage)s", was=was, stage=now)


def _reminder_text(one: Event, _shown: Shown) -> str:
    if one.how == "postponed" and one.now:
        return _("Reminder put off until %(day)s", day=day(date.fromisoformat(one.now)))
    return _("Reminder seen to")


def _owner_text(one: Event, _shown: Shown) -> str:
    was, now = one.was or NONE, one.now or NONE
    return _("Salesperson: %(was)s → %(now)s", was=was, now=now)


def _by(by: str | None, shown: Shown) -> str:
    """A person, or the table whose label did it."""
    if by is None:
        return ""
    if by.startswith(RULE):
        return _("rule: %(name)s", name=shown.classifier(by.removeprefix(RULE)))
    return by
