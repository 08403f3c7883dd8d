from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.store.folding import code, fold


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
