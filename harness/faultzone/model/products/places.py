"""Where products answer, and the resource groups of an account: Location and ResourceManager."""

from __future__ import annotations

from faultzone.api.errors import ApiError
from faultzone.api.location import DescribeEndpoints
from faultzone.api.products import VERSIONS, host_of
from faultzone.api.resource_manager import ListResourceGroups
from faultzone.clock import stamp
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.listing import listing
from faultzone.model.core.resource_groups import groups_of
from faultzone.model.core.state import AccountState, RegionState


@handles(DescribeEndpoints)
def describe_endpoints(region: RegionState, account: AccountState, request: DescribeEndpoints) -> Answer:
    """DescribeEndpoints: the public one of a product that is simulated; inside a network there is none
    (product/endpoints)."""
    if request.id not in region.cloud_region_ids:
        raise ApiError("InvalidRegionId")
    product = request.service_code.lower()
    if product not in VERSIONS:
        raise ApiError("Illegal Parameter")
    endpoint = {
        "Endpoint": host_of(product, request.id),
        "Id": request.id,
        "SerivceCode": request.service_code,
        "Type": "openAPI",
        "Namespace": "",
        "Protocols": {"Protocols": ["HTTP", "HTTPS"]},
    }
    return {"Success": True, "Endpoints": {"Endpoint": [endpoint] if request.type == "openAPI" else []}}


@handles(ListResourceGroups)
def list_resource_groups(region: RegionState, account: AccountState, request: ListResourceGroups) -> Answer:
    """ListResourceGroups: the default one first (product/resource-groups)."""
    chosen = request.resource_group_ids or ((request.resource_group_id,) if request.resource_group_id else ())
    found = [
        each
        for each in _groups(region, account)
        if (not chosen or each["Id"] in chosen)
        and request.status in (None, each["Status"])
        and (request.name or "") in each["Name"]
        and (request.display_name or "") in each["DisplayName"]
    ]
    return listing("ResourceGroups", "ResourceGroup", found, request)


def _groups(region: RegionState, account: AccountState) -> list[dict[str, str]]:
    """The resource groups of an account."""
    return [
        {
            "Id": each.id,
            "Name": each.name,
            "DisplayName": each.display_name,
            "Status": "OK",
            "AccountId": account.id,
            "CreateDate": stamp(each.created),
        }
        for each in groups_of(region, account.id).all.values()
    ]
