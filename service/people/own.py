"""What people change about themselves."""

from __future__ import annotations

from custrata.service.audit import note
from custrata.service.desk import Desk
from custrata.service.people.sign_in import sign_in
from custrata.service.people.users import Person, of_login, person, set_password
from custrata.service.values import word


def choose_password(desk: Desk, old: str, new: str) -> Person:
    """Change one's own password; one's other sessions end.

    Raises:
        DataError: the new one is too easy. StoreError: the old one is wrong, or one has to wait.
    """
    sign_in(desk, desk.by, old)
    set_password(desk, desk.by, new)
    with desk.database.write() as session:
        return person(of_login(session, desk.by))


def choose_language(desk: Desk, language: str) -> None:
    """Keep the language that one reads.

    Raises:
        StoreError: there is no such user.
    """
    with desk.database.write() as session:
        row = of_login(session, desk.by)
        if row.language != language:
            row.language = word("language", language)
            note(session, desk, "user.language", "user", row.login, language=language)
