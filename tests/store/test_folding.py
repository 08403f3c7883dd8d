from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.store.folding import WORD, code, digits, ending, fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đặng Thị  Ánh", "dang thi anh"),
        ("ĐẶC BIỆT", "dac biet"),
        ("đặc biệt", "dac biet"),
        ("客户编号", "客户编号"),
        ("客戶ＩＤ", "客戶id"),
        ("がぎ", "がぎ"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        (" a\tb ", "a b"),
        ("", ""),
    ],
)
def test_a_text_is_folded_as_it_is_searched_for(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_again_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("Khách hàng thân thiết", "khach-hang-than-thiet"),
        ("  VIP -- 2026!", "vip-2026"),
        ("重要客户", "重要客户"),
        ("Chợ_đêm / Huế", "cho-dem-hue"),
        ("!?", ""),
    ],
)
def test_a_name_suggests_a_code(name, suggested):
    assert code(name) == suggested


@given(st.text())
def test_a_code_is_its_own_code_and_fits(text):
    found = code(text)
    assert code(found) == found
    assert len(found) <= 255


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nguyễn Thị Ánh", ["nguyen", "thi", "anh"]),
        ("Lan Lan", ["lan"]),
        ("A-Mart 24/7", ["a", "mart", "24", "7"]),
        ("王小明", ["王小明", "小明", "明"]),
        ("Cty 大成 TNHH", ["cty", "大成", "成", "tnhh"]),
        ("!!!", []),
        ("x" * 70, ["x" * WORD]),
    ],
)
def test_the_words_by_whose_beginnings_a_text_is_found(text, found):
    assert words(text) == found


def test_a_long_text_has_not_too_many_words():
    assert len(words("明" * 255)) == 40


def test_a_telephone_number_is_found_however_its_country_is_written():
    spellings = ("0912 345 678", "+84 912.345.678", "(0084)912345678", "９１２ 345 678")
    assert {ending(digits(one)) for one in spellings} == {"912345678"}
    zeros = ("+84 000 593 925", "0000593925", "0 000 593 925", "84000593925", "593925")
    assert {ending(digits(one)) for one in zeros} == {"000593925"}
    assert digits("call me") == ""
