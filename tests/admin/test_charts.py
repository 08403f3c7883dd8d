"""Where the parts of charts lie."""

import re
from itertools import pairwise

import pytest

from custrata.admin.charts import Item, Plane, funnel, heat, histogram, length, scales, spark
from custrata.admin.flows import LINE, Flow, flow_chart, wrapped


def items(*values, second=None):
    return [Item(str(value), value, str(value), second=second) for value in values]


def test_a_bar_that_stands_for_something_can_be_seen():
    assert length(50, 200) == 25
    assert length(1, 1_000_000) > 0.5
    assert [length(value, 10) for value in (0, None, -5)] == [0, 0, 0]
    assert length(5, 0) == 0


def test_bars_stand_for_the_greatest_or_for_all():
    some = items(10, 30, second=4)
    assert scales(some, whole=False, together=False) == (30, 4)
    assert scales(some, whole=False, together=True) == (30, 30)
    assert scales(some, whole=True, together=False) == (40, 8)
    assert scales([], whole=True, together=False) == (0, 0)


def test_heat_has_a_step_for_nothing_and_nine_for_something():
    assert [heat(value, 90) for value in (0, 1, 10, 89, 90)] == [0, 1, 2, 9, 9]
    assert heat(3, 0) == 0


def test_each_step_of_a_funnel_ends_as_wide_as_the_next_one_begins():
    steps = [re.findall(r"[\d.]+", corners) for corners in funnel(items(100, 60, 30))]
    for above, below in pairwise(steps):
        assert (above[6], above[4]) == (below[0], below[2])
    assert steps[0][:4] == ["0", "0", "100", "0"]
    assert steps[2] == ["35", "0", "65", "0", "65", "30", "35", "30"]
    assert funnel([]) == []


def test_a_step_does_not_widen_where_the_next_is_wider():
    first, _ = funnel(items(10, 40))
    assert first.startswith("37.5,0 62.5,0 62.5,30 37.5,30")


def test_a_plane_has_zero_at_the_left_and_at_the_bottom():
    plane = Plane(44, 12, 300, 186)
    assert (plane.x(0), plane.y(0)) == (44, 198)
    assert (plane.x(1), plane.y(1)) == (344, 12)
    assert plane.path([(0, 0), (1, 1)]) == "M44 198L344 12"


def test_a_line_needs_two_values_and_may_be_level():
    assert spark([]) == spark([3]) == ""
    assert spark([3, 3]) == "M2 12L98 12"
    assert spark([1, 2, 3]) == "M2 21L50 12L98 3"


def test_columns_of_a_histogram_fill_the_box():
    columns = histogram([1, 4, 0, 2])
    assert [one.height for one in columns] == [25, 100, 0, 50]
    assert [one.x for one in columns] == [0, 25, 50, 75]
    assert all(one.y + one.height == 100 for one in columns)
    assert histogram([]) == []


# --- flows --------------------------------------------------------------------------------

LONG = "Khách hàng thân thiết đã lâu không mua hàng trở lại"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Mới", ["Mới"]),
        ("Quan trọng – cần giữ chân", ["Quan trọng – cần", "giữ chân"]),
        ("重要價值客戶需要維護", ["重要價值客戶需要", "維護"]),
        ("x" * 40, ["x" * 16, "x" * 16, "x" * 8]),
        ("", [""]),
    ],
)
def test_names_wrap_and_nothing_is_cut(text, lines):
    assert wrapped(text) == lines


def test_a_long_name_keeps_every_letter():
    assert "".join(wrapped(LONG)).replace(" ", "") == LONG.replace(" ", "")


def test_names_of_small_flows_do_not_meet():
    found = [Flow(f"{LONG} {n}", f"to {n % 4}", 1 if n else 10_000, "") for n in range(12)]
    drawn = flow_chart(found)
    for side in (drawn.left, drawn.right):
        for above, below in pairwise(side):
            assert above.text + LINE * (len(above.lines) - 1) + LINE <= below.text
            assert above.y + above.height <= below.y
        assert side[-1].foot <= drawn.height
        assert side[0].text >= LINE / 2


def test_bars_are_as_high_as_what_flows_through_them():
    drawn = flow_chart([Flow("a", "x", 30, ""), Flow("a", "y", 10, ""), Flow("b", "x", 10, "")])
    assert [round(one.height) for one in drawn.left] == [160, 40]
    assert [round(one.height) for one in drawn.right] == [160, 40]
    assert [one.flow.value for one in drawn.ribbons] == [30, 10, 10]
    first, second, third = (one.path for one in drawn.ribbons)
    assert first.startswith(f"M124 {drawn.left[0].y:.2f}")
    assert second.startswith(f"M124 {drawn.left[0].y + 120:.2f}")
    assert f" 236 {drawn.right[0].y + 120:.2f}V" in third


def test_nothing_flows():
    assert flow_chart([]).ribbons == ()
