"""The actions of SSH key pairs.

Source: API reference of February 2019, chapter "SSH key pairs"; of October 2026, the same actions.
"""

from __future__ import annotations

from typing import Any, Final

from faultzone.api.answer import CURRENT, PAGES, Answer, Text, Time, items, tag_items
from faultzone.api.ecs.resources import Paged
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, flag, integer, json_texts, structures, text

#: From this documentation on, key pairs are in resource groups, and what becomes of each instance is told.
_LATER: Final = (2020, 12)
_NAMES_MOST: Final = 100
_INSTANCES_MOST: Final = 50


class _Made(Request):
    """What both ways to get a key pair take."""

    needs_region = True

    key_pair_name: str = text("KeyPairName", required=True)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    resource_group_id: str | None = text("ResourceGroupId", since=_LATER)


class CreateKeyPair(_Made):
    """Make a key pair. Its private key is in the answer, and nowhere else."""

    tells_secrets = True

    answer = Answer(Text("KeyPairName", "KeyPairFingerPrint", "PrivateKeyBody"), Text("KeyPairId", since=CURRENT))


class ImportKeyPair(_Made):
    """Take in the public key of a key pair that was made elsewhere."""

    public_key_body: str = text("PublicKeyBody", required=True)

    answer = Answer(Text("KeyPairName", "KeyPairFingerPrint"))


class DeleteKeyPairs(Request):
    """Delete key pairs. The instances that have one keep it."""

    needs_region = True

    key_pair_names: tuple[str, ...] | None = json_texts("KeyPairNames", most=_NAMES_MOST, required=True)


class DescribeKeyPairs(Paged):
    """List key pairs."""

    key_pair_name: str | None = text("KeyPairName")
    finger_print: str | None = text("KeyPairFingerPrint")
    page_size: int = integer("PageSize", 10, least=1, most=50)
    resource_group_id: str | None = text("ResourceGroupId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    include_public_key: bool = flag("IncludePublicKey", since=CURRENT)

    answer = Answer(
        *PAGES,
        items(
            "KeyPairs",
            "KeyPair",
            Text("KeyPairName", "KeyPairFingerPrint", "ResourceGroupId"),
            tag_items(),
            Time("CreationTime", since=CURRENT),
            Text("PublicKey", since=CURRENT, when="it is asked for"),
        ),
    )


class _OfInstances(Request):
    """What the actions that change the key pair of instances take, and tell of each."""

    needs_region = True

    key_pair_name: str = text("KeyPairName", required=True)

    answer = Answer(
        Text("KeyPairName", "TotalCount", "FailCount", since=_LATER),
        items("Results", "Result", Text("InstanceId", "Success", "Code", "Message"), since=_LATER),
    )


class AttachKeyPair(_OfInstances):
    """Give instances a key pair, in the place of the one that they have."""

    instance_ids: tuple[str, ...] | None = json_texts("InstanceIds", most=_INSTANCES_MOST, required=True)


class DetachKeyPair(_OfInstances):
    """Take a key pair from instances; from all that have it, where none is named."""

    instance_ids: tuple[str, ...] | None = json_texts("InstanceIds", most=_INSTANCES_MOST)
