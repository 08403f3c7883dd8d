"""What ships is what the tree holds: the only guard against an empty package."""

import configparser
import os
import tarfile
from fnmatch import fnmatch
from pathlib import Path
from zipfile import ZipFile

from custrata.engine.plugins import BUILT_IN

PACKAGE = "custrata/"
LEFT_OUT = ("__pycache__", "*.py[co]", "*.egg-info", ".*", "*~")


def files_below(folder: Path) -> set[str]:
    """Files that should ship, relative to `folder`'s parent; links are followed."""
    found = set()
    for where, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if ships(name)]
        found |= {Path(where, name).relative_to(folder.parent).as_posix() for name in files}
    return {name for name in found if ships(Path(name).name)}


def ships(name: str) -> bool:
    return not any(fnmatch(name, pattern) for pattern in LEFT_OUT)


def test_the_wheel_holds_every_file_of_the_tree_and_no_other(root, wheel):
    shipped = {name for name in ZipFile(wheel).namelist() if name.startswith(PACKAGE)}
    assert shipped == files_below(root / "src/custrata")


def test_the_sdist_holds_every_file_of_the_tree(root, dist):
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {member.name.partition("/src/")[2] for member in archive if member.isfile()}
    assert files_below(root / "src/custrata") <= held


def test_no_linked_folder_ships_empty(links, wheel):
    with ZipFile(wheel) as archive:
        full = {info.filename.split("/")[1] for info in archive.infolist() if info.file_size}
    assert {link.name for link in links} <= full


def test_the_wheel_holds_what_the_files_say(root, wheel):
    with ZipFile(wheel) as archive:
        packed = archive.read("custrata/engine/hookspecs.py")
    assert packed == (root / "engine/hookspecs.py").read_bytes()


def test_the_wheel_names_its_licence_plugins_and_command(wheel):
    with ZipFile(wheel) as archive:
        (info,) = {name.split("/")[0] for name in archive.namelist()} - {"custrata"}
        metadata = archive.read(f"{info}/METADATA").decode()
        entries = configparser.ConfigParser()
        entries.read_string(archive.read(f"{info}/entry_points.txt").decode())
        licences = {name for name in archive.namelist() if "/licenses/" in name}
    assert "License-Expression: Apache-2.0" in metadata
    assert licences == {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"}
    assert entries["console_scripts"]["custrata"] == "custrata.cli:main"
    assert set(entries["custrata.plugins"]) == set(BUILT_IN)
