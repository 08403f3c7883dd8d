"""Rows put together to blocks."""

from __future__ import annotations

import pytest

from custrata.engine.blocks import blocks


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], [b""]),
        ([b"a\n"], [b"a\n"]),
        ([b"a\n", b"b\n", b"c\n"], [b"a\nb\n", b"c\n"]),
        ([b"a\n", memoryview(b"b\n")], [b"a\nb\n", b""]),
        ([b"larger\n", b"a\n"], [b"larger\n", b"a\n"]),
    ],
)
def test_a_row_is_never_cut_and_the_last_block_may_be_empty(rows, found):
    assert list(blocks(rows, 3)) == found
