"""The scaffold agrees with itself: links, lock, Makefile, README, what CI runs."""

import os
import re
import tomllib
from pathlib import Path

import pytest

LINKED = ["admin", "api", "config", "data", "engine", "plugins", "service", "store"]
BUILT = {"__pycache__", "build", "dist", "out", "htmlcov", "custrata.egg-info"}
SKIPPED = BUILT | {"node_modules", "vendor"}
TEXT = {".cfg", ".csv", ".json", ".lock", ".md", ".py", ".toml", ".txt", ".yaml", ".yml", ""}
REGISTRIES = ("pythonhosted" + ".org", "pypi.org/" + "simple", "registry." + "npmjs")
LOCKS = ("requirements.lock", "spark.lock")
HOMES = re.compile(r"(?<![\w.:/])/(?:home|root|Users|work)/\w")


def text_files(root: Path) -> list[Path]:
    found = []
    for where, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED and not hidden(name)]
        found += [Path(where, name) for name in files if Path(name).suffix in TEXT]
    return [path for path in found if not path.is_symlink()]


def hidden(name: str) -> bool:
    return name.startswith(".") and name != ".ci"


def make_targets(root: Path) -> set[str]:
    return set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def pyproject(root):
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def test_every_link_leads_to_the_folder_of_its_name_at_the_root(root, links):
    assert [link.name for link in links] == LINKED
    assert [link.name for link in links if link.resolve() != root / link.name] == []
    assert [link.name for link in links if link.readlink().is_absolute()] == []


def test_every_linked_package_is_banned_as_a_top_level_import(links, pyproject):
    packages = {link.name for link in links if (link / "__init__.py").exists()}
    banned = pyproject["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    assert packages
    assert packages <= set(banned)
    assert packages <= set(pyproject["tool"]["coverage"]["run"]["source"])


def test_every_built_in_plugin_has_an_entry_point(root, pyproject):
    folders = {path.parent.name for path in (root / "plugins").glob("*/__init__.py")}
    assert folders == set(pyproject["project"]["entry-points"]["custrata.plugins"])


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_and_hashes_everything_and_holds_no_address(root, name):
    lock = (root / name).read_text("utf-8")
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert not re.search(r"https?:|file:|index-url|find-links|\s@\s", lock)
    assert [entry for entry in entries if not re.match(r"[a-z0-9-]+==\S+", entry)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_locks_agree(root):
    first, second = (locked(root, name) for name in LOCKS)
    assert {name for name in second if first.get(name) != second[name]} == {"py4j", "pyspark"}


def test_the_locks_hold_every_library_that_the_project_names(root, pyproject):
    named = [*pyproject["build-system"]["requires"], *pyproject["project"]["dependencies"]]
    for group in (pyproject["project"]["optional-dependencies"], pyproject["dependency-groups"]):
        named += [line for lines in group.values() for line in lines]
    names = {re.match(r"[\w-]+", line)[0].lower() for line in named} - {"custrata"}
    assert names <= {name for lock in LOCKS for name in locked(root, lock)}


def test_all_brings_every_extra_but_spark(pyproject):
    extras = pyproject["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    assert set(re.findall(r"[a-z]+", everything.partition("[")[2])) == {*extras} - {"all", "spark"}


def locked(root, name):
    """The versions of a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (root / name).read_text("utf-8"), re.MULTILINE))


def test_no_file_names_a_registry_or_a_path_of_somebodys_machine(root):
    faults = []
    for path in text_files(root):
        text = path.read_text("utf-8", errors="replace")
        if HOMES.search(text) or any(name in text for name in REGISTRIES):
            faults.append(path.relative_to(root).as_posix())
    assert faults == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_of_a_document_exists(root, document):
    text = (root / document).read_text("utf-8")
    named = set(
        re.findall(r"^(?:    |\$ )?make ([a-z]+)\s*(?:#.*)?$|`make ([a-z]+)", text, re.MULTILINE)
    )
    commands = {name for pair in named for name in pair if name}
    assert commands
    assert commands <= make_targets(root)


def test_ci_runs_the_tests_of_the_readme_and_the_checks(root):
    script = root / ".ci/run"
    ran = set(re.findall(r"^make ([a-z]+)", script.read_text("utf-8"), re.MULTILINE))
    assert os.access(script, os.X_OK)
    assert {"lint", "test"} <= ran <= make_targets(root)
    assert "make test" in (root / "README.md").read_text("utf-8")


def test_ci_leaves_no_database_out(root):
    script = (root / ".ci/run").read_text("utf-8")
    assert "bash .ci/servers" in script
    assert script.index("export CUSTRATA_TEST_ALL=1") < script.index("\nmake test")
