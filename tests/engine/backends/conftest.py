"""A small Spark, where there is one: PySpark and Java are no part of what `make` installs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from custrata.engine.backends.given import quiet


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A Spark session of two threads."""
    missing = _missing()
    if missing and os.environ.get("CUSTRATA_TEST_ALL"):
        pytest.fail(f"{missing} is missing, and nothing may be left out: .ci/spark brings it")
    if missing:
        pytest.skip(f"left out: {missing} is missing; .ci/spark brings it")
    with quiet():
        from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.pythonExec = sys.executable
    yield session
    session.stop()


_SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "768m",
    "spark.log.level": "OFF",
    "spark.sql.adaptive.enabled": "false",  # not worth its while for a few rows
    "spark.sql.session.timeZone": "America/New_York",  # which has to make no difference
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def _missing() -> str | None:
    if find_spec("pyspark") is None:
        return "PySpark"
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home, "bin")) if home else None)
    return None if java else "Java"
