"""Names in a language, the engine's and those that plugins bring."""

import pytest

from custrata import Engine
from custrata.service.names import Names


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.from_text("ruleset: 1\nclassifiers: {relationship: {}}\n")


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "Amount bought in the period before"),
        ("vi", "Tổng tiền mua kỳ trước"),
        ("zh_Hant", "前期消費金額"),
        ("zh_Hans", "前期消费金额"),
    ],
)
def test_a_measure_of_a_plugin_has_its_name(engine: Engine, language: str, name: str) -> None:
    assert Names(engine, language).measure("previous_monetary") == name


def test_other_measures_have_the_engine_s_name_or_their_own(engine: Engine) -> None:
    assert Names(engine, "vi").measure("is_lost") == "Đã mất, chưa mua lại"
    assert Names(engine).measure("of_these_rules") == "of_these_rules"
