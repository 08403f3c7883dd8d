"""Files that ship, put where somebody plays with them."""

from __future__ import annotations

import filecmp
import shutil
from importlib.resources import as_file, files
from pathlib import Path


def bring(name: str, place: Path) -> None:
    """Copy a file of the package, `config/rules.yaml`, to a place.

    What was changed there by hand is put aside, as `rules.old.yaml`, rather than written over.
    """
    with as_file(files("custrata").joinpath(*name.split("/"))) as path:
        if place.exists() and not filecmp.cmp(place, path, shallow=False):
            place.replace(place.with_name(f"{place.stem}.old{place.suffix}"))
        shutil.copyfile(path, place)


def bring_rules(rules: Path, draft: Path) -> None:
    """Copy the rules, and once more as a draft where there is none yet."""
    bring("config/rules.yaml", rules)
    if not draft.exists():
        shutil.copyfile(rules, draft)
