"""Files that are sent: kept apart, taken in by a job, gone afterwards."""

import os
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from custrata.engine.diagnostics import CustrataError
from custrata.service.imports import uploads as service
from custrata.service.imports.uploads import Choices, drop, folder_of, how_far, keep, uploads
from custrata.service.work.asked import asked
from custrata.service.work.jobs import ask, work_once
from custrata.service.work.kinds import KINDS
from custrata.service.work.worker import tick
from custrata.store.models import Import

GOOD = "customer_id,name\nA-1,An\nA-2,Bình\n"
BAD = "customer_id,occurred_at,amount\nA-1,2026-11-01,5\nA-1,yesterday,7\n"


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CUSTRATA_UPLOADS", str(tmp_path / "uploads"))


def sent(desk, text, name="customers.csv"):
    return keep(desk, name, BytesIO(text.encode()))


class Killed(BaseException):
    """Stands for the end of a process."""


def killed(*_args, **_words):
    raise Killed


def done(desk, kept, **choices):
    job = ask(desk, "upload", {"upload": kept.id, "choices": Choices(**choices).plain})
    work_once(desk, KINDS)
    with desk.database.read() as session:
        return asked(session, job)


def code(call, *args):
    with pytest.raises(CustrataError) as error:
        call(*args)
    return error.value.diagnostics[0].code


def test_what_is_taken_in_is_gone_at_once(desk):
    kept = sent(desk, GOOD)
    assert (kept.path.read_text(), kept.by, kept.waiting) == (GOOD, "an", True)
    told = done(desk, kept)
    assert (told.state, told.result["inserted"], told.result["refused"]) == ("done", 2, 0)
    assert uploads(desk) == ()
    assert list(folder_of(desk.database).iterdir()) == []
    with desk.database.read() as session:
        assert session.scalars(select(Import.file)).all() == ["customers.csv"]


def test_refused_rows_stay_to_be_fetched_and_the_rest_goes(desk):
    kept = sent(desk, BAD, "sales.csv")
    told = done(desk, kept, record="transactions")
    assert (told.result["inserted"], told.result["refused"]) == (1, 1)
    ((text, rows, lines),) = told.result["reasons"]
    assert (rows, lines) == (1, [3])
    assert text.startswith("occurred_at: no date")
    (left,) = uploads(desk)
    assert (left.waiting, left.refused.name) == (False, "sales.refused.csv")
    assert "yesterday" in left.refused.read_text(encoding="utf-8-sig")
    step, _done, total = how_far(left)
    assert (step, total) == ("write", 4)


def test_done_again_after_it_was_cut_off_it_tells_the_same(desk, monkeypatch):
    kept = sent(desk, BAD, "sales.csv")
    monkeypatch.setattr(service.shutil, "rmtree", killed)
    with pytest.raises(Killed):
        service.take_in(desk, kept.id, Choices(record="transactions"))
    monkeypatch.undo()
    monkeypatch.setenv("CUSTRATA_UPLOADS", str(kept.folder.parent))
    assert service.take_in(desk, kept.id, Choices(record="transactions"))["inserted"] == 1
    with desk.database.read() as session:
        assert len(session.scalars(select(Import)).all()) == 1


def test_a_file_that_cannot_be_read_stays_and_nothing_is_imported(desk):
    kept = sent(desk, "a,b\n1,2\n", "what.csv")
    told = done(desk, kept, record="transactions")
    assert told.state == "failed"
    assert "customer_id" in told.fault
    assert uploads(desk) == (kept,)


def test_a_worker_removes_what_was_left_lying(desk, clock):
    sent(desk, GOOD)
    clock.forward(days=7, seconds=1)
    tick(desk)
    assert uploads(desk) == ()


def test_a_file_that_is_still_coming_is_left_alone_and_one_that_was_cut_off_goes(desk):
    coming = folder_of(desk.database) / ("0" * 32)
    left = folder_of(desk.database) / ("1" * 32)
    for one in (coming, left):
        (one / "file").mkdir(parents=True)
    os.utime(left, (0, 0))
    service.sweep(desk)
    assert (coming.exists(), left.exists(), uploads(desk)) == (True, False, ())


def test_after_a_week_it_is_gone(desk, clock):
    kept = sent(desk, GOOD)
    clock.forward(days=7)
    sent(desk, GOOD, "later.csv")
    assert len(uploads(desk)) == 2
    clock.moment += timedelta(seconds=1)
    service.sweep(desk)
    assert code(service.upload, desk, kept.id) == "no-upload"
    assert [one.name for one in uploads(desk)] == ["later.csv"]


@pytest.mark.parametrize("name", ["x.exe", "csv", "", "x.csv.sh", "../..", ".csv"])
def test_other_files_are_not_kept(desk, name):
    assert code(sent, desk, GOOD, name) == "file-ending"
    assert uploads(desk) == ()


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\Lan\\Khách hàng.CSV", "Khách hàng.csv"),
        ('a"<b>\n;.csv', "a_b_.csv"),
        ("客" * 300 + ".csv", "客" * 65 + ".csv"),
    ],
)
def test_names_are_made_fit_for_a_folder(desk, name, called):
    kept = sent(desk, GOOD, name)
    assert kept.name == called
    assert kept.path.parent == kept.folder / "file"
    assert kept.folder.stat().st_mode & 0o077 == 0


def test_an_empty_file_is_refused(desk):
    assert code(sent, desk, "") == "file-empty"
    assert uploads(desk) == ()


@pytest.mark.parametrize("made_up", ["..", "0" * 31, "0" * 32, "../" + "0" * 32, "x" * 32])
def test_an_id_that_was_made_up_is_no_file(desk, made_up):
    sent(desk, GOOD)
    assert code(service.upload, desk, made_up) == "no-upload"
    drop(desk, made_up)
    assert len(uploads(desk)) == 1
