"""The morning page as a mail, in its receiver's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from flask import Flask, render_template

from custrata.admin import language
from custrata.admin.here import EXTENSION
from custrata.admin.language import _
from custrata.admin.morning_words import Told, Words, told, words_of
from custrata.service.desk import Desk
from custrata.service.sales.mail import Letter
from custrata.service.sales.morning import Morning
from custrata.service.sales.mornings import Receiver, kinds
from custrata.service.work.jobs import Work
from custrata.service.work.kinds import KINDS


def all_kinds() -> Mapping[str, Work]:
    """Every job, the morning mail among them."""
    return {**KINDS, **kinds(letter)}


def letter(desk: Desk, who: Receiver, found: Morning) -> Letter:
    """The page as a mail: names of customers, no numbers to call them by."""
    with language.speaking(_writer(desk), who.language):
        page = told(found, _words(desk))
        return Letter(
            to=who.email or "",
            subject=f"{page.title} · custrata",
            text="\n".join(_lines(page)) + "\n",
            html=render_template("panel/morning/mail.html", page=page),
            mark=f"morning.{found.today}.{who.code}",
        )


def text(desk: Desk, found: Morning, code: str | None) -> str:
    """The page as text, in a language."""
    with language.speaking(_writer(desk), code):
        return "\n".join(_lines(told(found, _words(desk))))


def _words(desk: Desk) -> Words:
    with desk.database.read() as session:
        return words_of(session)


def _writer(desk: Desk) -> Flask:
    """Knows templates and languages; answers nobody."""
    app = Flask("custrata.admin", template_folder=str(Path(__file__).parent / "templates"))
    app.extensions[EXTENSION] = desk
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    return app


def _lines(page: Told) -> Iterator[str]:
    yield page.title
    yield page.subtitle
    yield ""
    for one in page.figures:
        yield f"{one.name}: {one.value}" + (f" ({one.note})" if one.note else "")
    for part in page.sections:
        yield ""
        yield f"{part.title}: {part.count}" if part.lines else f"{part.title}: {part.none}"
        for line in part.lines:
            owner = f" [{line.owner}]" if line.owner else ""
            yield f"- {line.name}{owner}: {line.about}"
        if part.further and part.lines:
            yield "  …"
    if page.lacking:
        yield ""
        yield _("Records that lack something")
        yield from (f"- {one.name}: {one.value}" for one in page.lacking)
