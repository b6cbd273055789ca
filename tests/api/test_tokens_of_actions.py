"""Calls that are repeated with their token, of every action that remembers one: a table, and one test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from faultzone import ApiError
from faultzone.cli.actions import implemented
from tests.support.things import Things, shown

LAUNCH: Final = {"ImageId": "<image>", "InstanceType": "<type>"}
RULE: Final = {"SecurityGroupId": "<group>", "IpProtocol": "tcp", "PortRange": "22/22"}
SCRIPT: Final = {"Type": "RunShellScript", "CommandContent": "ZWNobyAx", "ContentEncoding": "Base64", "Name": "one"}
SUBSCRIBED: Final = {"InstanceId": "<prepaid>"}
#: Action -> the call, and what another call says in the place of some of it, or besides.
CALLS: Final[Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]] = {
    "AllocateEipAddress": ({"Bandwidth": 5}, {"Bandwidth": 6}),
    "AssignIpv6Addresses": ({"NetworkInterfaceId": "<interface>", "Ipv6AddressCount": 1}, {"Ipv6AddressCount": 2}),
    "AssignPrivateIpAddresses": (
        {"NetworkInterfaceId": "<interface>", "SecondaryPrivateIpAddressCount": 1},
        {"SecondaryPrivateIpAddressCount": 2},
    ),
    "AuthorizeSecurityGroup": ({**RULE, "SourceCidrIp": "10.0.0.0/8"}, {"SourceCidrIp": "10.0.0.0/16"}),
    "AuthorizeSecurityGroupEgress": ({**RULE, "DestCidrIp": "10.0.0.0/8"}, {"DestCidrIp": "10.0.0.0/16"}),
    "CopyImage": ({"ImageId": "<own image>", "Encrypted": True}, {"DestinationImageName": "other"}),
    "CreateActivation": ({"InstanceName": "web"}, {"InstanceName": "db"}),
    "CreateCommand": (SCRIPT, {"Name": "two"}),
    "CreateDeploymentSet": ({"DeploymentSetName": "one"}, {"DeploymentSetName": "two"}),
    "CreateDisk": ({"ZoneId": "<zone>", "Size": 20}, {"Size": 21}),
    "CreateImage": ({"InstanceId": "<instance>"}, {"ImageName": "other"}),
    "CreateInstance": (LAUNCH, {"InstanceName": "web"}),
    "CreateNetworkInterface": ({"VSwitchId": "<switch>", "SecurityGroupId": "<group>"}, {"Description": "other"}),
    "CreateSnapshot": ({"DiskId": "<system>"}, {"SnapshotName": "other"}),
    "CreateSecurityGroup": ({"SecurityGroupName": "one"}, {"SecurityGroupName": "two"}),
    "DeleteInstances": ({"InstanceId": ["<stopped>"]}, {"Force": True}),
    "DeregisterManagedInstance": ({"InstanceId": "<machine>"}, {"InstanceId": "<another machine>"}),
    "InvokeCommand": ({"CommandId": "<command>", "InstanceId": ["<instance>"]}, {"Timeout": 20}),
    "ModifyInstanceChargeType": (
        {"InstanceIds": ["<instance>"], "InstanceChargeType": "PrePaid", "Period": 1},
        {"Period": 2},
    ),
    "ModifyInstanceAttribute": ({"InstanceId": "<instance>", "InstanceName": "one"}, {"InstanceName": "two"}),
    "ModifyInstanceDeployment": (
        {"InstanceId": "<instance>", "DeploymentSetId": "<set>"},
        {"DeploymentSetId": "<groups>"},
    ),
    "ModifyInstanceNetworkSpec": (
        {"InstanceId": "<instance>", "InternetMaxBandwidthOut": 5},
        {"InternetMaxBandwidthOut": 6},
    ),
    "ModifyInstanceSpec": (
        {"InstanceId": "<stopped>", "InstanceType": "ecs.g5.xlarge"},
        {"InstanceType": "ecs.g5.2xlarge"},
    ),
    "ModifyInvocationAttribute": ({"InvokeId": "<schedule>", "Frequency": "rate(10m)"}, {"Frequency": "rate(20m)"}),
    "ModifyPrepayInstanceSpec": ({**SUBSCRIBED, "InstanceType": "ecs.g5.xlarge"}, {"InstanceType": "ecs.g5.2xlarge"}),
    "ModifySecurityGroupEgressRule": (
        {"SecurityGroupId": "<group>", "SecurityGroupRuleId": "<egress rule>", "Description": "one"},
        {"Description": "two"},
    ),
    "ModifySecurityGroupPolicy": (
        {"SecurityGroupId": "<group>", "InnerAccessPolicy": "Drop"},
        {"InnerAccessPolicy": "Accept"},
    ),
    "ModifySecurityGroupRule": (
        {"SecurityGroupId": "<group>", "SecurityGroupRuleId": "<rule>", "Description": "one"},
        {"Description": "two"},
    ),
    "RenewInstance": ({**SUBSCRIBED, "Period": 1, "PeriodUnit": "Month"}, {"Period": 2}),
    "ResizeDisk": ({"DiskId": "<disk>", "NewSize": 30}, {"NewSize": 40}),
    "RevokeSecurityGroup": (
        {"SecurityGroupId": "<group>", "SecurityGroupRuleId": ["<rule>"]},
        {"Description": "other"},
    ),
    "RevokeSecurityGroupEgress": (
        {"SecurityGroupId": "<group>", "SecurityGroupRuleId": ["<egress rule>"]},
        {"Description": "other"},
    ),
    "RunCommand": ({**SCRIPT, "InstanceId": ["<instance>"]}, {"Name": "two"}),
    "RunInstances": (LAUNCH, {"Amount": 2}),
    "SendFile": ({"InstanceId": ["<instance>"], "Name": "a", "TargetDir": "/tmp", "Content": "a"}, {"Content": "b"}),
}
MISMATCHES: Final = ("IdempotentParameterMismatch", "IdempotenceParamNotMatch")


def test_every_action_that_remembers_a_token_has_a_call() -> None:
    found = {
        name
        for name, each in implemented().items()
        if name == each.__name__ and (token := each.parameters.get("ClientToken")) and token.inert is None
    }
    assert found - CALLS.keys() == {"CreateVpc", "CreateVSwitch"}, "those of Vpc alone; see test_networks.py"
    assert CALLS.keys() <= found


@pytest.mark.parametrize("action", CALLS)
def test_a_repeated_call_has_the_answer_of_the_first_and_does_nothing(action: str) -> None:
    things = Things()
    region = things.region
    given, other = CALLS[action]
    asked = things.filled({**given, "ClientToken": "once"})
    another = things.filled({**given, **other, "ClientToken": "once"})
    first = region.call(action, **asked)
    region.clock.advance("1m")
    before = shown(region)
    told = region.call(action, **asked)
    assert {**told, "RequestId": ""} == {**first, "RequestId": ""}
    with pytest.raises(ApiError) as refusal:
        region.call(action, **another)
    assert refusal.value.code in MISMATCHES
    assert shown(region) == before
    for token in ("\u00e9", "t" * 65):
        with pytest.raises(ApiError, match=r"InvalidClientToken\.ValueNotSupported"):
            region.call(action, **{**asked, "ClientToken": token})
