"""Words for yes and no, as people and programs write them: in lower case, composed (NFC)."""

from __future__ import annotations

YES = (
    *("yes", "y", "true", "t", "1", "x", "✓", "✔"),
    *("có", "đúng", "đồng ý", "是", "有", "对", "對", "真", "同意"),
)
NO = (
    *("no", "n", "false", "f", "0"),
    *("không", "sai", "không đồng ý", "否", "无", "無", "错", "錯", "假", "不同意"),
)
