"""Import: files of records into the store, by `preview` and `import_file`."""

from custrata.service.imports.guess import Guess, Match, Sure, guess
from custrata.service.imports.land import land
from custrata.service.imports.records import RECORDS
from custrata.service.imports.results import Counts, ImportSummary, Plan, Reading
from custrata.service.imports.rows import Forms
from custrata.service.imports.sheet import open_sheet
from custrata.service.imports.work import import_file, preview, read_file

__all__ = [
    "RECORDS",
    "Counts",
    "Forms",
    "Guess",
    "ImportSummary",
    "Match",
    "Plan",
    "Reading",
    "Sure",
    "guess",
    "import_file",
    "land",
    "open_sheet",
    "preview",
    "read_file",
]
