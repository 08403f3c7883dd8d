"""`custrata morning`: the morning page of one of the staff, as text or by mail."""

from __future__ import annotations

import click

from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _

HELP = _("""Print the morning page of somebody of the sales team, or mail it to her now.

The worker mails it by itself, on open days at the time that the settings name. The mail server
stands in the variables CUSTRATA_SMTP (smtp://user:password@host:587 or smtps://...) and
CUSTRATA_MAIL_FROM.

\b
Examples:
  custrata morning --to an
  custrata morning --to an --send""")


@click.command(help=HELP, short_help=_("The morning page of a salesperson, printed or mailed."))
@click.option("--to", "code", metavar="CODE", required=True, help=_("Whose, by her code."))
@click.option("--send", is_flag=True, help=_("Mail it instead of printing it."))
@database_option
def morning(code: str, send: bool, database: str | None) -> None:
    """See HELP."""
    import smtplib

    from custrata.admin.morning_mail import letter, text
    from custrata.service.sales.morning import morning as found
    from custrata.service.sales.mornings import one_receiver
    from custrata.service.sales.mornings import send as mail

    with desk_at(database) as desk:
        if not send:
            with desk.database.read() as session:
                who = one_receiver(session, code)
                page = found(session, who.scope, desk.now())
            click.echo(text(desk, page, who.language))
            return
        try:
            mail(desk, code, letter)
        except (OSError, smtplib.SMTPException) as error:
            told = _("the mail server cannot be reached, or broke off: {why}")
            raise click.ClickException(told.format(why=type(error).__name__)) from None
        click.echo(_("the morning page went to {code}").format(code=code))
