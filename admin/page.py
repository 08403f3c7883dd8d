"""What all pages have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_admin import BaseView
from flask_admin.consts import ICON_TYPE_FONT_AWESOME
from werkzeug.wrappers import Response

from custrata.admin.access import NEEDS, guard, may
from custrata.admin.faults import said
from custrata.engine.diagnostics import CustrataError

Answer = str | Response | tuple[str, int]
"""What a method of a page answers: a page, what goes elsewhere, a page with its status."""
STOP_POLLING = 286
"""Htmx's own status: the part is taken, and not asked for again."""


class Page(BaseView):
    """A page of the panel, or a family of them, with a place in the menu.

    Attributes:
        title: what the menu and the page call it; a lazy text.
        address: its part of the address, and its endpoint.
        icon: of Font Awesome.
        needs: the action that it takes to see it; a method's own `@needs` goes before.
        section: where in the menu it stands.
    """

    title: Any = None
    address = ""
    icon = "fa-circle-o"
    needs = "see"
    section = "customers"

    def __init__(self, url: str | None = None):
        super().__init__(
            name=self.title,
            endpoint=self.address,
            url=url or f"/{self.address}",
            menu_icon_type=ICON_TYPE_FONT_AWESOME,
            menu_icon_value=self.icon,
        )

    def page(self, template: str, **values: Any) -> str:
        """A template with its values; they win over Flask-Admin's."""
        return str(self.render(template, **values))

    def deleted(
        self, delete: Callable[[], None], done: str, ask: Callable[[list[str]], str]
    ) -> Answer:
        """Deleting asks first: a look shows `ask`, a POST does it or shows why not."""
        if request.method != "POST":
            return ask([])
        try:
            delete()
        except CustrataError as error:
            return ask(said(error)), 409
        flash(done, "success")
        return redirect(url_for(".index"))

    def is_accessible(self) -> bool:
        """Whether the menu shows it."""
        return may(self.needs)

    def _handle_view(self, name: str, **_kwargs: Any) -> Any:
        """Before every method: who is it, and may she?"""
        action = getattr(getattr(self, name), NEEDS, self.needs)
        return guard(action, f"{self.endpoint}.{name}")

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call it; Flask-Admin's own would call it again on any TypeError."""
        return fn(self, *args, **kwargs)
