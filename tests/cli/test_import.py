"""`custrata import`: what it prints, what it asks, how it exits."""

from __future__ import annotations

import pytest

from custrata.cli import imports
from custrata.service.imports import RECORDS

SALES = """\
Mã KH,Ngày mua,Số tiền,Ghi chú
007,2026-11-01,10.5,tốt
008,hôm qua,x,
007,2026-11-01,10.5,
"""
UNSURE = "Khách hàng,Ngày mua,Số tiền\n007,2026-11-01,10\n"


@pytest.fixture
def take(place):
    """`custrata import` into a store of this folder."""

    def run(*words: str):
        return place.run("import", "--database", "sqlite:///store.db", *words)

    return run


def test_the_columns_and_the_plan_are_shown_then_it_is_done(place, take):
    place.write("ban hang.csv", SALES)
    done = take("ban hang.csv")
    assert done.exit_code == 0, done.output
    assert (
        done.stdout
        == """\
ban hang.csv: transactions, 3 rows

  column    goes to      by          examples
  --------  -----------  ----------  -------------------
  Mã KH     customer_id  known word  007, 008
  Ngày mua  occurred_at  known word  2026-11-01, hôm qua
  Số tiền   amount       known word  10.5, x
  Ghi chú   -            ignored     tốt

  2 new, 0 changed, 0 the same, 1 refused; 1 customer becomes known

  refused, and why:
    1  Ngày mua: no date; write it as 2026-11-21, or with a time 2026-11-21 14:30 (line 3: 'hôm qua')
    1  Số tiền: no number; write it as 1250000 or -19.99 (line 3: 'x')

imported: 2 new, 0 changed, 0 the same, 1 refused; 1 customer becomes known
1 row was refused; mend it in ban hang.refused.csv, then:
  custrata import 'ban hang.refused.csv' --record transactions --database sqlite:///store.db
"""  # noqa: E501
    )
    assert (place / "ban hang.refused.csv").exists()


def test_the_same_again_changes_nothing(place, take):
    place.write("sales.csv", SALES)
    take("sales.csv")
    assert "imported: 0 new, 0 changed, 2 the same, 1 refused\n" in take("sales.csv").stdout


def test_a_dry_run_writes_nothing(place, take):
    place.write("sales.csv", SALES)
    done = take("sales.csv", "--dry-run")
    assert (done.exit_code, "imported" in done.stdout) == (0, False)
    assert not (place / "sales.refused.csv").exists()
    assert "2 new" in take("sales.csv", "--dry-run").stdout
    assert take("sales.csv", "--dry-run", "--strict").exit_code == 1


def test_what_is_uncertain_needs_a_word(place, take):
    place.write("sales.csv", UNSURE)
    refused = take("sales.csv")
    assert refused.exit_code == 1
    assert '--map "customer_id=Khách hàng", or --yes' in refused.stderr
    assert "1 new" in take("sales.csv", "--map", "customer_id=Khách hàng").stdout
    assert "1 the same" in take("sales.csv", "--yes").stdout


def test_somebody_at_a_terminal_is_asked(place, take, monkeypatch):
    place.write("sales.csv", SALES)
    monkeypatch.setattr(imports, "is_terminal", lambda: True)
    monkeypatch.setattr("click.confirm", lambda text, abort: abort and _no())
    done = take("sales.csv")
    assert (done.exit_code, "imported" in done.stdout) == (1, False)
    monkeypatch.setattr("click.confirm", lambda text, abort: True)
    assert "imported: 2 new" in take("sales.csv").stdout


def _no() -> None:
    import click

    raise click.Abort


def test_strictly_one_refused_row_refuses_the_file(place, take):
    place.write("sales.csv", SALES)
    done = take("sales.csv", "--strict")
    assert done.exit_code == 1
    assert "sales.csv:3 error[rows-refused] Số tiền: no number" in done.stderr
    assert "imported" not in done.stdout


def test_a_file_of_which_nothing_is_taken_exits_with_1(place, take):
    place.write("sales.csv", "customer_id,occurred_at,amount\na,x,1\n")
    done = take("sales.csv")
    assert (done.exit_code, "0 new" in done.stdout) == (1, True)


def test_forms_and_columns_are_named(place, take):
    place.write("sales.csv", "Kunde;Datum;Betrag\n007;03.04.2026;1.234\n")
    words = ["--map", "customer_id=Kunde", "--map", "occurred_at=Datum", "--map", "amount=Betrag"]
    asked = take("sales.csv", "--record", "transactions", *words)
    assert asked.exit_code == 1
    assert "--dates dmy" in asked.stderr
    assert "--numbers 1.234,56" in asked.stderr
    named = ["--dates", "dmy", "--numbers", "1.234,56"]
    assert "1 new" in take("sales.csv", "--record", "transactions", *words, *named).stdout


def test_several_files_land_one_after_another(place, take):
    place.write("khach hang.csv", "Mã KH,Họ tên,Hạng\n007,An,vàng\n")
    place.write("sales.csv", SALES)
    done = take("khach hang.csv", "sales.csv", "--attributes", "none")
    assert done.exit_code == 0
    assert "khach hang.csv: customers, 1 row" in done.stdout
    assert "own attribute" not in done.stdout
    assert "sales.csv: transactions, 3 rows" in done.stdout


def test_how_dates_and_amounts_are_read_is_shown(place, take):
    place.write("sales.csv", "customer_id;occurred_at;amount\n007;13.04.2026;1.234,50 đ\n")
    shown = take("sales.csv", "--dry-run").stdout
    assert "13.04.2026 = 2026-04-13" in shown
    assert "1.234,50 đ = 1234.5" in shown


def test_a_dry_run_of_two_files_knows_whom_the_first_one_brings(place, take):
    place.write("customers.csv", "customer_id,name\n007,An\n008,Bình\n")
    place.write("sales.csv", "customer_id,occurred_at,amount\n007,2026-11-01,5\n9,2026-11-01,5\n")
    shown = take("customers.csv", "sales.csv", "--dry-run").stdout
    assert "2 new, 0 changed, 0 the same, 0 refused; 1 customer becomes known" in shown


def test_rows_of_a_time_to_come_are_told(place, take):
    place.write("sales.csv", "customer_id,occurred_at,amount\n007,2999-11-01,5\n")
    done = take("sales.csv")
    assert "warning[ahead] 1 row of a time to come; kept, and read from then on" in done.stderr
    assert "1 new" in done.stdout


def test_the_newest_file_of_refused_rows_is_told(place, take):
    place.write("sales.csv", SALES)
    take("sales.csv")
    place.write("sales.refused.csv", "mended")
    shown = take("sales.csv").stdout
    assert "mend it in sales.refused-2.csv" in shown
    assert "1 file of an earlier import lies beside it: sales.refused.csv" in shown


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("none.csv",),
        ("sales.csv", "--record", "sales"),
        ("sales.csv", "--map", "amount"),
        ("sales.csv", "--map", "amount=a", "--map", "amount=b"),
        ("sales.csv", "--dates", "ymd"),
        ("sales.csv", "--refused", "sales.csv"),
        ("sales.csv", "--refused", "refused.xlsx"),
        ("sales.csv", "sales.csv", "--refused", "refused.csv"),
    ],
)
def test_words_that_are_off_exit_with_2(place, take, words):
    place.write("sales.csv", SALES)
    assert take(*words).exit_code == 2


def test_all_records_can_be_named():
    assert tuple(RECORDS) == imports.RECORDS
