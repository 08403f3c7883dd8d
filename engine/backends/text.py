"""How text is read alike on every engine: white space, ISO times, numbers."""

from __future__ import annotations

WHITE_SPACE = "".join(
    chr(code) for code in (*range(9, 14), *range(28, 33), 133, 160, 5760, *range(8192, 8203))
) + "".join(chr(code) for code in (8232, 8233, 8239, 8287, 12288))
"""What Python's `str.strip` takes away; engines have sets of their own."""

NFC_STABLE = (
    "\x00-\u02ff\u1e00-\u1eff\u2002-\u206f\u3000-\u3029\u3040-\u3098\u309b-\u30ff"
    "\u4e00-\u9fff\uac00-\ud7a3\uff01-\uffef"
)
"""Signs of which any text is in NFC, as ranges: Latin, Vietnamese, Chinese, Japanese, Korean."""

DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
OFFSET = r"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
NAIVE_TIME = rf"{DATE}([T ]{CLOCK})?"
AWARE_TIME = rf"{DATE}[T ]{CLOCK}{OFFSET}"
TIME_ALLOWED = (
    "an ISO date or date-time such as 2026-11-21, 2026-11-21T23:30 or 2026-11-21 23:30:00+07:00"
)

DECIMAL_DIGITS = 38
"""Digits of the widest decimal that engines compute in."""
