"""Provinces are found under whatever name they are written."""

import pytest

from custrata.plugins.profile.measures import folded, today
from custrata.plugins.profile.provinces import PROVINCES

OLD = 63
"""Provinces and cities before 2025-07-01."""
SPELLINGS = {"Đăk Lăk", "Đắc Lắc", "Daklak", "Hanoi", "Haiphong", "HCM", "HCMC", "Sài Gòn"}
SPELLINGS |= {"Saigon", "Đăk Nông", "Đắc Nông", "Daknong", "Kontum", "Bắc Cạn"}


def test_sixty_three_provinces_became_thirty_four() -> None:
    merged = [name for others in PROVINCES.values() for name in others if name not in SPELLINGS]
    assert len(PROVINCES) == 34
    renamed = {"Thừa Thiên Huế"}
    assert len({*PROVINCES, *merged} - renamed) == OLD
    assert len(merged) == len(set(merged))
    assert not set(merged) & PROVINCES.keys()


@pytest.mark.parametrize(
    ("written", "province"),
    [
        ("Hà Nội", "Hà Nội"),
        ("TP.HCM", "Hồ Chí Minh"),
        ("TP. HCM", "Hồ Chí Minh"),
        ("Ho Chi Minh City", "Hồ Chí Minh"),
        ("Tỉnh Bình Dương", "Hồ Chí Minh"),
        ("Ba Ria-Vung Tau", "Hồ Chí Minh"),
        ("Thừa Thiên - Huế", "Huế"),
        ("Khánh Hoà", "Khánh Hòa"),
        ("Thanh Hoá", "Thanh Hóa"),
        ("tỉnh Đắk Nông", "Lâm Đồng"),
        ("Dak Lak", "Đắk Lắk"),
        ("Hà Tĩnh", "Hà Tĩnh"),
    ],
)
def test_names_as_people_write_them(written: str, province: str) -> None:
    assert today()[folded(written)] == province


def test_no_two_provinces_share_a_spelling() -> None:
    for province, others in PROVINCES.items():
        assert {today()[folded(name)] for name in (province, *others)} == {province}
