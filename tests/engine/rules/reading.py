"""What the tests of the rules format share: a few plugins, and a short way to read."""

from pathlib import Path
from textwrap import dedent

from marshmallow import Schema, fields, validate

from custrata.engine.diagnostics import Diagnostic, RulesError
from custrata.engine.hookspecs import Classifier, Measure
from custrata.engine.model import Classifier as Read
from custrata.engine.model import Ruleset
from custrata.engine.plugins import ClassifierPlugin, FailedPlugin, Plugins
from custrata.engine.rules import read_ruleset
from custrata.engine.rules.document import Map, read_document


class Counting(Schema):
    count = fields.String(load_default="transactions")
    paid_only = fields.Boolean(truthy={True}, falsy={False})


class Summing(Schema):
    statistic = fields.String(validate=validate.OneOf(("sum", "mean")))


class Launch(Schema):
    product = fields.String(required=True)
    launch = fields.Date(required=True)


class Tuning(Schema):
    horizon = fields.Integer(strict=True, validate=validate.Range(min=1))
    shares = fields.Dict(keys=fields.String(), values=fields.Float())


RFM = """
where: {recency_days: ">= 0"}
outside: no_purchase
parameters: {horizon: 90}
bands:
  recency_days: {cuts: [60], names: [high, low], closed: right}
  frequency: {cuts: [4], names: [low, high]}
table:
  rules:
    - {recency_days: high, frequency: high, label: best}
    - {recency_days: low, label: rest, note: call them}
  otherwise: none
labels:
  best: {rank: 1, name: {en: Best, vi: Nhất}}
effects:
  rest: {enter: [remind]}
"""
STRINGS = {"en": {"name": "RFM", "labels": {"best": "The best", "rest": "The rest"}}}


def measure(name: str, windowed: bool = False, parameters: type[Schema] | None = None) -> Measure:
    return Measure(
        name=name,
        unit="sales",
        type="integer",
        inputs=("transactions.amount",),
        compute=lambda facts, given, context: facts,
        windowed=windowed,
        parameters=parameters,
    )


def located(text: str, file: str) -> Map:
    document = read_document(text, file)
    assert document.root is not None
    assert not document.faults
    return document.root


def plugins(*failed: FailedPlugin) -> Plugins:
    declared = (
        measure("recency_days"),
        measure("frequency", True, Counting),
        measure("monetary", True, Summing),
        measure("profit", True),
        measure("adoption_days", False, Launch),
    )
    tuned = Classifier(name="rfm", folder=Path("rfm"), parameters=Tuning)
    plain = Classifier(name="plain", folder=Path("plain"))
    table = "table: {rules: [{monetary: 3, label: a}]}"
    return Plugins(
        measures={one.name: one for one in declared},
        classifiers={
            "rfm": ClassifierPlugin(tuned, located(RFM, "rfm/defaults.yaml"), STRINGS, "x", "1"),
            "plain": ClassifierPlugin(plain, located(table, "plain/defaults.yaml"), {}, "x", "1"),
        },
        failed=failed,
    )


def read(body: str, known: Plugins | None = None) -> Ruleset:
    """The ruleset of a text that starts at line 2, after `ruleset: 1`."""
    return read_ruleset(f"ruleset: 1\n{dedent(body)}", "rules.yaml", known or plugins())


def classifier(body: str, name: str = "one") -> Read:
    """The classifier of that name, out of the lines under `classifiers`."""
    ruleset = read(f"classifiers:\n  {name}:\n" + _indented(body))
    return next(one for one in ruleset.classifiers if one.name == name)


def faults(body: str, known: Plugins | None = None) -> list[Diagnostic]:
    """What is wrong with a text, warnings too."""
    try:
        return list(read(body, known).diagnostics)
    except RulesError as error:
        return list(error.diagnostics)


def wrong(body: str) -> list[Diagnostic]:
    """What is wrong with a classifier, names of labels apart."""
    found = faults("classifiers:\n  one:\n" + _indented(body))
    return [one for one in found if one.code != "label-without-name"]


def only(found: list[Diagnostic], code: str) -> Diagnostic:
    """The one diagnostic there is."""
    assert [one.code for one in found] == [code], [str(one) for one in found]
    return found[0]


def _indented(body: str) -> str:
    return "".join(f"    {line}\n" for line in dedent(body).strip("\n").splitlines())
