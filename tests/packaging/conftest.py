"""The distribution, built once from a copy of the tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def links() -> list[Path]:
    """The links of src/custrata to folders at the root."""
    return sorted(path for path in (ROOT / "src/custrata").iterdir() if path.is_symlink())


@pytest.fixture(scope="session")
def dist(links: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an sdist, and of the wheel that was built from that sdist."""
    source = tmp_path_factory.mktemp("source")
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".*")
    for folder in ("src", *(link.name for link in links)):
        shutil.copytree(ROOT / folder, source / folder, symlinks=True, ignore=ignore)
    for file in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / file, source)
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    (only,) = dist.glob("*.whl")
    return only
