"""Every text has its translation, whole, with the same placeholders."""

import re

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from custrata.admin.language import LANGUAGES

LOCALES = ("vi", "zh_Hant_TW", "zh_Hans_CN")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy": None,
    "marked": None,
    "_say": None,
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*(?::[^}]*)?\}")
JINJA = re.compile(r"\{% block body_class %\}[^{]*|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
HTML = re.compile(r"<(script|style|code|pre)\b.*?</\1>|<[^>]*>", re.DOTALL)


@pytest.fixture(scope="module")
def texts(root):
    """All that is to be translated."""
    with (root / "admin/translations/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")
    found = extract_from_dir(root, methods, options, KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


@pytest.fixture(scope="module", params=LOCALES)
def catalog(root, request):
    path = root / "admin/translations" / request.param / "LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=request.param)


def told(message):
    """The texts of a translation: one, or one for each number."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def test_every_text_is_translated(texts, catalog):
    known = {one.id if isinstance(one.id, str) else one.id[0]: one for one in catalog if one.id}
    missing = sorted(text for text in texts if text not in known or not all(told(known[text])))
    assert missing == []


def test_no_translation_is_a_guess_or_left_over(texts, catalog):
    assert [one.id for one in catalog if one.id and one.fuzzy] == []
    ids = {one.id if isinstance(one.id, str) else one.id[0] for one in catalog if one.id}
    assert sorted(ids - texts) == []


def test_placeholders_stay(catalog):
    for one in catalog:
        if one.id:
            source = one.id if isinstance(one.id, str) else one.id[-1]
            wanted = set(PLACEHOLDER.findall(source))
            for text in told(one):
                assert set(PLACEHOLDER.findall(text)) == wanted, one.id


def test_traditional_and_simplified_are_told_apart(root):
    def text(locale):
        path = root / "admin/translations" / locale / "LC_MESSAGES/messages.po"
        with path.open("rb") as file:
            return "".join("".join(told(one)) for one in read_po(file) if one.id)

    assert not set("个们这说对开发过户经为认证录") & set(text("zh_Hant_TW"))
    assert not set("個們這說對開發過戶經為認證錄") & set(text("zh_Hans_CN"))


def test_no_template_holds_a_text_of_its_own(root):
    """Letters outside of tags and expressions would stay English."""
    faults = []
    for path in sorted((root / "admin/templates").rglob("*.html")):
        shown = HTML.sub("\n", JINJA.sub("", path.read_text("utf-8")))
        for line in shown.splitlines():
            words = re.sub(r'&\w+;|\w+=""|custrata|CSV|XLSX|YAML', "", line)
            if re.search(r"[A-Za-z]{3,}", words):
                faults.append(f"{path.relative_to(root)}: {line.strip()}")
    assert faults == []


def test_compiled_translations_are_those_of_the_texts(root):
    for locale in LOCALES:
        folder = root / "admin/translations" / locale / "LC_MESSAGES"
        assert (folder / "messages.mo").stat().st_mtime >= (folder / "messages.po").stat().st_mtime


def test_the_panel_speaks_each_language(seen):
    shown = {one: seen.client("viewer", one).get("/").text for one in LANGUAGES}
    assert len(set(shown.values())) == len(LANGUAGES)
    for language, word in (("vi", "Đăng xuất"), ("zh_Hant", "登出"), ("zh_Hans", "退出")):
        assert word in shown[language]
