"""Whatever the services write down has words, and is found under what it is about."""

import ast
from datetime import UTC, datetime

from custrata.admin.pages.audit_words import ACTIONS, FAMILIES, told
from custrata.service.audit import Event
from custrata.service.customers.facts import KINDS

WRITERS = {"note", "_tell"}
HANDED_ON = {"filters.py", "members.py"}
"""Modules whose own `_tell` hands the action on to `note`."""
OF_FACTS = {f"{kind}.{done}" for kind in KINDS for done in ("record", "correct", "delete")}


def calls(root):
    for path in sorted((root / "service").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = (
                    called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                )
                if name in WRITERS:
                    yield path.name, node.args


def written(root):
    """Every action, and the modules that put one together."""
    actions, elsewhere = set(OF_FACTS), set()
    for module, given in calls(root):
        said = [one.value for one in given[:3] if isinstance(one, ast.Constant)]
        actions |= {one for one in said if "." in str(one)}
        if not any("." in str(one) for one in said):
            elsewhere.add(module)
    return actions, elsewhere


def test_every_action_that_is_written_has_words(root):
    actions, elsewhere = written(root)
    assert elsewhere - HANDED_ON == {"facts.py", "record.py"}
    assert actions == set(ACTIONS)


def test_every_action_is_found_under_what_it_is_about():
    alone = [one for one in ACTIONS if sum(one.startswith(each) for each in FAMILIES) != 1]
    assert alone == []
    assert [one for one in FAMILIES if not one.endswith(".")] == []


def test_every_action_is_told_whatever_is_known_of_it(seen):
    bare = {"id": 1, "at": datetime.now(UTC), "by": "an", "subject_kind": "", "detail": {}}
    with seen.app.test_request_context():
        for action in ACTIONS:
            assert action not in told(Event(action=action, subject=None, **bare))
