"""Rules of security groups: added, shown, changed and deleted, and what is refused of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Region, assert_refused

clause = pytest.mark.clause

Answer = dict[str, Any]
Given = Mapping[str, object]
AUTHORIZE, AUTHORIZE_OUT = "AuthorizeSecurityGroup", "AuthorizeSecurityGroupEgress"
REVOKE, REVOKE_OUT = "RevokeSecurityGroup", "RevokeSecurityGroupEgress"
SSH: Given = {"IpProtocol": "tcp", "PortRange": "22/22"}
FROM: Given = {"SourceCidrIp": "10.0.0.0/8"}
TO: Given = {"DestCidrIp": "10.0.0.0/8"}
BAD_PORTS = ("OperationDenied", "InvalidIpProtocol.Malformed", "InvalidPortRange.Malformed")
NOT_THERE = ("InvalidSourceGroupId.NotFound", "InvalidSourceGroup.NotFound")
NOT_THERE_OUT = ("InvalidDestGroupId.NotFound", "InvalidDestGroup.NotFound")
SAME = ("InvalidParamter.Conflict", "InvalidSecurityGroup.IsSame")


def group_of(region: Region, **given: object) -> str:
    made: str = region.call("CreateSecurityGroup", **given)["SecurityGroupId"]
    return made


def ask(region: Region, action: str, group: str, *parts: Given) -> Answer:
    given = {name: value for part in parts for name, value in part.items()}
    return region.call(action, SecurityGroupId=group, **given)


def rules(region: Region, group: str, **given: object) -> list[Answer]:
    shown = region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group, **given)
    listed: list[Answer] = shown["Permissions"]["Permission"]
    return listed


def ports(region: Region, group: str, **given: object) -> set[str]:
    return {each["PortRange"] for each in rules(region, group, **given)}


@clause("resource/authorize")
@pytest.mark.parametrize(("action", "direction", "peer"), [(AUTHORIZE, "ingress", FROM), (AUTHORIZE_OUT, "egress", TO)])
def test_a_rule_is_added_and_shown(region: Region, action: str, direction: str, peer: Given) -> None:
    group, other = group_of(region), group_of(region)
    ask(region, action, group, SSH, peer)
    more = {"Policy": "drop", "Priority": "7", "Description": "no more", "PortRange": "1/65535"}
    ask(region, action, group, {"IpProtocol": "udp"}, peer, more)
    listed = sorted(rules(region, group), key=lambda each: str(each["PortRange"]), reverse=True)
    assert len(listed) == 2
    first, second = listed
    (name,) = peer
    for shown, told in (
        (first, ("tcp", "22/22", "accept", "1", "")),
        (second, ("udp", "1/65535", "drop", "7", "no more")),
    ):
        fields = (shown["IpProtocol"].lower(), shown["PortRange"], shown["Policy"].lower(), str(shown["Priority"]))
        assert (*fields, shown["Description"]) == told
        assert (shown["Direction"], shown["NicType"], shown[name]) == (direction, "intranet", "10.0.0.0/8")
        assert shown["CreateTime"]
    assert rules(region, other) == []


@clause("resource/authorize")
def test_each_protocol_is_taken(region: Region) -> None:
    group = group_of(region)
    for protocol in ("tcp", "udp"):
        ask(region, AUTHORIZE, group, {"IpProtocol": protocol, "PortRange": "1/1"}, FROM)
    for protocol in ("icmp", "gre", "all"):
        ask(region, AUTHORIZE, group, {"IpProtocol": protocol, "PortRange": "-1/-1"}, FROM)
    shown = {each["IpProtocol"].lower(): each["PortRange"] for each in rules(region, group)}
    assert shown == {"tcp": "1/1", "udp": "1/1", "icmp": "-1/-1", "gre": "-1/-1", "all": "-1/-1"}


@clause("resource/authorize")
def test_rules_of_a_group_that_there_is_not(region: Region) -> None:
    for action, peer in ((AUTHORIZE, FROM), (AUTHORIZE_OUT, TO), (REVOKE, FROM), (REVOKE_OUT, TO)):
        assert_refused("InvalidSecurityGroupId.NotFound", partial(ask, region, action, "sg-no-such", SSH, peer))


@clause("resource/rules-by-direction")
def test_rules_are_shown_by_direction(region: Region) -> None:
    group = group_of(region)
    ask(region, AUTHORIZE, group, SSH, FROM)
    ask(region, AUTHORIZE_OUT, group, {"IpProtocol": "tcp", "PortRange": "80/80"}, TO)
    assert ports(region, group, Direction="ingress") == {"22/22"}
    assert ports(region, group, Direction="egress") == {"80/80"}
    assert ports(region, group, Direction="all") == ports(region, group) == {"22/22", "80/80"}


@clause("resource/rules-by-token")
def test_rules_are_shown_in_pages(region: Region) -> None:
    group = group_of(region)
    for port in range(1, 24):
        ask(region, AUTHORIZE, group, {"IpProtocol": "tcp", "PortRange": f"{port}/{port}"}, FROM)
    pages, token = list[set[str]](), None
    while token != "":
        answer = region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group, MaxResults=10, NextToken=token)
        pages.append({each["PortRange"] for each in answer["Permissions"]["Permission"]})
        token = answer["NextToken"]
    assert [len(each) for each in pages] == [10, 10, 3]
    assert len(set().union(*pages)) == 23
    for most in (9, 1001):
        with pytest.raises(ApiError):
            region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group, MaxResults=most)


@clause("resource/group-rule-ports")
@pytest.mark.parametrize(
    ("protocol", "range_"),
    [
        *(("tcp", each) for each in ("22", "0/22", "22/65536", "200/1", "-1/-1", "a/b", "22-23")),
        *((each, "22/22") for each in ("icmp", "gre", "all", "http")),
        ("sctp", "-1/-1"),
    ],
)
def test_ports_are_those_of_the_protocol(region: Region, protocol: str, range_: str) -> None:
    group, given = group_of(region), {"IpProtocol": protocol, "PortRange": range_}
    for action, peer in ((AUTHORIZE, FROM), (AUTHORIZE_OUT, TO)):
        assert_refused(BAD_PORTS, partial(ask, region, action, group, given, peer))
    assert rules(region, group) == []


@clause("resource/group-rule-priority")
def test_priorities_are_within_bounds(region: Region) -> None:
    group = group_of(region)
    codes = ("InvalidPriority.ValueNotSupported", "InvalidPriority.Malformed")
    for wrong in ("0", "101", "-1", "first", "1.5"):
        assert_refused(codes, partial(ask, region, AUTHORIZE, group, SSH, FROM, {"Priority": wrong}))
    assert rules(region, group) == []
    for right in ("1", "100"):
        ask(region, AUTHORIZE, group, {"IpProtocol": "tcp", "PortRange": f"{right}/{right}", "Priority": right}, FROM)
    assert {str(each["Priority"]) for each in rules(region, group)} == {"1", "100"}


@clause("resource/group-rule-fields")
@pytest.mark.parametrize(
    ("name", "code"), [("Policy", "InvalidPolicy.Malformed"), ("NicType", "InvalidNicType.ValueNotSupported")]
)
def test_policies_and_kinds_of_cards_are_known(region: Region, name: str, code: str) -> None:
    group = group_of(region)
    for action, peer in ((AUTHORIZE, FROM), (AUTHORIZE_OUT, TO)):
        assert_refused(code, partial(ask, region, action, group, SSH, peer, {name: "other"}))
    assert rules(region, group) == []


@clause("resource/group-rule-description")
def test_descriptions_are_within_bounds(region: Region) -> None:
    group, code = group_of(region), "InvalidSecurityGroupDiscription.Malformed"
    assert_refused(code, partial(ask, region, AUTHORIZE, group, SSH, FROM, {"Description": "d" * 513}))
    assert rules(region, group) == []
    ask(region, AUTHORIZE, group, SSH, FROM, {"Description": "d" * 512})
    assert [each["Description"] for each in rules(region, group)] == ["d" * 512]


@clause("resource/group-rule-addresses")
@pytest.mark.parametrize("end", ["Source", "Dest"])
def test_addresses_are_such(region: Region, end: str) -> None:
    group, name = group_of(region), f"{end}CidrIp"
    other = TO if end == "Source" else FROM
    action = AUTHORIZE if end == "Source" else AUTHORIZE_OUT
    for wrong in ("10.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/", "everywhere", "::1"):
        given = {**SSH, **other, name: wrong}
        assert_refused(f"Invalid{name}.Malformed", partial(ask, region, action, group, given))
    assert rules(region, group) == []
    for number, right in enumerate(("10.0.0.7", "10.0.0.0/8", "0.0.0.0/0"), 1):
        ask(region, action, group, {"IpProtocol": "tcp", "PortRange": f"{number}/{number}", name: right})
    assert {each[name] for each in rules(region, group)} == {"10.0.0.7", "10.0.0.0/8", "0.0.0.0/0"}


@clause("resource/group-rule-addresses")
@pytest.mark.parametrize("end", ["Source", "Dest"])
def test_an_end_has_addresses_of_one_kind(region: Region, end: str) -> None:
    group = group_of(region)
    given = {**SSH, **FROM, **TO, f"Ipv6{end}CidrIp": "2001:db8::/32"}
    assert_refused(f"InvalidParam.{end}Ip", partial(ask, region, AUTHORIZE_OUT, group, given))
    assert rules(region, group) == []


@clause("resource/group-rule-peer")
@pytest.mark.parametrize(
    ("action", "side", "codes"), [(AUTHORIZE, "Source", NOT_THERE), (AUTHORIZE_OUT, "Dest", NOT_THERE_OUT)]
)
def test_the_peer_is_an_address_or_another_group(
    region: Region, action: str, side: str, codes: tuple[str, ...]
) -> None:
    group, other = group_of(region), group_of(region)
    name = f"{side}GroupId"
    assert_refused(("MissingParameter", f"MissingParameter.{side}"), partial(ask, region, action, group, SSH))
    assert_refused(codes, partial(ask, region, action, group, SSH, {name: "sg-no-such"}))
    assert_refused(SAME, partial(ask, region, action, group, SSH, {name: group}))
    outside = {name: other, "NicType": "internet"}
    assert_refused(f"Invalid{name}.Mismatch", partial(ask, region, action, group, SSH, outside))
    assert rules(region, group) == []
    ask(region, action, group, SSH, {name: other, "NicType": "intranet"})
    ask(region, action, group, {"IpProtocol": "udp", "PortRange": "9/9", name: other, f"{side}CidrIp": "10.0.0.7"})
    shown = {each["PortRange"]: (each[name], each[f"{side}CidrIp"]) for each in rules(region, group)}
    assert shown == {"22/22": (other, ""), "9/9": ("", "10.0.0.7")}


@clause("resource/group-rule-limit")
def test_a_group_has_so_many_rules(region: Region) -> None:
    most = 200 if region.edition.has((2020, 12)) else 100
    group, other = group_of(region), group_of(region)
    for port in range(1, most + 1):
        out = port % 2
        action, peer = (AUTHORIZE_OUT, TO) if out else (AUTHORIZE, FROM)
        ask(region, action, group, {"IpProtocol": "tcp", "PortRange": f"{port}/{port}"}, peer)
    more = {"IpProtocol": "udp", "PortRange": "1/1"}
    assert_refused("AuthorizationLimitExceed", partial(ask, region, AUTHORIZE, group, more, FROM))
    assert len(rules(region, group)) == most
    ask(region, AUTHORIZE, other, more, FROM)
    ask(region, REVOKE, group, {"IpProtocol": "tcp", "PortRange": "2/2"}, FROM)
    ask(region, AUTHORIZE, group, more, FROM)
    assert "2/2" not in ports(region, group)
    assert len(rules(region, group)) == most


@clause("resource/group-rule-again")
def test_the_same_rule_is_refused(region: Region) -> None:
    group = group_of(region)
    ask(region, AUTHORIZE, group, SSH, FROM)
    with pytest.raises(ApiError):
        ask(region, AUTHORIZE, group, SSH, FROM, {"Description": "again"})
    assert [each["Description"] for each in rules(region, group)] == [""]


@clause("resource/group-rule-same")
def test_the_same_rule_is_not_added(region: Region) -> None:
    group = group_of(region)
    for text in ("", "again"):
        ask(region, AUTHORIZE, group, SSH, FROM, {"Description": text})
    assert [each["Description"] for each in rules(region, group)] == [""]
    ask(region, AUTHORIZE, group, SSH, FROM, {"Policy": "drop"})
    ask(region, AUTHORIZE, group, SSH, {"SourceCidrIp": "10.0.0.0/16"})
    assert len(rules(region, group)) == 3


@clause("resource/authorize-many")
def test_many_rules_are_added_and_deleted_at_once(region: Region) -> None:
    group = group_of(region)
    many = [
        {"IpProtocol": "tcp", "PortRange": f"{each}/{each}", "Priority": str(each), **FROM} for each in range(1, 101)
    ]
    ask(region, AUTHORIZE, group, {"Permissions": many})
    shown = {each["PortRange"]: str(each["Priority"]) for each in rules(region, group)}
    assert shown == {f"{each}/{each}": str(each) for each in range(1, 101)}
    with pytest.raises(ApiError):
        ask(region, REVOKE, group, {"Permissions": [*many, {**SSH, **FROM}]})
    ask(region, REVOKE, group, {"Permissions": many[:99]})
    assert ports(region, group) == {"100/100"}


@clause("resource/revoke")
def test_a_rule_is_deleted_by_all_that_it_is(region: Region) -> None:
    group, other = group_of(region), group_of(region)
    ask(region, AUTHORIZE, group, SSH, FROM)
    ask(region, AUTHORIZE, group, SSH, {"SourceCidrIp": "10.0.0.0/16"})
    ask(region, AUTHORIZE, group, SSH, {"SourceGroupId": other, "NicType": "intranet"})
    ask(region, AUTHORIZE, group, {**SSH, "Policy": "drop"}, FROM)
    ask(region, AUTHORIZE_OUT, group, SSH, TO)
    ask(region, REVOKE, group, SSH, FROM)
    ask(region, REVOKE, group, SSH, {"SourceGroupId": other, "NicType": "intranet"})
    left = [(each["Direction"], each["Policy"].lower(), each["SourceCidrIp"]) for each in rules(region, group)]
    assert sorted(left) == [
        ("egress", "accept", ""),
        ("ingress", "accept", "10.0.0.0/16"),
        ("ingress", "drop", "10.0.0.0/8"),
    ]
    ask(region, REVOKE_OUT, group, SSH, TO)
    assert {each["Direction"] for each in rules(region, group)} == {"ingress"}


OTHERS: list[Given] = [{**SSH, "PortRange": "23/23", **FROM}, {**SSH, "SourceCidrIp": "10.0.0.0/16"}]


@clause("resource/revoke-unknown")
@pytest.mark.parametrize("given", OTHERS)
def test_a_rule_that_there_is_not_is_refused(region: Region, given: Given) -> None:
    group = group_of(region)
    ask(region, AUTHORIZE, group, SSH, FROM)
    assert_refused("InvalidGroupAuthItem.NotFound", partial(ask, region, REVOKE, group, given))
    assert ports(region, group) == {"22/22"}


@clause("resource/revoke-nothing")
@pytest.mark.parametrize("given", OTHERS)
def test_a_rule_that_there_is_not_is_passed_over(region: Region, given: Given) -> None:
    group = group_of(region)
    ask(region, AUTHORIZE, group, SSH, FROM)
    assert set(ask(region, REVOKE, group, given)) <= {"RequestId"}
    assert ports(region, group) == {"22/22"}


@clause("resource/revoke-by-id")
def test_rules_are_deleted_by_their_ids(region: Region) -> None:
    group = group_of(region)
    for port in (1, 2, 3):
        ask(region, AUTHORIZE, group, {"IpProtocol": "tcp", "PortRange": f"{port}/{port}"}, FROM)
    ask(region, AUTHORIZE_OUT, group, SSH, TO)
    ids = {each["PortRange"]: each["SecurityGroupRuleId"] for each in rules(region, group)}
    assert len({*ids.values()}) == 4
    ask(region, REVOKE, group, {"SecurityGroupRuleId": [ids["1/1"], ids["3/3"]]})
    assert ports(region, group) == {"2/2", "22/22"}
    ask(region, REVOKE_OUT, group, {"SecurityGroupRuleId": [ids["22/22"]]})
    assert ports(region, group) == {"2/2"}


@clause("resource/modify-group-rule")
def test_the_description_of_a_rule_is_changed(region: Region) -> None:
    group = group_of(region)
    ask(region, AUTHORIZE, group, SSH, FROM, {"Priority": "5"})
    ask(region, AUTHORIZE, group, {**SSH, "PortRange": "23/23"}, FROM)
    ask(region, "ModifySecurityGroupRule", group, SSH, FROM, {"Description": "for the shell"})
    shown = {each["PortRange"]: (each["Description"], str(each["Priority"])) for each in rules(region, group)}
    assert shown == {"22/22": ("for the shell", "5"), "23/23": ("", "1")}
    other = {**SSH, "PortRange": "24/24", "Description": "none"}
    with pytest.raises(ApiError):
        ask(region, "ModifySecurityGroupRule", group, other, FROM)
    assert len(rules(region, group)) == 2


@clause("resource/modify-by-id")
@pytest.mark.parametrize(
    ("add", "change", "peer", "end"),
    [
        (AUTHORIZE, "ModifySecurityGroupRule", FROM, "Source"),
        (AUTHORIZE_OUT, "ModifySecurityGroupEgressRule", TO, "Dest"),
    ],
)
def test_a_rule_is_changed_by_its_id(region: Region, add: str, change: str, peer: Given, end: str) -> None:
    group, other = group_of(region), group_of(region)
    ask(region, add, group, SSH, peer, {"Description": "old"})
    ask(region, add, group, {**SSH, "PortRange": "23/23"}, peer)
    id = next(each["SecurityGroupRuleId"] for each in rules(region, group) if each["PortRange"] == "22/22")

    def shown() -> Answer:
        return next(each for each in rules(region, group) if each["SecurityGroupRuleId"] == id)

    ask(region, change, group, {"SecurityGroupRuleId": id, "Policy": "drop", "Priority": "9"})
    told = shown()
    assert (told["Policy"].lower(), str(told["Priority"]), told["PortRange"]) == ("drop", "9", "22/22")
    assert (told["Description"], told[f"{end}CidrIp"]) == ("old", "10.0.0.0/8")
    ask(region, change, group, {"SecurityGroupRuleId": id, "IpProtocol": "udp", "PortRange": "5/6"})
    ask(region, change, group, {"SecurityGroupRuleId": id, f"{end}GroupId": other, "Description": "new"})
    told = shown()
    assert (told["IpProtocol"].lower(), told["PortRange"], told["Description"]) == ("udp", "5/6", "new")
    assert (told[f"{end}GroupId"], told[f"{end}CidrIp"]) == (other, "")
    assert ports(region, group) == {"5/6", "23/23"}


@clause("resource/modify-security-group")
def test_a_group_is_renamed(region: Region) -> None:
    group = group_of(region, SecurityGroupName="web", Description="of the shop")

    def shown() -> tuple[str, str]:
        told = region.call("DescribeSecurityGroupAttribute", SecurityGroupId=group)
        return told["SecurityGroupName"], told["Description"]

    ask(region, "ModifySecurityGroupAttribute", group, {"SecurityGroupName": "back"})
    assert shown() == ("back", "of the shop")
    ask(region, "ModifySecurityGroupAttribute", group, {"Description": "of nobody"})
    assert shown() == ("back", "of nobody")
    wrong = {"SecurityGroupName": "1"}
    code = "InvalidSecurityGroupName.Malformed"
    assert_refused(code, partial(ask, region, "ModifySecurityGroupAttribute", group, wrong))
    assert shown() == ("back", "of nobody")


@clause("resource/inner-access")
def test_whether_members_reach_each_other_is_said(region: Region) -> None:
    group, other = group_of(region), group_of(region)

    def shown(id: str) -> str:
        return str(region.call("DescribeSecurityGroupAttribute", SecurityGroupId=id)["InnerAccessPolicy"])

    change = "ModifySecurityGroupPolicy"
    assert shown(group).lower() == "accept"
    for given, told in (("Drop", "drop"), ("accept", "accept"), ("DROP", "drop")):
        ask(region, change, group, {"InnerAccessPolicy": given})
        assert shown(group).lower() == told
    assert_refused("InvalidPolicy.Malformed", partial(ask, region, change, group, {"InnerAccessPolicy": "some"}))
    assert (shown(group).lower(), shown(other).lower()) == ("drop", "accept")


@clause("resource/group-references")
def test_a_group_that_others_name_is_not_deleted(region: Region) -> None:
    named, inbound, outbound, free = (group_of(region) for _ in range(4))
    ask(region, AUTHORIZE, inbound, SSH, {"SourceGroupId": named, "NicType": "intranet"})
    ask(region, AUTHORIZE_OUT, outbound, SSH, {"DestGroupId": named, "NicType": "intranet"})

    def naming() -> dict[str, set[str]]:
        told = region.call("DescribeSecurityGroupReferences", SecurityGroupId=[named, free])
        return {
            each["SecurityGroupId"]: {
                other["SecurityGroupId"] for other in each["ReferencingSecurityGroups"]["ReferencingSecurityGroup"]
            }
            for each in told["SecurityGroupReferences"]["SecurityGroupReference"]
        }

    assert {id: others for id, others in naming().items() if others} == {named: {inbound, outbound}}
    delete = partial(region.call, "DeleteSecurityGroup", SecurityGroupId=named)
    assert_refused("DependencyViolation", delete)
    ask(region, REVOKE, inbound, SSH, {"SourceGroupId": named, "NicType": "intranet"})
    assert_refused("DependencyViolation", delete)
    ask(region, REVOKE_OUT, outbound, SSH, {"DestGroupId": named, "NicType": "intranet"})
    delete()
    many = [f"sg-{number}" for number in range(11)]
    with pytest.raises(ApiError):
        region.call("DescribeSecurityGroupReferences", SecurityGroupId=many)
