"""Names, hosts, owners and tags that are drawn by Faker, in several languages. This needs the extra `faker`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.errors import NotSupported, UsageError
from faultzone.world import World

if TYPE_CHECKING:
    from faultzone.region.handles import Instance
    from faultzone.region.region import Region

#: The languages that are drawn from: of Latin, Chinese, Japanese, Korean, Cyrillic, Arabic, Devanagari, Thai and Greek
#: script.
LOCALES: Final = ("zh_CN", "en_US", "de_DE", "ja_JP", "ko_KR", "ru_RU", "ar_SA", "hi_IN", "th_TH", "el_GR")

#: What of a name may stand in the name of an instance, which has to begin with a letter.
_KEPT: Final = re.compile(r"(?a)[^\w\u4e00-\u9fff-]+")
_LETTER: Final = re.compile(r"[A-Za-z\u4e00-\u9fff]")
_PROVIDERS: Final = [f"faker.providers.{each}" for each in ("person", "address", "company")]
#: Characters of a part of a name, and of a value of a tag.
_PART_MOST: Final = 40
_VALUE_MOST: Final = 128


class Profile(NamedTuple):
    """What an instance is called, and whose it is.

    Attributes:
        name: its InstanceName, of Latin and Chinese letters, as the region demands.
        host_name: its HostName, which is ASCII.
        owner: a person, in the script of the language.
        team: a company, likewise.
        city: a city, likewise.
    """

    name: str
    host_name: str
    owner: str
    team: str
    city: str

    @property
    def launch(self) -> dict[str, Any]:
        """The parameters of RunInstances that say so."""
        said = {"owner": self.owner, "team": self.team, self.city: self.owner}
        return {
            "InstanceName": self.name,
            "HostName": self.host_name,
            "Description": f"{self.owner}, {self.city}",
            "Tag": [{"Key": key, "Value": value} for key, value in said.items()],
        }


def profiles(seed: int | str = 0, locales: Sequence[str] = LOCALES) -> Iterator[Profile]:
    """Profiles without end; with one version of Faker, equal seeds give equal ones.

    Args:
        seed: of all chance.
        locales: the languages, such as `zh_CN`.

    Raises:
        NotSupported: the extra is not installed.
        UsageError: there is no language, or one that Faker lacks.
    """
    return _drawn(World(seed), *_generators(locales))


def _generators(locales: Sequence[str]) -> tuple[list[Any], Any]:
    """What draws in each language, and what draws host names."""
    try:
        from faker import Factory
        from faker.config import AVAILABLE_LOCALES
    except ImportError:
        raise NotSupported("drawn names need an extra: pip install 'pytest-faultzone[faker]'") from None
    if isinstance(locales, str) or not locales:
        raise UsageError.expected("locales", locales, "a list of languages, such as ['zh_CN', 'en_US']")
    for each in locales:
        if each not in AVAILABLE_LOCALES:
            raise UsageError.unknown("language", each, sorted(AVAILABLE_LOCALES))
    return [Factory.create(each, providers=_PROVIDERS) for each in locales], Factory.create(
        "en_US", providers=_PROVIDERS
    )


def _drawn(world: World, generators: list[Any], latin: Any) -> Iterator[Profile]:
    chance, number = world.stream("languages"), 0
    for place, each in enumerate((*generators, latin)):
        each.seed_instance(f"{world.seed}/{place}")
    while True:
        number += 1
        of = chance.choice(generators)
        owner, team, city = (_value(each) for each in (of.name(), of.company(), of.city()))
        host = f"{_part(latin.last_name()) or 'host'}-{number}".lower().replace("_", "-")
        own = _part(owner)
        name = f"{own}-{number}" if _LETTER.match(own) else host
        yield Profile(name, host, owner, team, city)


def _part(text: str) -> str:
    """What of a text may be a part of a name."""
    return _KEPT.sub("-", text).strip("-_")[:_PART_MOST]


def _value(text: str) -> str:
    """A text as the value, or the key, of a tag."""
    return text[:_VALUE_MOST]


def seed_of(region: Region) -> int | str:
    """The seed of a region; 0 where nobody knows it, as behind an endpoint."""
    found: int | str = next((each.data["seed"] for each in region.journal.of("region")), 0)
    return found


def draw(
    region: Region,
    count: int,
    *,
    seed: int | str | None = None,
    locales: Sequence[str] = LOCALES,
    **parameters: Any,
) -> list[Instance]:
    """Run instances with drawn profiles, and wait until they are Running.

    Args:
        region: where; it needs room for them.
        count: how many.
        seed: of all chance; that of the region when left out.
        locales: the languages.
        parameters: other parameters of RunInstances, by their names in the API.

    Raises:
        ApiError: a launch is refused.
        NotSupported: the extra is not installed.
        UsageError: there is no such language, or the count is no whole number.
    """
    if type(count) is not int or count < 0:
        raise UsageError.expected_whole("count", count, 0, unit="instances")
    drawn = profiles(seed_of(region) if seed is None else seed, locales)
    made = [
        instance
        for profile in (next(drawn) for _ in range(count))
        for instance in region.run_instances(1, wait=False, public_ip=False, **{**profile.launch, **parameters})
    ]
    region.wait_until_all(made, "Running")
    return made
