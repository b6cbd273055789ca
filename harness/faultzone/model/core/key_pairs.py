"""The SSH key pairs of an account. An instance keeps the public key that it was given, whatever becomes of the pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faultzone.api.errors import ApiError

if TYPE_CHECKING:
    from faultzone.model.core.options import Options
    from faultzone.model.core.state import AccountState


class KeyPair:
    """An SSH key pair; its private key is not kept.

    Attributes:
        number: the id that the service gives it besides its name.
        public_key: as OpenSSH writes it, the kind and the key in Base64.
        resource_group_id: empty for the default group.
    """

    __slots__ = ("created", "finger_print", "name", "number", "public_key", "resource_group_id", "tags")

    def __init__(
        self, name: str, number: str, public_key: str, finger_print: str, created: int, tags: dict[str, str], group: str
    ) -> None:
        self.name, self.number, self.public_key, self.finger_print = name, number, public_key, finger_print
        self.created, self.tags, self.resource_group_id = created, tags, group

    @property
    def id(self) -> str:
        """What calls name it by."""
        return self.name


class KeyPairs:
    """The key pairs of an account by name, and how many were made for it."""

    def __init__(self) -> None:
        self.all: dict[str, KeyPair] = {}
        self.made = 0


def key_pair_of(account: AccountState, name: str) -> KeyPair:
    """The account's key pair of this name.

    Raises:
        ApiError: `InvalidKeyPairName.NotFound` (instance/named-resources, resource/unknown-key-pair).
    """
    found = account.part(KeyPairs).all.get(name)
    if found is None:
        raise ApiError("InvalidKeyPairName.NotFound")
    return found


def with_key_pair(account: AccountState, options: Options, name: str) -> Options:
    """The options of an instance that has a key pair (resource/key-pair-of-launch, resource/attach-key-pair)."""
    pair = key_pair_of(account, name)
    return options._replace(key_pair=pair.name, public_key=(pair.number, pair.public_key))


def without_key_pair(options: Options) -> Options:
    """The options of an instance that has none."""
    return options._replace(key_pair="", public_key=None)
