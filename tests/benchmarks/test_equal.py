"""All that is compared in the benchmarks gives the same labels, here on tiny data."""

import json
from pathlib import Path

import pytest

from benchmarks.child import record_labels
from benchmarks.data import data_set
from benchmarks.equal import differing_labels
from benchmarks.job import CLASSIFIERS, RECORD_CLASSIFIERS
from benchmarks.records import prepare_records
from benchmarks.sizes import Size
from benchmarks.systems import ALL, BATCH, RECORD, REFERENCE

FORMS = {
    "minor units": Size(400, 3_000),
    "floats": Size(400, 3_000, amounts="float"),
    "whole ids": Size(400, 3_000, ids="integer"),
    "other seed": Size(701, 5_001, seed=7),
}
PAIRS = [
    (system.key, form)
    for system in BATCH
    if system.key != REFERENCE
    for form in (FORMS if not system.key.startswith("classify") else ["minor units"])
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUSTRATA_BENCHMARKS", str(tmp_path_factory.mktemp("data")))
        return {form: data_set(size) for form, size in FORMS.items()}


@pytest.fixture(scope="module")
def records(folders: dict[str, Path]) -> Path:
    prepare_records(folders["minor units"], 300)
    return folders["minor units"]


@pytest.mark.parametrize(("key", "form"), PAIRS)
def test_every_customer_has_the_same_labels(
    folders: dict[str, Path], tmp_path: Path, key: str, form: str
) -> None:
    reference, other = tmp_path / "reference.parquet", tmp_path / "other.parquet"
    ALL[REFERENCE].load()(folders[form], reference)
    ALL[key].load()(folders[form], other)
    assert differing_labels(reference, other) == dict.fromkeys(("customers", *CLASSIFIERS), 0)


@pytest.mark.parametrize("key", [system.key for system in RECORD])
def test_every_record_has_the_same_labels(records: Path, key: str) -> None:
    assert record_labels(key, str(records)) == dict.fromkeys(RECORD_CLASSIFIERS, 0)


def test_the_data_reach_every_label_of_the_small_tables(records: Path) -> None:
    *_, expected = json.loads((records / "records.json").read_text())
    seen = {name: {one[name] for one in expected} for name in RECORD_CLASSIFIERS}
    assert seen["pareto"] == {"key", "long_tail"}
    assert seen["pyramid"] == {"super", "large", "medium", "small", "not_existing"}
    assert seen["stale_contact"] == {"dont_forget", "in_touch"}
    assert {"at_risk", "loyal", "occasional", "regular", "supporter"} <= seen["loyalty"]
    assert {"important_value", "general_retain", "no_purchase"} <= seen["rfm"]
