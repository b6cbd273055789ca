"""What tests say in names, tags and descriptions: text of many scripts, so that what is not ASCII passes everywhere."""

from __future__ import annotations

from faultzone import Region
from faultzone.region.drawn import Identity, identity, seed_of


class Words:
    """Text for what a test makes, drawn by the seed of its region: the same word is the same text.

    Args:
        region: whose seed.
    """

    def __init__(self, region: Region) -> None:
        self._seed = seed_of(region)

    def _of(self, word: str) -> Identity:
        return identity(self._seed, word)

    def name(self, word: str) -> str:
        """A name of Latin or Chinese letters, as the names of instances, sets and networks are, with the word at its
        end."""
        return self._of(word).name

    def text(self, word: str) -> str:
        """A line in any script, with the word at its end."""
        found = self._of(word)
        return f"{found.team}: {found.owner}"

    def value(self, word: str) -> str:
        """The value of a tag in any script."""
        return self._of(word).owner

    def key(self, word: str) -> str:
        """The key of a tag in any script."""
        return self._of(word).city

    def tags(self, **values: str) -> list[dict[str, str]]:
        """Tags whose keys and values are drawn for these words."""
        return [{"Key": self.key(key), "Value": self.value(value)} for key, value in values.items()]

    def shown(self, **values: str) -> list[dict[str, str]]:
        """The same tags, as answers show them."""
        return [{"TagKey": each["Key"], "TagValue": each["Value"]} for each in self.tags(**values)]
