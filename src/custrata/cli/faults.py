"""How faults reach a person: one line each, and the exit code that tells whose fault it is."""

from __future__ import annotations

import errno
import shlex
import sys
from collections.abc import Iterable
from typing import Any

import click

from custrata.cli.text import _
from custrata.engine.diagnostics import CustrataError, Diagnostic, Severity
from custrata.lacking import OF_REST

AT_FAULT = 1
"""Exit code where the data or the rules are at fault."""
BROKEN = 70
"""Exit code where custrata itself is (EX_SOFTWARE of sysexits.h)."""

_EXTRAS = {
    "store": ("alembic", "argon2", "filelock", "sqlalchemy"),
    "xlsx": ("fastexcel", "xlsxwriter"),
    "fit": ("numpy", "scipy"),
    "panel": (
        *("babel", "flask", "flask_admin", "flask_babel", "flask_limiter", "flask_login"),
        *("flask_wtf", "icalendar", "waitress", "werkzeug", "wtforms"),
    ),
    "api": OF_REST,
}
"""The packages that an extra brings, where no module names it itself."""
_API = ("openapi",)
"""Commands that need REST."""
_PANEL = ("serve", "demo")
"""Commands that serve the panel: they need all of it, whatever is missed first."""

_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


class Commands(click.Group):
    """A group that turns every exception into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; no traceback unless `--debug` asks for it."""
        try:
            return super().invoke(ctx)
        except CustrataError as error:
            print_diagnostics(error.diagnostics)
            ctx.exit(AT_FAULT)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE or ctx.params.get("debug"):
                raise
            click.echo(_os_fault(error), err=True)
            ctx.exit(AT_FAULT)
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            lacking = _lacking(error, ctx.invoked_subcommand)
            click.echo(lacking or _broken(error), err=True)
            ctx.exit(AT_FAULT if lacking else BROKEN)


def print_diagnostics(diagnostics: Iterable[Diagnostic], *, err: bool = True) -> None:
    """Each once, in the order of their places."""
    for one in sorted(dict.fromkeys(diagnostics), key=_place):
        click.echo(str(one), err=err)


def print_warnings(diagnostics: Iterable[Diagnostic]) -> None:
    """What is worth a look after work that was done; remarks are for `custrata check`."""
    print_diagnostics(one for one in diagnostics if one.severity is not Severity.INFO)


def count_faults(diagnostics: Iterable[Diagnostic]) -> dict[Severity, int]:
    """How many there are of each severity."""
    counts = dict.fromkeys(Severity, 0)
    for one in dict.fromkeys(diagnostics):
        counts[one.severity] += 1
    return counts


def _place(one: Diagnostic) -> tuple[str, int, int, int]:
    if one.mark is None:
        return ("", 0, 0, _RANKS[one.severity])
    return (one.mark.file, one.mark.line, one.mark.column, _RANKS[one.severity])


def _os_fault(error: OSError) -> str:
    place = f"{error.filename} " if error.filename else ""
    reason = (error.strerror or str(error)).lower()
    return f"{place}error[file] {reason}"


def _lacking(error: Exception, command: str | None) -> str | None:
    """What to install where a package is missing that an extra brings."""
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return None
    package = error.name.partition(".")[0]
    extra = next((name for name, brought in _EXTRAS.items() if package in brought), None)
    if extra is None:
        return None
    told = _("custrata {command} needs {package}, which is not installed: {remedy}")
    whole = "panel" if command in _PANEL else "api" if command in _API else extra
    remedy = f"pip install 'custrata[{whole}]'"
    return told.format(command=command or "", package=package, remedy=remedy)


def _broken(error: Exception) -> str:
    """The kind only: an engine's message may hold what cells hold."""
    text = _("custrata broke off: {kind}; to see more: {again}")
    again = shlex.join(["custrata", "--debug", *sys.argv[1:]])
    return text.format(kind=type(error).__name__, again=again)
