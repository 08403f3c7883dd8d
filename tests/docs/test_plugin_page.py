"""The distribution that the page on plugins shows builds, and holds what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

PAGE = (Path(__file__).parents[2] / "docs/plugins.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_wheel_has_the_tables_and_the_entry_point(tmp_path: Path) -> None:
    package = tmp_path / "custrata_weekend"
    for folder in ("strings", "cases"):
        (package / folder).mkdir(parents=True)
        (package / folder / "en.yaml").write_text("{}", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(block("toml"), encoding="utf-8")
    (package / "__init__.py").write_text(block("python"), encoding="utf-8")
    (package / "defaults.yaml").write_text(block("yaml"), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--skip-dependency-check",
    ]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with ZipFile(wheel) as file:
        names = file.namelist()
        (points,) = [name for name in names if name.endswith("entry_points.txt")]
        assert "weekend = custrata_weekend" in file.read(points).decode()
    for name in ("__init__.py", "defaults.yaml", "strings/en.yaml", "cases/en.yaml"):
        assert f"custrata_weekend/{name}" in names
