"""The action of ResourceManager that clients of ECS ask: the resource groups of an account.

Source: API reference of ResourceManager 2020-03-31, ListResourceGroups.
"""

from __future__ import annotations

from faultzone.api.answer import PAGES, Answer, Text, Time, items
from faultzone.api.products import RESOURCE_MANAGER
from faultzone.api.request import Request, flag, integer, not_simulated, text, texts


class ListResourceGroups(Request):
    """List resource groups."""

    product = RESOURCE_MANAGER
    since = (2020, 12)
    writes = False

    status: str | None = text("Status", among=("Creating", "OK", "PendingDelete", "Deleting"))
    name: str | None = text("Name")
    display_name: str | None = text("DisplayName")
    resource_group_id: str | None = text("ResourceGroupId")
    resource_group_ids: tuple[str, ...] = texts("ResourceGroupIds", most=100)
    include_tags: bool = flag("IncludeTags", inert=since, why="resource groups have no tags here")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)
    tags: object = not_simulated("Tag", "resource groups have no tags here", since=since)

    answer = Answer(
        *PAGES,
        items(
            "ResourceGroups",
            "ResourceGroup",
            Text("Id", "Name", "DisplayName", "Status", "AccountId"),
            Time("CreateDate"),
        ),
    )
