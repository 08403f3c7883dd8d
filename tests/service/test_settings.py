"""The firm's choices: checked before they are kept, told to the audit where they change."""

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import DataError
from custrata.service.settings import Settings, change_settings, settings
from custrata.store.models import AuditEvent


def chosen(desk):
    with desk.database.read() as session:
        return settings(session)


def events(desk):
    with desk.database.read() as session:
        return [(one.action, one.detail) for one in session.scalars(select(AuditEvent))][1:]


def test_what_is_chosen_is_kept_and_noted_once(desk):
    assert chosen(desk) == Settings(four_eyes=False, nightly_at="02:00", alert_share=0.2)
    change_settings(desk, four_eyes=True, nightly_at="03:30", alert_share=0.5)
    assert chosen(desk) == Settings(four_eyes=True, nightly_at="03:30", alert_share=0.5)
    change_settings(desk, four_eyes=True, nightly_at="03:30", alert_share=0.1)
    assert events(desk) == [
        ("settings.change", {"four_eyes": True, "nightly_at": "03:30", "alert_share": 0.5}),
        ("settings.change", {"alert_share": 0.1}),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("nightly_at", wrong) for wrong in ("24:00", "2:00", "02:60", "late", "02:00:00", None)],
        *[("alert_share", wrong) for wrong in (0, -0.1, 11, "0.2", True, float("nan"), None)],
        *[("largest_share", wrong) for wrong in (0, 1.01, "0.05", False, None)],
        *[("four_eyes", wrong) for wrong in ("yes", 1, None)],
    ],
)
def test_what_cannot_be_chosen_changes_nothing(desk, name, value):
    with pytest.raises(DataError) as error:
        change_settings(desk, **{"four_eyes": True, "nightly_at": "04:00"} | {name: value})
    (fault,) = error.value.diagnostics
    assert fault.code == f"setting-{name.replace('_', '-')}"
    assert fault.allowed
    assert (chosen(desk), events(desk)) == (Settings(), [])
