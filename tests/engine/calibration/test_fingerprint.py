from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest

from custrata.engine.calibration import fingerprint
from custrata.engine.diagnostics import Mark
from custrata.engine.model import (
    Bands,
    Classifier,
    Effect,
    Equals,
    Fixed,
    InBand,
    Interval,
    LabelInfo,
    Mean,
    MeasureUse,
    Quantile,
    Rule,
    Ruleset,
    Window,
)

MONETARY = Bands("monetary", (Quantile(Fraction("0.8")),), ("low", "high"))
RECENCY = Bands("recency_days", (Fixed(30),), ("high", "low"), closed="right")
RULES = (Rule({"monetary": InBand("high")}, "key"),)
RFM = Classifier(
    "rfm",
    "rfm",
    {"monetary": MONETARY, "recency_days": RECENCY},
    RULES,
    where={"recency_days": Interval(low=0)},
    parameters={"days": 3, "list": [1, None]},
)
STAGE = Classifier("stage", "stage", {}, (Rule({"recency_days": Interval(high=9)}, "current"),))
RULESET = Ruleset(
    "a.yaml", measures={"basket": MeasureUse("basket", "monetary")}, classifiers=(STAGE, RFM)
)


def with_rfm(**changes) -> Ruleset:
    return replace(RULESET, classifiers=(STAGE, replace(RFM, **changes)))


@pytest.mark.parametrize(
    "other",
    [
        replace(RULESET, file="b.yaml"),
        replace(RULESET, classifiers=(RFM, STAGE)),
        replace(RULESET, classifiers=(RFM,)),
        with_rfm(bands={"recency_days": RECENCY, "monetary": replace(MONETARY, mark=Mark("x", 3))}),
        with_rfm(bands={"monetary": MONETARY}),
        with_rfm(parameters={"list": [1, None], "days": Fraction(3)}),
        with_rfm(rules=(Rule({"monetary": InBand("high")}, "other label", note="call them"),)),
        with_rfm(labels={"key": LabelInfo({"en": "Key"}, 1)}, outside="none", otherwise="rest"),
        with_rfm(effects={"key": {"enter": (Effect("remind"),)}}),
        with_rfm(mark=Mark("x", 1)),
    ],
)
def test_what_cut_points_do_not_depend_on(other):
    assert fingerprint(other) == fingerprint(RULESET)


@pytest.mark.parametrize(
    "other",
    [
        replace(RULESET, time_zone="Asia/Ho_Chi_Minh"),
        replace(RULESET, currency="VND"),
        replace(RULESET, window_days=None),
        replace(RULESET, measures={}),
        replace(RULESET, measures={"basket": MeasureUse("basket", "monetary", window=Window(30))}),
        with_rfm(name="rfm2"),
        with_rfm(plugin="other"),
        with_rfm(parameters={"days": "3", "list": [1, None]}),
        with_rfm(parameters={"days": True, "list": [1, None]}),
        with_rfm(where={}),
        with_rfm(where={"recency_days": Interval(low=0, low_open=True)}),
        with_rfm(bands={"monetary": replace(MONETARY, cuts=(Mean(),))}),
        with_rfm(bands={"monetary": replace(MONETARY, cuts=(Quantile(Fraction("0.8"), "lower"),))}),
        with_rfm(bands={"monetary": replace(MONETARY, closed="right")}),
        with_rfm(bands={"monetary": replace(MONETARY, ties="rank")}),
        with_rfm(bands={"monetary": replace(MONETARY, names=("small", "large"))}),
    ],
)
def test_what_cut_points_depend_on(other):
    assert fingerprint(other) != fingerprint(RULESET)


def test_a_population_of_labels_depends_on_what_decides_them():
    read = with_rfm(where={"label.stage": Equals("current")})
    rules = (Rule({"recency_days": Interval(high=10)}, "current"),)
    changed = (replace(STAGE, rules=rules), read.classifiers[1])
    assert fingerprint(replace(read, classifiers=changed)) != fingerprint(read)
    assert fingerprint(replace(RULESET, classifiers=(changed[0], RFM))) == fingerprint(RULESET)


def test_the_same_in_another_process():
    code = (
        "from custrata.engine.calibration import fingerprint\n"
        "from custrata.engine.model import Ruleset\n"
        "import sys\n"
        "print(fingerprint(Ruleset('r', currency='VND')))\n"
        "heavy = {'narwhals', 'polars', 'duckdb', 'pandas', 'pyarrow', 'marshmallow'}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    name, imported = out.stdout.splitlines()
    assert name == fingerprint(Ruleset("other", currency="VND"))
    assert imported == ""
