"""Plugins are listed with what they bring, and whether the rules use it."""

from custrata.engine import plugins as engine_plugins
from custrata.service.plugins import installed
from custrata.service.rules.versions import engine_of_text

RULES = """
ruleset: 1
measures: { spend_share: { ratio: [monetary, profit] } }
classifiers:
  rfm: { plugin: rfm }
  rich:
    table:
      rules: [{ spend_share: over 2, label: rich }]
      otherwise: plain
"""


def found(text=RULES):
    return installed(engine_of_text(text, "rules"))


def test_each_plugin_says_what_it_brings_and_what_is_used():
    named = {one.name: one for one in found().loaded}
    assert set(named) >= {"measures", "rfm", "pareto", "loyalty", "stale_contact"}
    (rfm,) = named["rfm"].classifiers
    assert (rfm.name, rfm.used, set(rfm.languages)) == (
        "rfm",
        True,
        {"en", "vi", "zh_Hans", "zh_Hant"},
    )
    assert named["rfm"].version
    assert not named["pareto"].used
    measures = {one.name: one.used for one in named["measures"].measures}
    assert (measures["monetary"], measures["profit"], measures["recency_days"]) == (True,) * 3
    assert measures["days_since_contact"] is False


def test_what_a_measure_is_made_of_is_used_too():
    text = RULES.replace("[monetary, profit]", "[silence_ratio, frequency]")
    measures = {one.name: one.used for plugin in found(text).loaded for one in plugin.measures}
    assert (measures["silence_ratio"], measures["frequency"]) == (True, True)
    assert measures["mean_gap_days"] is False
    assert [name for name in measures if name.startswith("_")] == []


def test_a_plugin_that_cannot_be_loaded_is_listed_with_its_remedy():
    class Broken:
        CUSTRATA_API = 99
        __version__ = "3"

    loaded = engine_plugins.load_plugins([Broken()])
    (failed,) = (one for one in loaded.failed if one.name == "Broken")
    assert failed.version == "3"
    assert "API 1" in failed.remedy
    assert "Broken" not in {one.name for one in loaded.loaded}
