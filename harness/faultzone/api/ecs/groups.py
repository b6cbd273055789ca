"""The action that moves a resource to another resource group. Source: API reference 2026-10, JoinResourceGroup."""

from __future__ import annotations

from faultzone.api.answer import CURRENT
from faultzone.api.request import Request, text


class JoinResourceGroup(Request):
    """Put a resource into a resource group, out of the one that it was in."""

    since = CURRENT
    needs_region = True

    resource_group_id: str = text("ResourceGroupId", required=True)
    resource_id: str = text("ResourceId", required=True)
    resource_type: str = text("ResourceType", required=True)
