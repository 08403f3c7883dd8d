"""Plugins: what each brings, and what the rules in force use of it."""

from __future__ import annotations

from flask_admin import expose

from custrata.admin.here import engine, names
from custrata.admin.language import language, lazy
from custrata.admin.page import Page
from custrata.service.plugins import Part, installed


class Plugins(Page):
    """What is installed, and what could not be loaded."""

    title = lazy("Plugins")
    address = "plugins"
    icon = "fa-plug"
    section = "system"

    @expose("/")
    def index(self) -> str:
        """All of them."""
        return self.page(
            "panel/plugins/index.html",
            found=installed(engine()),
            called=_called,
            measure=lambda part: names().measure(part.name),
        )


def _called(part: Part) -> str:
    """The name that a plugin gives its classifier, also where no rule uses it."""
    strings = engine().plugins.classifiers[part.name].strings
    return str(strings.get(language(), strings.get("en", {})).get("name", part.name))
