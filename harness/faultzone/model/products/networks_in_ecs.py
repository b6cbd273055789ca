"""VPCs and vSwitches by the actions that ECS has for them: those of the product Vpc do it (product/networks-in-ecs)."""

from __future__ import annotations

from faultzone.api import vpc
from faultzone.api.ecs.networks import (
    CreateVpc,
    CreateVSwitch,
    DeleteVpc,
    DeleteVSwitch,
    ModifyVpcAttribute,
    ModifyVSwitchAttribute,
)
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.products import networks


@handles(CreateVpc)
def create_vpc(region: RegionState, account: AccountState, request: CreateVpc) -> Answer:
    """CreateVpc (product/networks-in-ecs)."""
    made = networks.create_vpc(region, account, vpc.CreateVpc.build(**request.given))
    return {name: made[name] for name in ("VpcId", "VRouterId", "RouteTableId")}


@handles(ModifyVpcAttribute)
def modify_vpc(region: RegionState, account: AccountState, request: ModifyVpcAttribute) -> Answer:
    """ModifyVpcAttribute (product/networks-in-ecs)."""
    given = {name: value for name, value in request.given.items() if name != "user_cidr"}
    return networks.modify_vpc_attribute(region, account, vpc.ModifyVpcAttribute.build(**given))


@handles(DeleteVpc)
def delete_vpc(region: RegionState, account: AccountState, request: DeleteVpc) -> Answer:
    """DeleteVpc (product/networks-in-ecs-deleted)."""
    return networks.delete_vpc(region, account, vpc.DeleteVpc.build(**request.given))


@handles(CreateVSwitch)
def create_vswitch(region: RegionState, account: AccountState, request: CreateVSwitch) -> Answer:
    """CreateVSwitch (product/networks-in-ecs)."""
    return networks.create_vswitch(region, account, vpc.CreateVSwitch.build(**request.given))


@handles(ModifyVSwitchAttribute)
def modify_vswitch(region: RegionState, account: AccountState, request: ModifyVSwitchAttribute) -> Answer:
    """ModifyVSwitchAttribute (product/networks-in-ecs)."""
    return networks.modify_vswitch_attribute(region, account, vpc.ModifyVSwitchAttribute.build(**request.given))


@handles(DeleteVSwitch)
def delete_vswitch(region: RegionState, account: AccountState, request: DeleteVSwitch) -> Answer:
    """DeleteVSwitch (product/networks-in-ecs-deleted)."""
    return networks.delete_vswitch(region, account, vpc.DeleteVSwitch.build(**request.given))
