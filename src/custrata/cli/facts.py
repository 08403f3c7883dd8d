"""`custrata fact`: single sales and contacts that were entered wrong."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from custrata.cli.moments import in_zone, parse_moment
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _, money, number, plural, table
from custrata.engine.values import exactly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from custrata.store.models import Contact, Transaction

KINDS = ("transaction", "contact")
"""As the service has them, which would be slow to import for a help page."""
_TEXTS = ("order_id", "refund_of", "product", "channel", "direction", "outcome", "owner", "note")

HELP = _("""Correct single sales and contacts that were entered wrong, or take them out. Whose they
are is classified again at once.

\b
Examples:
  custrata fact list transaction C-1042
  custrata fact correct transaction 3812 --amount 1250000
  custrata fact delete contact 977""")


@click.group("fact", help=HELP, short_help=_("Correct single sales and contacts."))
def fact() -> None:
    """See HELP."""


kind_argument = click.argument("kind", type=click.Choice(KINDS), metavar="KIND")


@fact.command("list", short_help=_("Show the latest of a customer, with their numbers."))
@kind_argument
@click.argument("customer")
@database_option
def list_facts(kind: str, customer: str, database: str | None) -> None:
    """Show the latest transactions or contacts of a customer, with their numbers."""
    from custrata.service.customers.facts import facts_of

    with desk_at(database) as desk, desk.database.read() as session:
        click.echo(_shown(facts_of(session, kind, customer)))


@fact.command("finest", short_help=_("Show the amounts with the most decimals."))
@database_option
def finest(database: str | None) -> None:
    """Show the transactions whose amounts have the most decimals.

    One such may leave no room for large amounts, and stop every run (`money-too-large`).
    """
    from custrata.service.customers.facts import finest_amounts

    with desk_at(database) as desk, desk.database.read() as session:
        click.echo(_shown(finest_amounts(session)))


def _amount(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        raise click.BadParameter(
            _("{text!r} is no number; write it as 1250000 or -19.99").format(text=text)
        ) from None


def _texts(function: Any) -> Any:
    """`--order-id`, `--channel` ...; an empty text takes away what is there."""
    for name in reversed(_TEXTS):
        option = click.option(f"--{name.replace('_', '-')}", name, metavar="TEXT")
        function = option(function)
    return function


@fact.command("correct", short_help=_("Say what one was in truth."))
@kind_argument
@click.argument("number", type=int)
@click.option("--amount", callback=_amount, metavar="NUMBER")
@click.option("--profit", callback=_amount, metavar="NUMBER")
@click.option(
    "--occurred-at",
    callback=parse_moment,
    metavar="TIME",
    help=_("Such as 2026-11-20T14:30, in the time zone of the rules."),
)
@_texts
@database_option
def correct(kind: str, number: int, database: str | None, **given: Any) -> None:
    """Say what a transaction or a contact was in truth; what is not named stays."""
    from custrata.service.customers.facts import correct_fact

    said = {name: value for name, value in given.items() if value is not None}
    if not said:
        raise click.UsageError(_("nothing is named that is to be corrected"))
    with desk_at(database) as desk:
        if isinstance(at := said.get("occurred_at"), datetime):
            said["occurred_at"] = in_zone(desk, at)
        moved = correct_fact(desk, kind, number, **said)
    click.echo(_("corrected; {changes}").format(changes=_changes(moved)))


@fact.command("delete", short_help=_("Take one out that never was."))
@kind_argument
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@database_option
def delete(kind: str, number: int, yes: bool, database: str | None) -> None:
    """Take out a transaction or a contact that never was.

    A file that is imported again brings it back.
    """
    from custrata.service.customers.facts import delete_fact

    if not yes:
        click.confirm(_("Take it out, for good?"), abort=True)
    with desk_at(database) as desk:
        moved = delete_fact(desk, kind, number)
    click.echo(_("taken out; {changes}").format(changes=_changes(moved)))


def _changes(moved: Sequence[object]) -> str:
    text = plural("{count} label changed", "{count} labels changed", len(moved))
    return text.format(count=number(len(moved))) if moved else _("no label changed")


def _shown(found: Sequence[Transaction | Contact]) -> str:
    if not found:
        return _("there are none")
    from custrata.service.rules.versions import moment

    head = [_("number"), _("customer"), _("when"), _("what")]
    rows = [[str(one.id), one.customer_id, moment(one.occurred_at), _told(one)] for one in found]
    return table(head, rows, left=4)


def _told(one: Transaction | Contact) -> str:
    """Amounts, or how somebody was reached; never what was noted."""
    amount = getattr(one, "amount", None)
    if amount is None:
        parts = (getattr(one, name) for name in ("channel", "direction", "outcome", "owner"))
        return ", ".join(part for part in parts if part) or "-"
    return money(exactly(amount, getattr(one, "scale", 0)))
