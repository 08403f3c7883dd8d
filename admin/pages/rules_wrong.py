"""What is wrong with a draft, told where its editor shows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from custrata.admin.faults import sentence
from custrata.admin.language import _
from custrata.admin.pages.rules_editor import Beside, field_of
from custrata.admin.pages.rules_show import names_for
from custrata.engine.diagnostics import Diagnostic, RulesError, Severity
from custrata.service.rules.drafts import Draft
from custrata.service.rules.editing import Editing, classifiers, editing
from custrata.service.rules.editing_names import FormNames
from custrata.service.rules.editing_places import Told, placed


@dataclass(frozen=True)
class Wrong:
    """A fault of a draft.

    Attributes:
        told: as a sentence. classifier: its id, empty where the fault is about none.
        place: where in it, in the reader's words. field: the id of its field in the editor.
    """

    told: str
    classifier: str = ""
    place: str = ""
    field: str = ""


def wrong_with(draft: Draft) -> list[Wrong]:
    """The errors that keep a draft from being handed in."""
    forms = list(_forms(draft.text))
    errors = (one for one in draft.diagnostics if one.severity is Severity.ERROR)
    return [_wrong(draft.text, forms, one) for one in errors]


def _forms(text: str) -> Iterator[Editing]:
    with suppress(RulesError, KeyError):
        for name in classifiers(text):
            yield editing(text, name)


def _wrong(text: str, forms: list[Editing], one: Diagnostic) -> Wrong:
    for form in forms:
        told = placed(text, form.name, [one])[0]
        if told.path is not None:
            return _beside(form, names_for(text, form), told)
    return Wrong(sentence(one))


def _beside(form: Editing, named: FormNames, told: Told) -> Wrong:
    beside = Beside.of(form, told)
    place = _place(form, named, told)
    words = f"{named.classifier}: {place}" if place else named.classifier
    return Wrong(sentence(beside.diagnostic), form.name, words, field_of(form, told))


def _place(form: Editing, named: FormNames, told: Told) -> str:
    match told.path:
        case ("bands", str(measure), "cuts", int(cut), *_rest):
            words = _("Cut point %(number)s of %(measure)s")
            return str(words % {"number": cut + 1, "measure": named.measure(measure)})
        case ("bands", str(measure), *_rest):
            return named.measure(measure)
        case ("table", "rules", int(row), str(column), *_rest) if column in form.columns:
            words = _("Row %(number)s, %(column)s")
            return str(words % {"number": row + 1, "column": named.measure(column)})
        case ("table", "rules", int(row), *_rest):
            return str(_("Row %(number)s, label") % {"number": row + 1})
    return ""
