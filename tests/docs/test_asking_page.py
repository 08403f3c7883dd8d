"""The page about asking says what is so."""

import re
from pathlib import Path

from custrata import Engine
from custrata.engine.measures.customers import CLOSED
from custrata.service.customers.feedback import CLOSED_STATES, OPEN_STATES
from custrata.service.customers.record import LONGEST_ANSWER
from custrata.service.registers.questions import PHASES

PAGE = (Path(__file__).parents[2] / "docs/asking.md").read_text(encoding="utf-8")


def test_the_rules_of_the_page_load_and_tell_who_is_known():
    engine = Engine.from_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    for share, label in ((1, "known"), (0.5, "in_part"), (0, "unknown_why")):
        assert engine.classify({"quiet_known": share}) == {"known_why": label}


def test_phases_states_and_limits_are_those_of_the_code():
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert tuple(rows) == PHASES
    for state in (*OPEN_STATES, *CLOSED_STATES, *CLOSED):
        assert f"`{state}`" in PAGE
    assert f"{LONGEST_ANSWER:,} characters" in PAGE
