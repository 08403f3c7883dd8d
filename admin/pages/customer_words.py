"""Words for what is known of a customer: channels, outcomes, steps, what changed and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from custrata.admin.here import staff_name
from custrata.admin.language import NONE, _, day, lazy
from custrata.admin.pages import imports_words
from custrata.admin.pages.run_words import REASONS
from custrata.admin.pages.showing import Shown
from custrata.engine.facts.meaning import MASS_MAIL, NOBODY_REACHED
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
"""Ways that somebody chooses who records a contact."""
DIRECTIONS: Mapping[str, Any] = {"out": lazy("From us"), "in": lazy("From the customer")}
OUTCOMES: Mapping[str, Any] = {
    "reached": lazy("Reached"),
    "missed": lazy("Not reached"),
}
"""Outcomes that somebody chooses who records a contact."""
_MASS = lazy("Mass mail")
CHANNEL_WORDS: Mapping[str, Any] = {
    **CHANNELS,
    "email": lazy("E-mail"),
    "call": CHANNELS["phone"],
    **dict.fromkeys(sorted(MASS_MAIL), _MASS),
    "newsletter": lazy("Newsletter"),
}
"""Ways of contacts that files and other systems tell of."""
_MISSED: Mapping[str, Any] = {
    "missed": OUTCOMES["missed"],
    "no_answer": lazy("No answer"),
    "not_answered": lazy("No answer"),
    "unanswered": lazy("No answer"),
    "busy": lazy("Engaged"),
    "voicemail": lazy("Answering machine"),
    "bounced": lazy("Not delivered"),
    "undelivered": lazy("Not delivered"),
    "rejected": lazy("Refused"),
    "cancelled": lazy("Cancelled"),
    "canceled": lazy("Cancelled"),
    "no_show": lazy("Did not come"),
    "planned": lazy("Planned"),
    "scheduled": lazy("Planned"),
}
OUTCOME_WORDS: Mapping[str, Any] = {
    **dict.fromkeys(sorted(MASS_MAIL), _MASS),
    **dict.fromkeys(sorted(NOBODY_REACHED), OUTCOMES["missed"]),
    **_MISSED,
    **OUTCOMES,
    "sent": lazy("Sent"),
    "delivered": lazy("Delivered"),
}
"""Outcomes that files and other systems tell of."""
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
LOST: Mapping[str, Any] = {
    "competitor": lazy("Competitor"),
    "price": lazy("Price"),
    "service": lazy("Service or quality"),
    "product_fit": lazy("Product no longer fits"),
    "no_need": lazy("No need any more"),
    "moved": lazy("Moved home or work"),
    "closed_business": lazy("Went out of business"),
}
"""Why customers are lost, by what rules read; any other words do as well."""
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
NAMES: Mapping[str, Any] = {"name": imports_words.FIELDS["name"], **FIELDS}
"""The same with the name, which heads the page."""


def lost_reason(typed: str | None) -> str | None:
    """The code of a reason that is offered; what else was typed as it is."""
    told = (typed or "").strip().casefold()
    return next((code for code, name in LOST.items() if str(name).casefold() == told), typed)


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
    was, now = staff_name(one.was) or NONE, staff_name(one.now) or NONE
    return _("Salesperson: %(was)s → %(now)s", was=was, now=now)


def _by(by: str | None, shown: Shown) -> str:
    """A person, or the table whose label did it."""
    if by is None:
        return ""
    if by.startswith(RULE):
        return _("rule: %(name)s", name=shown.classifier(by.removeprefix(RULE)))
    return by
