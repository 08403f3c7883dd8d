"""The page of one classifier: what is typed is tried out at once, and kept as a draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from flask import abort, redirect, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from custrata.admin.access import needs
from custrata.admin.faults import said
from custrata.admin.here import desk
from custrata.admin.language import _
from custrata.admin.pages.rules_form import read_form, shown
from custrata.admin.pages.rules_kept import RulesPage
from custrata.admin.pages.rules_show import cards, choices, names_for
from custrata.admin.pages.rules_working import Working, asked, posted
from custrata.engine.diagnostics import CustrataError, Diagnostic, RulesError
from custrata.service.rules import editing_steps as steps
from custrata.service.rules.editing import POLICIES, Editing, editing
from custrata.service.rules.editing_cells import KINDS
from custrata.service.rules.editing_places import Told, placed
from custrata.service.rules.editing_text import applied
from custrata.service.rules.texts import diagnostics_of
from custrata.service.runs.histogram import enough
from custrata.service.runs.live import Live, live
from custrata.service.runs.population import population, waits

_STEPS: dict[str, Callable[..., Editing]] = {
    "add": lambda form, key: steps.add_row(form, key or None),
    "copy": steps.copy_row,
    "delete": steps.delete_row,
    "up": lambda form, key: steps.move_row(form, key, -1),
    "down": lambda form, key: steps.move_row(form, key, 1),
    "band": steps.add_band,
    "unband": lambda form, key: steps.remove_band(form, *_place(key)),
    "column": lambda form, _key: steps.add_column(form, request.form.get("new_column", "").strip()),
    "cut": lambda form, _key: steps.cut_measure(form, request.form.get("new_column", "").strip()),
    "uncolumn": steps.remove_column,
    "where": lambda form, _key: replace(form, where=(*form.where, ("", ""))),
}
"""By name; the key is a row's, or a measure's with the place of its band."""
_SEEN = ("otherwise-decides", "rows-overlap")
"""Diagnostics of what the page shows anyway."""


def _place(key: str) -> tuple[str, int]:
    measure, _colon, place = key.rpartition(":")
    return measure, int(place)


@dataclass(frozen=True)
class Tried:
    """A text tried out.

    Attributes:
        lively: what it would do; None where the text is wrong, the classifier rests, or no run
            has landed yet.
        told: what is to be said of the classifier. waiting: why there is no preview.
        milliseconds: what it took.
    """

    text: str
    lively: Live | None
    told: tuple[Told, ...]
    waiting: str = ""
    milliseconds: int = 0

    @property
    def is_wrong(self) -> bool:
        """Whether the text cannot run."""
        return any(one.is_error for one in self.told)


@dataclass(frozen=True)
class Beside:
    """A diagnostic as the form tells it: beside its field, without the place that the field is.

    Attributes:
        field: the field's id; empty where it is about no field. short: without advice.
    """

    field: str
    is_error: bool
    diagnostic: Diagnostic

    @classmethod
    def of(cls, form: Editing, one: Told) -> Beside:
        """A diagnostic of a form's text."""
        head, colon, rest = one.diagnostic.message.partition(": ")
        own = bool(colon) and head.split(".")[0] == form.name
        message = rest if own else one.diagnostic.message
        plain = replace(one.diagnostic, message=message, mark=None)
        return cls(field_of(form, one), one.is_error, plain)

    @property
    def short(self) -> Diagnostic:
        """Without what is allowed."""
        return replace(self.diagnostic, allowed=None)


def tried(text: str, form: Editing) -> Tried:
    """Try a text out."""
    start = perf_counter()
    try:
        lively = live(desk(), text, form.name)
    except RulesError as error:
        return Tried(text, None, placed(text, form.name, error.diagnostics))
    except CustrataError as error:
        told = placed(text, form.name, diagnostics_of(text))
        return Tried(text, None, told, " ".join(said(error)))
    except KeyError:
        return Tried(text, None, (), _("This classifier rests: nobody gets a label of it."))
    told = placed(text, form.name, lively.diagnostics)
    return Tried(text, lively, told, milliseconds=round(1000 * (perf_counter() - start)))


def form_of(text: str, name: str) -> Editing:
    """A classifier's form; a page that there is not for any other name."""
    try:
        return editing(text, name)
    except KeyError:
        abort(404)


class EditorPages(RulesPage):
    """Bands and table of a classifier."""

    @expose("/classifier")
    def classifier(self) -> str | Response:
        """The page."""
        working, name = asked(), request.args.get("name", "")
        try:
            form = form_of(working.text, name)
        except RulesError:
            return redirect(url_for("rules.text", **working.at))
        later = "now" not in request.args and waits(desk())
        values = self._values(working, form, working.text, later=later)
        return self.page("panel/rules/classifier.html", **values, later=later)

    @expose("/step", methods=("POST",))
    @needs("draft")
    def step(self) -> str | Response | tuple[str, int, dict[str, str]]:
        """A row, a band or a column more or less; nothing is saved yet."""
        working, form = posted(), self._typed()
        name, _colon, key = request.form.get("step", "").partition(":")
        if name not in _STEPS:
            abort(400)
        try:
            form = _STEPS[name](form, key)
        except (KeyError, ValueError, StopIteration):
            abort(400)
        part = "HX-Request" in request.headers
        template = "panel/rules/editor.html" if part else "panel/rules/classifier.html"
        values = self._values(working, form, applied(working.text, form))
        return self.page(template, **values), 200, {"HX-Trigger-After-Settle": "rules:changed"}

    @expose("/live", methods=("POST",))
    @needs("draft")
    def live(self) -> str | tuple[str, int, dict[str, str]]:
        """What the form as it stands would do."""
        working, form = posted(), self._typed()
        found = tried(applied(working.text, form), form)
        values = self._live_values(working, form, found)
        page = self.page("panel/rules/live.html", **values, alone=True)
        return (page, 200, {"HX-Reswap": "none"}) if found.is_wrong else page

    @expose("/enough", methods=("POST",))
    @needs("draft")
    def enough(self) -> str:
        """How many can we call a week: the cut point that takes in so many."""
        working, form = posted(), self._typed()
        place = request.form.get("find", type=int)
        if place is None or not 0 <= place < len(form.bands):
            abort(400)
        found = tried(applied(working.text, form), form)
        bands = form.bands[place]
        most = request.form.get(f"bands.{place}.most", type=int) or 0
        result = enough(
            found.lively.population if found.lively else population(desk()),
            bands.measure,
            max(0, most),
            found.lively.classifier if found.lively else None,
            largest=request.form.get(f"bands.{place}.side") != "smallest",
            closed=bands.closed,
        )
        card = cards(found.text, form, found.lively)[place]
        return self.page("panel/rules/enough.html", found=result, card=card)

    @expose("/save", methods=("POST",))
    @needs("draft")
    def save(self) -> str | Response | tuple[str, int]:
        """Keep the form as a draft."""
        working, form = posted(), self._typed()
        text = applied(working.text, form)
        return self.saved(working, text, "classifier", name=form.name)

    def _typed(self) -> Editing:
        """The form that was sent."""
        form = form_of(posted().text, request.form.get("classifier", ""))
        return read_form(form, request.form)

    def _values(
        self, working: Working, form: Editing, text: str, *, later: bool = False
    ) -> dict[str, Any]:
        """What the page shows; `later` leaves out what the customers have to be read for."""
        found = Tried(text, None, (), _("Reading the customers …")) if later else tried(text, form)
        return {
            **self._live_values(working, form, found),
            "cards": cards(text, form, found.lively, later=later),
            "choices": choices(text, form, found.lively),
            "columns": self._further_columns(working, form),
            "policies": _policies(),
            "kinds": _kinds(),
            "title": self.title_of(working, text, names_for(text, form).classifier),
        }

    def _live_values(self, working: Working, form: Editing, found: Tried) -> dict[str, Any]:
        return {
            "working": working,
            "form": form,
            "tried": found,
            "lively": found.lively,
            "named": names_for(found.text, form),
            "shown": shown,
            "faults": [
                Beside.of(form, one) for one in found.told if one.diagnostic.code not in _SEEN
            ],
        }

    @staticmethod
    def _further_columns(working: Working, form: Editing) -> list[tuple[str, str]]:
        """Measures that the table does not read yet."""
        rules, named = working.engine, names_for(working.text, form)
        known = dict.fromkeys((*rules.ruleset.measures, *rules.plugins.measures))
        free = [one for one in known if one not in form.columns and not one.startswith("_")]
        return sorted(((one, named.measure(one)) for one in free), key=lambda pair: pair[1])


def _policies() -> list[tuple[str, str]]:
    """What several rows that fit come to, in words."""
    words = {
        "first": _("the first of them decides"),
        "unique": _("never: at most one may fit"),
        "any": _("all of them must agree"),
        "priority": _("the best label decides"),
        "rule_order": _("all labels, in the order of the rows"),
        "output_order": _("all labels, the best first"),
        "collect": _("all labels"),
        "collect: sum": _("the sum of their numbers"),
        "collect: min": _("the least of their numbers"),
        "collect: max": _("the greatest of their numbers"),
        "collect: count": _("how many fit"),
    }
    return [(policy, words[policy]) for policy in POLICIES]


def _kinds() -> list[tuple[str, str]]:
    """How a cut point is found, in words."""
    words = {
        "number": _("a number"),
        "mean": _("the mean"),
        "median": _("the median"),
        "quantile": _("quantile, %"),
        "top_fraction": _("top customers, %"),
        "bottom_fraction": _("bottom customers, %"),
        "top_share": _("the largest who bring %"),
        "of_total": _("share of the total, %"),
        "deviation": _("standard deviations"),
    }
    return [(kind, words[kind]) for kind in KINDS]


def field_of(form: Editing, one: Told) -> str:
    """The id of the field that a fault is about; empty where it is about no field."""
    match one.path:
        case ("bands", measure, *rest) if measure in form.banded:
            return _band_field(list(form.banded).index(str(measure)), rest)
        case ("table", "rules", int(place), *rest) if place < len(form.rows):
            return _row_field(form, place, str(rest[0]) if rest else "")
        case ("table", "otherwise", *_):
            return "otherwise"
        case ("table", "hit_policy", *_):
            return "policy"
        case ("outside",):
            return "outside"
    return ""


def _band_field(number: int, rest: list[Any]) -> str:
    match rest:
        case ["cuts", int(place), *_]:
            return f"bands-{number}-amount-{place}"
        case ["names", int(place), *_]:
            return f"bands-{number}-name-{place}"
    return f"bands-{number}"


def _row_field(form: Editing, place: int, part: str) -> str:
    key = form.rows[place].key
    if part in form.columns:
        return f"row-{key}-cell-{form.columns.index(part)}"
    return f"row-{key}-note" if part == "note" else f"row-{key}-label"
