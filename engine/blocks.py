"""Rows of text that come one at a time, many of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def blocks(rows: Iterable[bytes | bytearray | memoryview], size: int) -> Iterator[bytes]:
    """Rows put together until they pass a size in bytes; always a last block, maybe empty."""
    some: list[bytes] = []
    length = 0
    for row in rows:
        some.append(bytes(row))
        length += len(row)
        if length > size:
            yield b"".join(some)
            some, length = [], 0
    yield b"".join(some)
