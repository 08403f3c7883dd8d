"""`custrata worker`: do what is due."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from custrata.cli.faults import AT_FAULT
from custrata.cli.signals import stopping
from custrata.cli.store import database_option, desk_at
from custrata.cli.text import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from custrata.service.desk import Desk
    from custrata.service.work.jobs import Work, Worked
    from custrata.service.work.schedule import Plan

HELP = _("""Do what is due: classify all customers every night and at the start of every day,
publish drafts at their time, and whatever was asked for in the background.

Runs until it is stopped; Ctrl-C (or SIGTERM) lets it finish the job at hand, a second one breaks it
off. Several may run side by side: no job is done twice, and that of one that dies is taken up
again.

\b
Examples:
  custrata worker
  custrata worker --database postgresql://crm@db/crm --redis redis://127.0.0.1:6379/0
  custrata worker --once    # from cron; exits with 1 if a job failed""")


@click.command(help=HELP, short_help=_("Do what is due: nightly runs, publishing at a time."))
@click.option(
    "--redis",
    metavar="URL",
    envvar="CUSTRATA_REDIS",
    help=_(
        "Be woken at once through huey on a Redis: redis://host:port/number. "
        "Default: CUSTRATA_REDIS, else jobs are found by looking every few seconds."
    ),
)
@click.option("--once", is_flag=True, help=_("End when nothing is due any more."))
@database_option
@click.pass_context
def worker(ctx: click.Context, redis: str | None, once: bool, database: str | None) -> None:
    """See HELP."""
    from custrata.service.work.worker import plan_of, sleep, work

    failed = []
    with desk_at(database) as desk, stopping() as stop:
        wait = _queue(redis, desk).wait if redis else sleep
        with desk.database.read() as session:
            plan = plan_of(session)
        click.echo(_beginning(desk, plan, redis))

        def told(worked: Worked) -> None:
            click.echo(_line(worked, desk.now().astimezone(ZoneInfo(plan.time_zone))))
            if worked.state == "failed":
                failed.append(worked.job)

        work(desk, stop=stop, once=once, wait=wait, told=told, kinds=_kinds())
    if once and failed:
        ctx.exit(AT_FAULT)


def _kinds() -> Mapping[str, Work]:
    """What jobs do; the morning mail is written by the panel, where that is installed."""
    from custrata.service.work.kinds import KINDS

    try:
        from custrata.admin.morning_mail import all_kinds
    except ModuleNotFoundError:
        return KINDS
    return all_kinds()


def _queue(redis: str, desk: Desk) -> Any:
    from custrata.service.work.queue import Queue

    return Queue(redis, desk.database)


def _beginning(desk: Desk, plan: Plan, redis: str | None) -> str:
    """What it will do, and when."""
    from custrata.service.work.schedule import coming
    from custrata.service.work.worker import EVERY, missed

    following = coming(plan, desk.now())
    zone = ZoneInfo(plan.time_zone)
    lines = [
        _("working on {url}").format(url=desk.database.url.render_as_string(hide_password=True)),
        _("every night at {at:%H:%M} ({zone}): all customers, by new cut points").format(
            at=plan.nightly_at, zone=plan.time_zone
        ),
        _("next: {slot}, {at:%Y-%m-%d %H:%M}").format(
            slot=following.name, at=following.at.astimezone(zone)
        ),
        _("woken through Redis")
        if redis
        else _("looking for jobs every {seconds:g} seconds").format(seconds=EVERY),
    ]
    late = _("catching up: {slot} was due at {at:%Y-%m-%d %H:%M}, and no worker was there")
    caught = [
        late.format(slot=slot.name, at=slot.at.astimezone(zone)) for slot in missed(desk, plan)
    ]
    return "\n".join([*lines, *caught])


def _line(worked: Worked, now: datetime) -> str:
    """A job that was worked on: `2026-11-21 02:00:13  run nightly:2026-11-21: done in 12.3 s`."""
    states = {
        "done": _("done in {seconds:.1f} s"),
        "failed": _("failed after {seconds:.1f} s: {fault}"),
        "waiting": _("put off after {seconds:.1f} s: {fault}"),
    }
    name = f"{worked.kind} {worked.slot or worked.job}"
    ended = states[worked.state].format(seconds=worked.seconds, fault=worked.fault)
    return f"{now:%Y-%m-%d %H:%M:%S}  {name}: {ended}"
