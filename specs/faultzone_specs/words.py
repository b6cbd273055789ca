"""What tests say in names, tags and descriptions: text of many scripts, so that what is not ASCII passes everywhere."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from random import Random
from typing import Final

from faultzone import NotSupported, Region
from faultzone.region.drawn import Profile, profiles, seed_of

#: Who there is without Faker: one for each of its languages.
KNOWN: Final = (
    Profile("王秀英-1", "wang-1", "王秀英", "华泰通安网络有限公司", "重庆"),
    Profile("Zoe-2", "zoe-2", "Zoë O'Brien-Åström", "Crème & Söhne Ltd", "Curaçao"),
    Profile("J-rgen-3", "jurgen-3", "Jürgen Weißköpfer", "Müller & Söhne GmbH", "Köln"),
    Profile("佐藤-花子-4", "sato-4", "佐藤 花子", "有限会社鈴木通信", "横浜市"),
    Profile("kim-5", "kim-5", "김민준", "주식회사 한빛", "부산"),
    Profile("julia-6", "julia-6", "Юлия Ёлкина", "Завод «Щит»", "Йошкар-Ола"),
    Profile("ahmad-7", "ahmad-7", "أحمد الخطيب", "شركة النور", "الرياض"),
    Profile("anil-8", "anil-8", "अनिल शर्मा", "भारत लिमिटेड", "मुंबई"),
    Profile("somchai-9", "somchai-9", "สมชาย ใจดี", "บริษัท ไทยรุ่งเรือง", "กรุงเทพฯ"),
    Profile("giorgos-10", "giorgos-10", "Γιώργος Παπαδόπουλος", "Όμιλος Αιγαίο", "Θεσσαλονίκη"),
)
#: How many are drawn, once for a run; and how many characters of a text are said before the word.
_DRAWN: Final = 200
_MOST: Final = 40


@lru_cache(maxsize=1)
def people() -> tuple[Profile, ...]:
    """Who the words of a run are taken from: drawn by Faker where that is installed, else those that are known."""
    try:
        return tuple(islice(profiles("words"), _DRAWN))
    except NotSupported:
        return KNOWN


class Words:
    """Text for what a test makes. In one region, the same word is the same text; another word is another, since each
    text has its word at the end. None is ASCII.

    Args:
        region: whose seed decides who they are taken from.
    """

    def __init__(self, region: Region) -> None:
        self._seed = seed_of(region)

    def _of(self, word: str) -> Profile:
        return Random(f"{self._seed}/{word}").choice(people())

    def name(self, word: str) -> str:
        """A name of Latin or Chinese letters, as the names of instances, sets and networks are."""
        found = _beyond_ascii(self._of(word).name.rpartition("-")[0], "-")
        return f"{found}-{word}"

    def text(self, word: str) -> str:
        """A line in any script."""
        found = self._of(word)
        return f"{_beyond_ascii(found.team)}: {found.owner[:_MOST]} {word}"

    def value(self, word: str) -> str:
        """The value of a tag in any script."""
        return f"{_beyond_ascii(self._of(word).owner)} {word}"

    def key(self, word: str) -> str:
        """The key of a tag in any script."""
        return f"{_beyond_ascii(self._of(word).city)} {word}"

    def tags(self, **values: str) -> list[dict[str, str]]:
        """Tags whose keys and values are drawn for these words."""
        return [{"Key": self.key(key), "Value": self.value(value)} for key, value in values.items()]

    def shown(self, **values: str) -> list[dict[str, str]]:
        """The same tags, as answers show them."""
        return [{"TagKey": each["Key"], "TagValue": each["Value"]} for each in self.tags(**values)]


def _beyond_ascii(text: str, apart: str = " ") -> str:
    """The first part of a text, with a letter that is not ASCII at its end where there is none."""
    kept = text[:_MOST]
    return f"{kept}{apart}名" if kept.isascii() else kept
