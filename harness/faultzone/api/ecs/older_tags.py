"""The actions of tags that older clients call. Source: API reference of February 2019, chapter "Tags"."""

from __future__ import annotations

from typing import Any

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Structure, Text, items
from faultzone.api.ecs.resources import Paged
from faultzone.api.ecs.shared import TAG
from faultzone.api.request import Request, integer, structures, text


class AddTags(Request):
    """Put tags on one resource."""

    needs_region = True

    resource_type: str = text("ResourceType", required=True)
    resource_id: str = text("ResourceId", required=True)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount", required=True)


class RemoveTags(Request):
    """Take tags off one resource; all, where none is named."""

    needs_region = True

    resource_type: str = text("ResourceType", required=True)
    resource_id: str = text("ResourceId", required=True)
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")


class DescribeTags(Paged):
    """List tags, and how many resources of each type have them."""

    page_size: int = integer("PageSize", 50, least=1, most=100)
    resource_type: str | None = text("ResourceType")
    resource_id: str | None = text("ResourceId")
    tags: tuple[dict[str, Any], ...] = structures("Tag", *TAG, most=20, too_many="InvalidTagCount")
    category: str | None = text(
        "Category", since=CURRENT, inert=CURRENT, why="the documentation does not say what it does"
    )

    answer = Answer(
        *PAGES,
        items(
            "Tags",
            "Tag",
            Text("TagKey", "TagValue"),
            Structure(
                "ResourceTypeCount",
                Number("Disk", "Eni", "Image", "Instance", "KeyPair", "LaunchTemplate", "Securitygroup", "Snapshot"),
                Number("Ddh", "Volume", empty="none of them has tags here"),
                Number("ReservedInstance", "SnapshotPolicy", since=CURRENT, empty="there are none here"),
            ),
        ),
    )
