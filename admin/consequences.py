"""What would break if an entry of a register went, in sentences."""

from __future__ import annotations

from custrata.admin.language import _, ngettext, number
from custrata.admin.pages.naming import Called
from custrata.service.registers.uses import Uses
from custrata.service.runs.groups import PREFIX


def consequences(uses: Uses, called: Called) -> list[str]:
    """Each reason why it has to stay; none where nothing needs it."""
    told: list[str] = []
    if uses.customers:
        told.append(
            ngettext(
                "%(count)s customer has it.",
                "%(count)s customers have it.",
                uses.customers,
                count=number(uses.customers),
            )
        )
    if uses.below:
        told.append(_("Groups stand below it: %(groups)s.", groups=", ".join(uses.below)))
    if uses.months:
        told.append(
            ngettext(
                "Costs of %(num)s month are known of it.",
                "Costs of %(num)s months are known of it.",
                uses.months,
            )
        )
    if uses.opportunities:
        told.append(
            ngettext(
                "%(count)s opportunity was at it.",
                "%(count)s opportunities were at it.",
                uses.opportunities,
                count=number(uses.opportunities),
            )
        )
    if uses.effects:
        which = ", ".join(map(called.classifier, uses.effects))
        told.append(_("Rules set it: %(classifiers)s.", classifiers=which))
    if uses.cells:
        which = ", ".join(_asker(name, called) for name in uses.cells)
        told.append(_("Rules ask for it: %(classifiers)s.", classifiers=which))
    return told


def _asker(name: str, called: Called) -> str:
    if name.startswith(PREFIX):
        return str(_("group %(code)s", code=name.removeprefix(PREFIX)))
    return called.classifier(name)
