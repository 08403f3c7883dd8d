"""Rules that change while their host runs, and threads that share what does not change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event, Thread

import polars as pl
import pytest

from custrata import Calibration, DataError, Engine, RulesError, RulesFile
from custrata.engine import Diagnostic

AS_OF = date(2026, 11, 21)
RULES = """
ruleset: 1
classifiers:
  value:
    bands: {monetary: {cuts: [100], names: [low, high]}}
    table: {rules: [{monetary: high, label: LABEL}], otherwise: rest}
"""
FOUND = RULES.replace("[100]", "[mean]")
RICH = {"monetary": 500}


def rules(label: str) -> str:
    return RULES.replace("LABEL", label)


def replace(path: Path, text: str) -> None:
    """As one should: another file takes the place of this one in one step."""
    other = path.with_suffix(".new")
    other.write_text(text, encoding="utf-8")
    other.replace(path)


def calibration(text: str, path: Path, *amounts: int) -> Path:
    sales = pl.DataFrame(
        {
            "customer_id": [str(place) for place in range(len(amounts))],
            "occurred_at": [AS_OF] * len(amounts),
            "amount": amounts,
        }
    )
    Engine.from_text(text).run(as_of=AS_OF, transactions=sales).calibration.save(path)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(rules("key"), encoding="utf-8")
    return path


def test_what_has_not_changed_is_the_same_engine(path: Path) -> None:
    file = RulesFile(path)
    engine = file.current()
    replace(path, rules("key"))
    assert file.current() is engine


def test_a_change_is_there_at_the_next_call(path: Path) -> None:
    file = RulesFile(path)
    assert file.current().classify(RICH) == {"value": "key"}
    replace(path, rules("gold"))
    assert file.current().classify(RICH) == {"value": "gold"}
    path.write_text(rules("best"), encoding="utf-8")  # in place, as long as before
    assert file.current().classify(RICH) == {"value": "best"}
    assert file.diagnostics == ()


def test_faulty_rules_leave_the_last_good_ones_and_are_told_once(path: Path) -> None:
    told: list[tuple[Diagnostic, ...]] = []
    file = RulesFile(path, report=told.append)
    good = file.current()
    replace(path, rules("key").replace("table:", "tabel:"))
    assert file.current() is good
    assert file.current() is good
    assert "table" in [one.nearest for one in told[0]]
    assert told == [file.diagnostics]
    assert str(path) in str(told[0][0])
    replace(path, "ruleset: [")
    assert file.current() is good
    assert len(told) == 2
    replace(path, rules("gold"))
    assert file.current().classify(RICH) == {"value": "gold"}
    assert (file.diagnostics, len(told)) == ((), 2)


def test_good_rules_that_come_back_are_used_again(path: Path) -> None:
    file = RulesFile(path)
    replace(path, "ruleset: 2")
    file.current()
    assert file.diagnostics
    replace(path, rules("key"))
    assert file.current().classify(RICH) == {"value": "key"}
    assert file.diagnostics == ()


def test_a_file_that_is_gone_is_told(path: Path) -> None:
    told: list[tuple[Diagnostic, ...]] = []
    file = RulesFile(path, report=told.append)
    path.unlink()
    assert file.current().classify(RICH) == {"value": "key"}
    assert [one.code for found in told for one in found] == ["unreadable"]
    replace(path, rules("gold"))
    assert file.current().classify(RICH) == {"value": "gold"}


def test_there_has_to_be_something_good_to_begin_with(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="unreadable"):
        RulesFile(tmp_path / "none.yaml")
    path = tmp_path / "rules.yaml"
    path.write_text("ruleset: 2", encoding="utf-8")
    with pytest.raises(RulesError):
        RulesFile(path)


def test_a_calibration_is_read_again_too(path: Path) -> None:
    path.write_text(FOUND, encoding="utf-8")
    saved = calibration(FOUND, path.with_suffix(".json"), 10, 20)
    file = RulesFile(path, calibration=saved)
    assert file.current().classify({"monetary": 100}) == {"value": "LABEL"}
    calibration(FOUND, saved, 1000, 2000)
    assert file.current().classify({"monetary": 100}) == {"value": "rest"}


def test_a_calibration_of_other_rules_is_told_until_both_agree(path: Path) -> None:
    path.write_text(FOUND, encoding="utf-8")
    saved = calibration(FOUND, path.with_suffix(".json"), 10, 20)
    told: list[tuple[Diagnostic, ...]] = []
    file = RulesFile(path, calibration=saved, report=told.append)
    good = file.current()
    other = FOUND.replace("[mean]", "[median]").replace("LABEL", "gold")
    replace(path, other)
    assert file.current() is good
    assert [one.code for found in told for one in found] == ["calibration-mismatch"]
    calibration(other, saved, 10, 20)
    assert file.current().classify(RICH) == {"value": "gold"}
    assert (file.diagnostics, len(told)) == ((), 1)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", None])
def test_a_calibration_that_is_none_is_told(path: Path, content: bytes | None) -> None:
    path.write_text(FOUND, encoding="utf-8")
    saved = calibration(FOUND, path.with_suffix(".json"), 10, 20)
    file = RulesFile(path, calibration=saved)
    if content is None:
        saved.unlink()
    else:
        saved.write_bytes(content)
    assert file.current().classify({"monetary": 100}) == {"value": "LABEL"}
    assert file.diagnostics
    with pytest.raises(DataError):
        RulesFile(path, calibration=saved)


@pytest.mark.parametrize("meanwhile", [None, b"", b"{"], ids=["gone", "emptied", "half written"])
def test_what_befalls_the_files_while_they_are_read_is_over_with_the_next_call(
    path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: bytes | None
) -> None:
    """The engine is that of the content which was compared, though the files are others by then."""
    path.write_text(FOUND, encoding="utf-8")
    saved = calibration(FOUND, path.with_suffix(".json"), 10, 20)
    file, good = RulesFile(path, calibration=saved), saved.read_bytes()
    real = Engine.from_text

    def late(*words: object, **more: object) -> Engine:
        saved.unlink() if meanwhile is None else saved.write_bytes(meanwhile)
        return real(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "from_text", late)
    replace(path, FOUND.replace("LABEL", "gold"))
    file.current()
    monkeypatch.setattr(Engine, "from_text", real)
    saved.write_bytes(good)
    assert file.current().classify(RICH) == {"value": "gold"}
    assert file.diagnostics == ()


def test_who_comes_while_another_reads_goes_on_with_what_is_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = RulesFile(path)
    reading, go_on = Event(), Event()
    real = Engine.from_text

    def slowly(*words: object, **more: object) -> Engine:
        reading.set()
        assert go_on.wait(10)
        return real(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "from_text", slowly)
    replace(path, rules("gold"))
    other = Thread(target=file.current)
    other.start()
    assert reading.wait(10)
    assert file.current().classify(RICH) == {"value": "key"}
    go_on.set()
    other.join()
    assert file.current().classify(RICH) == {"value": "gold"}


def test_many_threads_classify_while_rules_change(path: Path) -> None:
    told: list[tuple[Diagnostic, ...]] = []
    file = RulesFile(path, report=told.append)
    labels = [f"l{number}" for number in range(12)]
    done = Event()

    def classify(_: int) -> list[str]:
        found = []
        while not done.is_set():
            engine = file.current()
            label = engine.classify(RICH)["value"]
            assert engine.classify({"monetary": 100 + len(found) % 7})["value"] == label
            assert engine.classify({"monetary": "99"})["value"] == "rest"
            assert engine.explain(RICH)["value"]["label"] == label
            found.append(label)
        return found

    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(classify, number) for number in range(8)]
        try:
            for label in labels:
                replace(path, "no rules")
                file.current()
                replace(path, rules(label))
                file.current()
        finally:
            done.set()
        seen = [one.result() for one in running]
    order = ["key", *labels]
    for found in seen:
        assert [order.index(one) for one in found] == sorted(order.index(one) for one in found)
    assert file.current().classify(RICH) == {"value": "l11"}
    assert {one.severity.value for found in told for one in found} <= {"error"}


def test_many_threads_share_one_calibrated_engine(path: Path) -> None:
    """New texts and answers are remembered as they come, and many come at once."""
    saved = calibration(FOUND, path.with_suffix(".json"), *range(200))
    engine = Engine.from_text(FOUND).calibrated(Calibration.load(saved))
    amounts = [*range(0, 200, 7), *(str(number) for number in range(0, 200, 11)), None, "x"]
    alone = Engine.from_text(FOUND).calibrated(Calibration.load(saved))
    expected = [alone.classify({"monetary": amount}) for amount in amounts]

    def classify(_: int) -> list[dict[str, object]]:
        return [engine.classify({"monetary": amount}) for amount in amounts]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(classify, range(64))) == [expected] * 64
