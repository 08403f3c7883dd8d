"""The sentence for each kind of fault, by the code of its diagnostic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from custrata.admin.language import lazy

_DATABASE: Mapping[str, Any] = {
    "database-away": lazy("The database does not answer."),
    "database-busy": lazy("The database is busy with other work. Try again in a moment."),
    "database-damaged": lazy("The database file is damaged."),
    "database-denied": lazy("The database does not let custrata in."),
    "database-disk": lazy("The disk of the database is full."),
    "database-newer": lazy("The store was made by a newer custrata."),
    "database-old": lazy("The store must be brought up to date first: custrata db upgrade."),
    "disk-full": lazy("The disk is full."),
}

_PEOPLE: Mapping[str, Any] = {
    "sign-in": lazy(
        "Login or password is wrong. After five wrong passwords there is a wait before each further"
        " one."
    ),
    "last-admin": lazy("One person must be left who may administer."),
    "login-form": lazy("This cannot be a login."),
    "login-taken": lazy("This login is taken."),
    "password-weak": lazy("This password is too easy."),
    "no-role": lazy("There is no such role."),
    "no-user": lazy("There is no such user."),
    "no-token": lazy("There is no such token."),
    "no-scope": lazy("A token cannot be limited to that."),
}

_PUBLISHING: Mapping[str, Any] = {
    "draft-changed": lazy("Somebody saved this draft since you opened it."),
    "draft-closed": lazy("This draft is closed."),
    "draft-title": lazy("A draft needs a title."),
    "four-eyes": lazy("Four eyes are required: somebody else has to approve."),
    "needs-merging": lazy("Your draft and the published rules change the same part."),
    "no-draft": lazy("There is no such draft."),
    "no-version": lazy("There is no such version of the rules."),
    "not-approved": lazy("This draft is not approved as it stands."),
    "not-in-review": lazy("This draft is not in review."),
    "not-scheduled": lazy("No time to publish is set."),
    "own-draft": lazy("Nobody approves or publishes her own draft."),
    "publish-time": lazy("The time to publish must lie ahead."),
    "rules-moved": lazy("Other rules were published since."),
    "rules-text": lazy("This is no text of rules."),
    "same-rules": lazy("These are the rules in force already."),
}

_RUNS: Mapping[str, Any] = {
    "import-under-way": lazy("Another import is under way."),
    "no-job": lazy("There is no such job."),
    "no-run": lazy("Nobody was classified yet: start a run first."),
    "run-cancelled": lazy("The run was cancelled."),
    "run-in-the-future": lazy("A run cannot look so far ahead."),
    "run-in-the-past": lazy("A later day was classified already."),
    "run-lost": lazy("The process of this run went away. Start it again."),
    "run-under-way": lazy("Another run is under way."),
    "changed-meanwhile": lazy("Somebody changed this meanwhile. Look at it again."),
}

_REGISTERS: Mapping[str, Any] = {
    "code-form": lazy("This cannot be a code."),
    "code-missing": lazy("A code is missing."),
    "closed-days": lazy("These closed days cannot be."),
    "no-date": lazy("This is no date."),
    "setting-alert-share": lazy("The share for alerts must be a number from 0.1 to 1,000 percent."),
    "setting-largest-share": lazy(
        "The share of one customer for an alarm must be a number from 0.1 to 100 percent."
    ),
    "setting-nightly-at": lazy("The nightly run needs a time of day, such as 02:00."),
    "cost-negative": lazy("A cost cannot be less than nothing."),
    "duplicate-key": lazy("This code is taken."),
    "group-circle": lazy("A group cannot stand below itself."),
    "group-dynamic": lazy("This group is filled by a rule, not by hand."),
    "group-rule": lazy("The group's rule is at fault."),
    "label-not-listed": lazy("There is no such label."),
    "names-count": lazy("A name is missing."),
    "colour": lazy("This is no colour."),
    "language": lazy("No names are kept in this language."),
    "money-decimals": lazy("This amount has too many decimals."),
    "no-moment": lazy("This is no date with a time."),
    "no-month": lazy("This is no month."),
    "no-source": lazy("There is no such source."),
    "no-stage": lazy("There is no such stage."),
    "source-code-taken": lazy("Another source has this code."),
    "source-used": lazy("This source is needed: it cannot go."),
    "stage-code-taken": lazy("Another stage has this code."),
    "stage-used": lazy("This stage is needed: it cannot go or change like that."),
    "stage-automatic": lazy("This stage is set by rules, never by hand."),
    "stage-order": lazy("The order of the stages does not fit: all of them, each once."),
    "treatment-empty": lazy("A treatment needs a text."),
    "treatment-number": lazy("This number cannot be."),
    "unknown-name": lazy("There is none of that name."),
}

_CUSTOMERS: Mapping[str, Any] = {
    "filter-empty": lazy("A filter that asks for nothing cannot be saved."),
    "filter-name-taken": lazy("You have a filter of that name."),
    "filter-too-long": lazy("This filter asks for too much at once."),
    "filters-many": lazy("You have too many filters: delete some first."),
    "no-customer": lazy("There is no such customer."),
    "no-filter": lazy("There is no such filter."),
    "nobody-named": lazy("No customer was named."),
    "time-far": lazy("This time is too far away."),
    "time-in-future": lazy("This time lies ahead."),
    "time-past": lazy("This time has passed."),
    "time-unreadable": lazy("This is no date or time."),
    "time-without-zone": lazy("This time needs a time zone."),
    "text-missing": lazy("A text is missing."),
    "text-too-long": lazy("This text is too long."),
    "control-character": lazy("This text holds characters that cannot be kept."),
    "no-number": lazy("This is no number."),
    "amount-missing": lazy("An amount is missing."),
    "amount-too-large": lazy("This amount is too large."),
    "money-too-fine": lazy("This amount has too many decimals."),
    "money-too-large": lazy("Some amounts are too large to be added exactly."),
    "value-too-large": lazy("This value is too large."),
    "unknown-customer": lazy("There is no such customer."),
    "foreign-currency": lazy("This amount is in another currency."),
}

_FILES: Mapping[str, Any] = {
    "ambiguous-number": lazy("These numbers can be read in two ways."),
    "amount-thousandths": lazy("These amounts can be read in two ways."),
    "column-missing": lazy("A column is missing that every row needs."),
    "column-twice": lazy("Two columns have the same name."),
    "column-type": lazy("A column holds something else than it should."),
    "customer-missing": lazy("A row names no customer."),
    "customer-twice": lazy("One customer stands there twice."),
    "dates-unclear": lazy("Day and month of these dates can be read in two ways."),
    "file-damaged": lazy("This file is damaged."),
    "file-empty": lazy("This file is empty."),
    "file-encoding": lazy("The letters of this file cannot be read: save it as UTF-8."),
    "file-ending": lazy("Files of this kind cannot be read."),
    "file-missing": lazy("There is no such file."),
    "file-ragged": lazy("Some rows have more or fewer cells than the first one."),
    "file-unreadable": lazy("This file cannot be read."),
    "further-sheets": lazy("Only the first sheet is read."),
    "mixed-column": lazy("A column holds numbers and texts."),
    "no-header": lazy("The first row must name the columns."),
    "no-rows": lazy("This file holds no rows."),
    "no-upload": lazy("This upload is no longer there: upload the file again."),
    "field-missing": lazy("A column is missing that every row needs: choose it."),
    "field-twice": lazy("Several columns are to be the same: choose one of them."),
    "upload-folder": lazy("The file cannot be kept here: its folder cannot be written."),
    "not-utf8": lazy("The letters of this file cannot be read: save it as UTF-8."),
    "numbers-unclear": lazy("The numbers of this column can be read in two ways."),
    "record-unclear": lazy("What this file holds is not clear: choose it."),
    "record-unknown": lazy("There is no such kind of record."),
    "rows-refused": lazy("Some rows were refused."),
    "sheet-table": lazy("This sheet is not the table that was handed out."),
    "too-large": lazy("This file is too large."),
    "too-many-rows": lazy("This file has too many rows."),
}

_RULES: Mapping[str, Any] = {
    "cut-not-found": lazy("A cut point cannot be found among today's customers."),
    "cuts-descend": lazy("Cut points must rise."),
    "duplicate-band": lazy("Two bands have the same name."),
    "duplicate-label": lazy("Two labels have the same name."),
    "effect-circle": lazy("Groups that rules fill and read go round in a circle."),
    "label-not-number": lazy("The labels of this table must be numbers."),
    "missing-key": lazy("Something is missing that must be there."),
    "names-count": lazy("There must be one band more than there are cut points."),
    "number-out-of-range": lazy("This number is out of range."),
    "out-of-range": lazy("This number is out of range."),
    "plugin-failed": lazy("A plugin that the rules use cannot be loaded."),
    "reserved-band": lazy("This name has a meaning of its own."),
    "reserved-name": lazy("This name has a meaning of its own."),
    "row-never-hits": lazy("A row can never hit: the rows before it take all its customers."),
    "rows-meet": lazy("Two rows of different labels meet on the same customers."),
    "rows-overlap": lazy("Two rows of different labels meet on the same customers."),
    "otherwise-decides": lazy("No row hits some customers: they get the label for all others."),
    "table-too-large": lazy("This table is too large."),
    "too-deep": lazy("This text is nested too deep."),
    "unknown-band": lazy("There is no such band."),
    "unknown-classifier": lazy("There is no such classifier."),
    "unknown-comparison": lazy("This comparison is not known."),
    "unknown-effect": lazy("There is no such effect."),
    "unknown-key": lazy("This word is not known here."),
    "unknown-label": lazy("There is no such label."),
    "unknown-measure": lazy("There is no such measure."),
    "unknown-parameter": lazy("There is no such parameter."),
    "unknown-plugin": lazy("There is no such plugin."),
    "unused-bands": lazy("These bands are used by no row."),
    "webhook-address": lazy("This is no address to send to."),
    "window-unused": lazy("A window is set that nothing uses."),
    "wrong-cell": lazy("This cell cannot be read."),
    "wrong-choice": lazy("This is none of the choices."),
    "wrong-cut": lazy("This is no cut point."),
    "wrong-label": lazy("This cannot be a label."),
    "wrong-number": lazy("This is no number."),
    "wrong-range": lazy("This range is empty or turned round."),
    "wrong-type": lazy("Something else is expected here."),
    "wrong-value": lazy("This value cannot be."),
    "yaml-syntax": lazy("The text is not well formed here."),
}

SENTENCES: Mapping[str, Any] = {
    **_DATABASE,
    **_PEOPLE,
    **_PUBLISHING,
    **_RUNS,
    **_REGISTERS,
    **_CUSTOMERS,
    **_FILES,
    **_RULES,
}
"""What a fault of that code means for whoever reads it; its particulars follow in brackets."""
ALONE = frozenset({"sign-in"})
"""Of these the sentence says all."""
