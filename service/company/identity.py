"""What customers are called, and how to reach them: plausible, and clearly nobody's."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date

from custrata.service.company.dice import Dice
from custrata.service.company.persona import Persona
from custrata.service.company.world import World

_NO_PHONE, _NO_MAIL, _TWICE = 0.04, 0.3, 0.012
_DIALLED = {"VN": "+84", "TW": "+886", "CN": "+86", "SG": "+65", "AU": "+61", "GB": "+44"}


@dataclass(frozen=True)
class Identity:
    """A customer's name and how to reach her."""

    name: str
    phone: str | None
    email: str | None
    address: str
    birth_date: date | None
    consent: bool | None


def identities(world: World, personas: list[Persona]) -> list[Identity]:
    """One for each; now and then somebody was entered twice."""
    found: list[Identity] = []
    for persona in personas:
        dice = world.dice("identity", persona.number)
        own = _identity(world, persona, dice)
        if found and dice.chance(_TWICE):
            other = dice.pick(found)
            own = Identity(other.name, other.phone, own.email, own.address, None, own.consent)
        found.append(own)
    return found


def _identity(world: World, persona: Persona, dice: Dice) -> Identity:
    name, streets = _name(world, persona, dice), world.firm.words["streets"][persona.language]
    return Identity(
        name=name,
        phone=None if dice.chance(_NO_PHONE) else _phone(persona, dice),
        email=None if dice.chance(_NO_MAIL) else f"{_plain(name)}.{persona.number}@example.com",
        address=f"{dice.between(1, 280)} {dice.pick(streets)}",
        birth_date=_birth_date(world, persona, dice),
        consent=None if dice.chance(0.15) else dice.chance(1),
    )


def _name(world: World, persona: Persona, dice: Dice) -> str:
    words, language = world.firm.words, persona.language
    names = words["persons"][language]
    person = names["pattern"].format(
        family=dice.pick(names["family"]), given=dice.pick(names["given"])
    )
    if persona.consumer:
        return str(person)
    kind = "organisation" if persona.kind == "organisation" else persona.channel.name
    brand = dice.pick(words["brands"][language])
    return str(dice.pick(words["firms"][language][kind])).format(brand=brand, person=person)


def _phone(persona: Persona, dice: Dice) -> str:
    """A number of no network: `000` follows the country. Written as people write it."""
    unique = persona.number * 7919 % 1_000_000
    high, low = divmod(unique, 1000)
    country = _DIALLED[persona.place.country]
    spellings = [f"{country} 000 {high:03d} {low:03d}", f"{country}000{unique:06d}"]
    if persona.place.country == "VN":
        spellings.append(f"0000 {high:03d} {low:03d}")
    return dice.pick(spellings)


def _birth_date(world: World, persona: Persona, dice: Dice) -> date | None:
    if not persona.consumer or dice.chance(0.35):
        return None
    return date.fromordinal(world.last - dice.between(19 * 365, 72 * 365))


def _plain(name: str) -> str:
    """The letters of a name that are ASCII without their marks."""
    bare = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    kept = "".join(
        sign if sign.isascii() and sign.isalnum() else "."
        for sign in bare
        if not unicodedata.combining(sign)
    )
    return ".".join(part for part in kept.split(".") if part) or "khach"
