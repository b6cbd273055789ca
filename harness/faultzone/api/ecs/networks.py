"""The actions of VPCs and vSwitches that ECS has besides the product Vpc, which does the same with them.

Source: SDK of February 2019 and API reference of October 2026, of ECS 2014-05-26.
"""

from __future__ import annotations

from faultzone.api.answer import Answer, Text
from faultzone.api.request import Request, text


class CreateVpc(Request):
    """Make a VPC."""

    needs_region = True

    cidr_block: str | None = text("CidrBlock")
    vpc_name: str | None = text("VpcName")
    description: str | None = text("Description")
    user_cidr: str | None = text("UserCidr")
    client_token: str | None = text("ClientToken")

    answer = Answer(Text("VpcId", "VRouterId", "RouteTableId"))


class ModifyVpcAttribute(Request):
    """Change the name, the description or the block of a VPC."""

    vpc_id: str = text("VpcId", required=True)
    vpc_name: str | None = text("VpcName")
    description: str | None = text("Description")
    cidr_block: str | None = text("CidrBlock")
    user_cidr: str | None = text("UserCidr", inert=(2019, 2), why="those of a VPC stay")


class DeleteVpc(Request):
    """Delete a VPC."""

    vpc_id: str = text("VpcId", required=True)


class CreateVSwitch(Request):
    """Make a vSwitch."""

    vpc_id: str = text("VpcId", required=True)
    zone_id: str = text("ZoneId", required=True)
    cidr_block: str = text("CidrBlock", required=True)
    vswitch_name: str | None = text("VSwitchName")
    description: str | None = text("Description")
    client_token: str | None = text("ClientToken")

    answer = Answer(Text("VSwitchId"))


class ModifyVSwitchAttribute(Request):
    """Change the name or the description of a vSwitch."""

    vswitch_id: str = text("VSwitchId", required=True)
    vswitch_name: str | None = text("VSwitchName")
    description: str | None = text("Description")


class DeleteVSwitch(Request):
    """Delete a vSwitch."""

    vswitch_id: str = text("VSwitchId", required=True)
