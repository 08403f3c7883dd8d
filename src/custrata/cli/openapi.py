"""`custrata openapi`: what REST offers, as a document."""

from __future__ import annotations

import json

import click

from custrata.cli.text import _

HELP = _("""Print the OpenAPI document of REST: every operation, what it takes and what it answers.

It is what `custrata serve` shows at /api/v1/openapi.json; no store is needed for it.

\b
Example:
  custrata openapi > custrata.json""")


@click.command(help=HELP, short_help=_("Print the OpenAPI document of REST."))
def openapi() -> None:
    """See HELP."""
    from custrata.api import document

    click.echo(json.dumps(document(), indent=2, ensure_ascii=False))
