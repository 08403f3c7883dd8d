"""YAML as the rules read it."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custrata.engine.diagnostics import Diagnostic, Mark
from custrata.engine.rules.document import (
    MAX_BYTES,
    MAX_DEPTH,
    Document,
    Map,
    bare,
    mark_at,
    read_document,
)


def value(text: str) -> Any:
    document = read_document(f"key: {text}", "f")
    assert document.root is not None, [str(one) for one in document.faults]
    assert not document.faults
    return document.root["key"]


def fault(text: str | bytes) -> Diagnostic:
    document = read_document(text, "f")
    assert len(document.faults) == 1, [str(one) for one in document.faults]
    return document.faults[0]


def place(one: Diagnostic) -> tuple[int, int]:
    assert one.mark is not None
    return one.mark.line, one.mark.column


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "yes",
        "off",
        "012",
        "12:30",
        "0x1F",
        "0o17",
        "007.5",
        "1_000",
        "2026-11-21",
        "nan",
        "TRue",
        "-012",
    ],
)
def test_what_other_yaml_converts_is_text(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL", "# nothing"])
def test_null(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "false", "False", "FALSE"])
def test_booleans(text: str) -> None:
    assert value(text) is (text.lower() == "true")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("3.0", 3),
        ("1e3", 1000),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("0.07", Fraction(7, 100)),
    ],
)
def test_numbers_are_exact(text: str, number: Any) -> None:
    assert value(text) == number
    assert type(value(text)) is type(number)


@pytest.mark.parametrize("text", ["'3'", '"3"', "'true'", '"null"'])
def test_quotes_make_text(text: str) -> None:
    assert value(text) == text[1:-1]


def test_text_is_nfc_and_trimmed() -> None:
    assert value('"  Quan tro\u0323ng "') == "Quan tr\u1ecdng"


def test_keys_are_their_spelling() -> None:
    root = read_document("{1: a, true: b, null: c, 1.50: d}", "f").root
    assert root == {"1": "a", "true": "b", "null": "c", "1.50": "d"}


@pytest.mark.parametrize(
    "text", [".nan", ".inf", "-.INF", "1e999", "1e99999999999999999999", "9" * 500]
)
def test_numbers_that_are_not_finite_are_refused(text: str) -> None:
    document = read_document(f"a: 1\nb: {text}", "f")
    assert [one.code for one in document.faults] == ["number-out-of-range"]
    assert place(document.faults[0]) == (2, 4)
    assert not document.sound


def test_every_part_knows_its_place() -> None:
    root = read_document("a: 1\nb:\n  c: [x, {d: y}]\n", "f").root
    assert mark_at(root, ("a",)) == Mark("f", 1, 4)
    assert mark_at(root, ("a",), at_key=True) == Mark("f", 1, 1)
    assert mark_at(root, ("b", "c", 0)) == Mark("f", 3, 7)
    assert mark_at(root, ("b", "c", 1, "d")) == Mark("f", 3, 14)
    assert mark_at(root, ("b", "missing")) == Mark("f", 3, 3)
    assert mark_at(root, ()) == Mark("f", 1, 1)


def test_columns_count_characters() -> None:
    root = read_document("{Quan trọng 重要: 1, b: 2}", "f").root
    assert mark_at(root, ("b",), at_key=True) == Mark("f", 1, 20)


def test_all_duplicate_keys_are_told_at_once() -> None:
    document = read_document("a: 1\nb: {x: 1, x: 2}\na: 3\n", "f")
    assert [(one.code, *place(one)) for one in document.faults] == [
        ("duplicate-key", 2, 11),
        ("duplicate-key", 3, 1),
    ]
    assert "line 1" in document.faults[1].message
    assert document.root == {"a": 1, "b": {"x": 1}}


def test_keys_that_differ_only_in_spelling_are_one() -> None:
    assert fault('{tro\u0323ng: 1, "tr\u1ecdng ": 2}').code == "duplicate-key"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: &x 1", "yaml-anchor", 1, 4),
        ("a: !!int 3", "yaml-tag", 1, 4),
        ("a: ! 3", "yaml-tag", 1, 4),
        ("a: !!python/object:os.system []", "yaml-tag", 1, 4),
        ("? [1, 2]\n: 3", "key-not-text", 1, 3),
        ("a: 1\n--- \nb: 2", "many-documents", 2, 1),
        ("a: [1, 2", "yaml-syntax", 1, 4),
        ("a: b: c", "yaml-syntax", 1, 5),
        ("a:\n\t- 1", "yaml-syntax", 2, 1),
        ("a: @x", "yaml-syntax", 1, 4),
        ("a: 'x", "yaml-syntax", 1, 4),
        ("", "not-a-mapping", 1, 1),
        ("# only a comment", "not-a-mapping", 1, 1),
        ("[1, 2]", "not-a-mapping", 1, 1),
        ("word", "not-a-mapping", 1, 1),
        ("a: 1\nb: \x07", "control-character", 2, 4),
        ("a: 1\nb: \ud800", "control-character", 2, 4),
        ('a: "\\0"', "control-character", 1, 4),
        (b"a: 1\nb: Qu\xff", "not-utf8", 2, 6),
    ],
)
def test_what_is_refused(text: str | bytes, code: str, line: int, column: int) -> None:
    found = fault(text)
    assert found.code == code
    assert place(found) == (line, column)


def test_an_alias_is_refused_and_its_anchor_too() -> None:
    document = read_document("a: &x 1\nb: *x", "f")
    assert [one.code for one in document.faults] == ["yaml-anchor", "yaml-alias"]


def test_a_tab_is_named() -> None:
    assert "tab" in fault("a:\n\t- 1").message


def test_a_merge_key_is_a_key_like_any_other() -> None:
    assert read_document("<<: {a: 1}", "f").root == {"<<": {"a": 1}}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_document("\ufeffa: 1".encode(), "f").root == {"a": 1}


def test_depth_is_limited() -> None:
    assert read_document("{a: " * (MAX_DEPTH - 1) + "[1]" + "}" * (MAX_DEPTH - 1), "f").sound
    for text in ("[" * 400_000, "{a: " * 100_000, "- " * 400_000, "a: [" + "[" * 50 + "]" * 51):
        assert fault(text).code in ("too-deep", "yaml-syntax")


def test_size_is_limited() -> None:
    assert fault("a: " + "é" * MAX_BYTES).code == "too-large"


def test_faults_are_limited() -> None:
    document: Document = read_document("[" + "&a x, " * 100_000 + "]", "f")
    assert len(document.faults) == 1_001
    assert not document.sound


def test_bare_is_plain() -> None:
    root = read_document("a: [1, 0.5, {b: null}]", "f").root
    assert isinstance(root, Map)
    plain = bare(root)
    assert plain == {"a": [1, 0.5, {"b": None}]}
    assert type(plain) is dict
    assert type(plain["a"]) is list


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    document = read_document(text, "f")
    assert document.root is not None or document.faults


@given(st.binary())
def test_no_bytes_break_it(raw: bytes) -> None:
    document = read_document(raw, "f")
    assert document.root is not None or document.faults
