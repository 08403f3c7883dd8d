"""How far long work has come: a bar a step on a terminal, a line a step or nothing elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

import click

from custrata.cli.text import _

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_WIDEST = 16


class Progress:
    """Called with `(step, done, total)`; a new step ends the one before.

    Bars and lines go to standard error, so that what is printed can be piped.

    Attributes:
        lines: whether steps are told in plain lines where there is no terminal.
    """

    def __init__(self, *, lines: bool = False):
        self.lines = lines
        self._step: str | None = None
        self._done = self._total = 0
        self._bar: ProgressBar[int] | None = None

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note of how many of how many parts of a step are done."""
        if step != self._step:
            self._finish(whole=True)
            self._begin(step, total)
        self._advance(done)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._finish(whole=kind is None)

    def _begin(self, step: str, total: int) -> None:
        self._step, self._done, self._total = step, 0, max(total, 1)
        if sys.stderr.isatty():
            label = step_name(step).ljust(_WIDEST)
            self._bar = click.progressbar(
                length=self._total, label=label, file=sys.stderr, show_eta=False
            )
            self._bar.__enter__()
        elif self.lines:
            click.echo(f"{step_name(step)} ...", err=True)

    def _advance(self, done: int) -> None:
        if self._bar is not None and done > self._done:
            self._bar.update(done - self._done)
        self._done = max(done, self._done)

    def _finish(self, *, whole: bool) -> None:
        """End a step; its bar is filled where the work went well."""
        if whole:
            self._advance(self._total)
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
        self._bar = self._step = None


def step_name(step: str) -> str:
    """What a person calls a step of the work."""
    names = {
        "read": _("reading"),
        "measure": _("measuring"),
        "calibrate": _("calibrating"),
        "decide": _("deciding"),
        "explain": _("explaining"),
        "compare": _("comparing"),
        "wait": _("waiting for another change to end"),
        "write": _("writing"),
        "back-fill": _("days"),
        "make up": _("making up"),
        "replay": _("weeks"),
    }
    return names.get(step, step)
