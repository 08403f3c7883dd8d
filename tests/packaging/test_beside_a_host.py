"""custrata lives beside a project that has packages of the same names as our folders."""

import csv
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest

HOST = ("admin", "api", "config", "engine", "plugins", "service", "store")


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A project of packages that say whose they are."""
    for name in HOST:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWNER = 'host {name}'\n", "utf-8")
    return tmp_path


def install(wheel: Path, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--no-compile"]
    done = subprocess.run([*command, "--target", target, wheel], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.py")}


def test_installing_leaves_the_host_as_it_was(host, wheel):
    before = contents(host)
    install(wheel, host)
    assert {name: contents(host)[name] for name in before} == before


def test_host_and_custrata_import_side_by_side(host, wheel):
    install(wheel, host)
    program = f"""
import importlib, custrata, custrata.engine.hookspecs
for name in {HOST}:
    assert importlib.import_module(name).OWNER == f"host {{name}}"
print(custrata.__file__, custrata.engine.hookspecs.__file__, sep="\\n")
"""
    search = {**os.environ, "PYTHONPATH": str(host)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=host, env=search, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(Path(line).is_relative_to(host) for line in done.stdout.splitlines())


def test_uninstalling_would_touch_nothing_of_the_host(wheel):
    """pip deletes what RECORD lists, so it must list nothing outside our own names."""
    with ZipFile(wheel) as archive:
        (record,) = (name for name in archive.namelist() if name.endswith("/RECORD"))
        listed = [row[0] for row in csv.reader(StringIO(archive.read(record).decode()))]
    tops = {name.split("/")[0] for name in listed}
    assert tops == {"custrata", record.split("/")[0]}
