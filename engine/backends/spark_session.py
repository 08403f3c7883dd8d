"""Where Spark computes: in the session at work, else in a local one."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from custrata.engine.backends.given import quiet
from custrata.engine.diagnostics import DataError, Diagnostic

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_OWN = {
    "spark.app.name": "custrata",
    "spark.log.level": "ERROR",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
"""How a session is made that nobody else has made: on this machine, for one job."""


def session() -> SparkSession:
    """The session at work, or a new one of this machine.

    Raises:
        DataError: PySpark, PyArrow or Java is not installed.
    """
    try:
        with quiet():
            import_module("pyarrow")  # frames of other kinds reach Spark by it
            from pyspark import SparkConf, SparkContext
            from pyspark.errors import PySparkRuntimeError
            from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        message = f"the engine 'spark' needs the package {error.name}"
        remedy = "pip install 'custrata[spark]'"
        raise DataError(Diagnostic("missing-package", message, allowed=remedy)) from error
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java", path=str(Path(home, "bin")) if home else None):
        raise _no_java("there is none")
    conf = SparkConf().setAll(list(_OWN.items()))
    try:
        context = SparkContext.getOrCreate(conf)  # another thread's, where that is at work
        if context.master.startswith("local") and "PYSPARK_PYTHON" not in os.environ:
            context.pythonExec = sys.executable
        return SparkSession.builder.getOrCreate()
    except PySparkRuntimeError as error:
        raise _no_java("Spark did not start with the one there is") from error


def _no_java(why: str) -> DataError:
    message = f"the engine 'spark' needs Java, and {why}"
    remedy = "Java 17 or newer (Debian: openjdk-17-jre-headless), on the PATH or as JAVA_HOME"
    return DataError(Diagnostic("missing-java", message, allowed=remedy))
