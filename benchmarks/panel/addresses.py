"""The pages that are looked at, and what they load afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import unescape
from html.parser import HTMLParser
from typing import Any

from werkzeug.datastructures import MultiDict

from benchmarks.panel.furnish import GROUP, SELDOM, SOURCE, draft_of
from custrata.service.desk import Desk
from custrata.service.runs.basis import last_full

CLASSIFIER = "rfm"


@dataclass(frozen=True)
class Addresses:
    """Of a store.

    Attributes:
        pages: what is opened, by what it is called.
        parts: what is loaded after a page, or while somebody types; each a function that asks.
    """

    pages: Mapping[str, str]
    parts: Mapping[str, Callable[[], Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, desk: Desk, client: Any) -> Addresses:
        """All pages in the menu, and what a store has besides."""
        menu = map(unescape, re.findall(r'<li><a href="(/[^"]*)"', client.get("/").text))
        pages = {one.strip("/") or "dashboard": one for one in menu}
        pages |= {
            one.lstrip("/"): one for one in re.findall(_CLASSIFIERS, client.get("/rules/").text)
        }
        pages |= _EVERYWHERE | {"a draft": f"/publishing/draft/{draft_of(desk)}"}
        with desk.database.read() as session:
            last = last_full(session)
        if last is None:
            return cls(pages)
        somebody = re.search(r'href="/customers/(\w+)"', client.get("/customers/").text)
        assert somebody
        who = somebody[1]
        pages |= {
            "a customer": f"/customers/{who}",
            "a run": f"/runs/{last.id}",
        }
        return cls(pages, dict(_parts(client, who, draft_of(desk))))


_LABEL = f"/customers/?label={CLASSIFIER}:important_value"
_CLASSIFIERS = r'href="(/rules/classifier\?name=\w+)"'
_EVERYWHERE = {
    "rules as text": "/rules/text",
    "labels of a classifier": f"/rules/labels?name={CLASSIFIER}",
    "removing a classifier": f"/rules/remove?name={CLASSIFIER}",
    "a version": "/publishing/version/1",
    "a source": f"/sources/{SOURCE}",
    "deleting a source": f"/sources/{SOURCE}/delete",
    "a stage": "/stages/hot",
    "deleting a stage": "/stages/hot/delete",
    "a group": f"/groups/{GROUP}",
    "deleting a group": f"/groups/{GROUP}/delete",
    "the morning of a team": "/morning/?whose=team:team1",
    "the morning, all of it": "/morning/?all=1",
    "what a salesperson is to do today": "/today/?whose=seller7",
    "visits of a salesperson": "/visits/?whose=seller7",
    "complaints that are overdue": "/feedback/?kind=complaint&overdue=1",
    "the funnel of a year": "/funnel/?period=days&since=2025-12-01&until=2026-11-21",
    "the funnel of a team": "/funnel/?who=team:team1",
    "the brief of a quarter": "/brief/?period=this_quarter",
    "the brief of a team": "/brief/?whose=team:team1",
    "runs, the customers classified at once too": "/runs/?singles=1",
    "audit of somebody": f"/audit/?by={SELDOM}",
    "audit of an action": "/audit/?action=group.add",
    "audit of a kind": "/audit/?action=group.",
    "customers called": "/customers/?q=dang+van+ph",
    "customers called, in order of ids": "/customers/?q=dang+van+ph&order=id",
    "customers that nobody is called": "/customers/?q=zzz",
    "customers of a telephone number": "/customers/?q=0912",
    "customers without a source": "/customers/?source=-",
    "customers of a team": "/customers/?team=team1",
    "customers of a salesperson, in a stage": "/customers/?owner=seller7&stage=hot",
    "customers of a group": f"/customers/?group={GROUP}",
    "customers in no group": "/customers/?group=-",
    "customers of a label": _LABEL,
    "customers of a label, further on": f"{_LABEL}&after=C0007377",
    "customers of a rare label": f"/customers/?label={CLASSIFIER}:important_retain",
    "customers of no label": f"/customers/?label={CLASSIFIER}:-",
    "customers of two labels": f"{_LABEL}&label=pyramid:super",
    "customers of two labels that nobody has": f"{_LABEL}&label=pareto:key&label=pyramid:small",
    "customers of a label, group and stage": f"{_LABEL}&group={GROUP}&stage=hot",
}


def _parts(client: Any, who: str, draft: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is asked for by a page that is open already."""
    form = FormFields.of(
        client.get(f"/rules/classifier?name={CLASSIFIER}&now=1").text, "rules-form"
    )
    typed = (str(days) for days in range(30, 90))

    def live() -> Any:
        """As if another number was typed each time."""
        return client.post("/rules/live", data=MultiDict(form.with_amount(next(typed))))

    yield "the live swap set", live
    for name, address in {
        "why a customer has her labels": f"/customer/why?customer={who}",
        "which labels change by themselves": f"/customer/ahead?customer={who}",
        "the swap set of a draft": f"/publishing/swap/draft/{draft}",
        "the progress of runs": "/runs/progress",
    }.items():
        yield name, partial(client.get, address)


class FormFields(HTMLParser):
    """What a browser would send of a form."""

    def __init__(self, form: str):
        super().__init__()
        self._form, self._inside, self._choice, self._open = form, False, "", ""
        self.pairs: list[tuple[str, str]] = []

    @classmethod
    def of(cls, page: str, form: str) -> FormFields:
        """Of the form with this id."""
        found = cls(form)
        found.feed(page)
        return found

    def with_amount(self, amount: str) -> Iterator[tuple[str, str]]:
        """The fields, with another number as the first cut point."""
        waiting = True
        for name, value in self.pairs:
            own = waiting and name.endswith(".amount")
            yield name, amount if own else value
            waiting = waiting and not own

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A field, or a part of one."""
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self._inside = given.get("id") == self._form
        elif tag == "select":
            self._choice = name
        elif self._inside and tag == "input" and name and given.get("type") != "file":
            self.pairs.append((name, given.get("value", "")))
        elif self._inside and tag == "textarea":
            self.pairs.append((name, ""))
            self._open = tag
        elif self._inside and tag == "option" and "selected" in given:
            self.pairs.append((self._choice, given.get("value", "")))
            self._open = "" if "value" in given else tag

    def handle_data(self, data: str) -> None:
        """What stands between the tags of a field; a line's end at its beginning does not count."""
        if self._open:
            name, value = self.pairs.pop()
            self.pairs.append((name, value + (data if value else data.removeprefix("\n"))))

    def handle_endtag(self, tag: str) -> None:
        """The end of a field, or of the form."""
        if tag == self._open:
            self._open = ""
        elif tag == "form":
            self._inside = False
