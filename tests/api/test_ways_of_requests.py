"""How requests come, of every action by what it declares: pages by token and by number, filters with gaps, tags in both
letter cases, lists as JSON and with indices, and dry runs. An action that declares one of them and is not made ready
here fails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from faultzone import ApiError, Region, make_region
from faultzone.api.ecs import ECS
from faultzone.api.ecs.shared import TAG
from faultzone.api.products import VERSIONS
from faultzone.api.readers import JsonTexts, Texts, Wholes
from faultzone.api.request import Parameter, Request
from faultzone.cli.actions import implemented
from faultzone.editions import load
from tests.support.requests import MINIMAL
from tests.support.things import Things, shown

EDITION: Final = load("2026-10")
#: The actions of all products; the name of one that is not of ECS begins with its product.
REQUESTS: Final = {
    name if product == ECS else f"{product}.{name}": each
    for product in VERSIONS
    for name, each in implemented(product).items()
    if name == each.__name__
}
#: As many of each thing as make more than one of the smallest pages.
MANY: Final = 12
FEW: Final = 6


def acts(parameter: Parameter | None) -> bool:
    """Whether a parameter does something today."""
    return parameter is not None and not parameter.refused and (parameter.inert is None or parameter.acts is not None)


def declaring(*names: str) -> list[str]:
    """The actions in which all of some parameters act."""
    return [action for action, each in REQUESTS.items() if all(acts(each.parameters.get(name)) for name in names)]


def ask(region: Region, called: str, **given: object) -> dict[str, Any]:
    """The answer of an action of any product."""
    product, _, action = called.rpartition(".")
    return region.call(action, product or ECS, **given)


# What listings have to show


def fill(region: Region) -> None:
    """Make enough of everything that is listed."""
    call = region.call
    made = region.run_instances(
        MANY,
        InstanceChargeType="PrePaid",
        Period=1,
        RamRoleName="reader",
        public_ip=False,
        instance_type="ecs.g5.large",
    )
    ids = [each.id for each in made]
    due = region.clock.now.replace(year=region.clock.now.year + 1).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {"EventType": "SystemMaintenance.Reboot", "NotBefore": due}
    events = call("CreateSimulatedSystemEvents", InstanceId=ids, **asked)["EventIdSet"]["EventId"]
    call("CancelSimulatedSystemEvents", EventId=events)
    run = {"Type": "RunShellScript", "CommandContent": "true", "ContentEncoding": "PlainText"}
    for number in range(FEW):
        kept = call("CreateCommand", Name=f"c{number}", **run)["CommandId"]
        call("InvokeCommand", CommandId=kept, InstanceId=ids[:1])
        call("SendFile", InstanceId=ids[:1], Name=f"f{number}", TargetDir="/tmp", Content="a")
        call("CreateActivation", InstanceName=f"web{number}")
        call("CreateDeploymentSet")
        call("CreateKeyPair", KeyPairName=f"key{number}")
        call("CreateLaunchTemplate", LaunchTemplateName=f"lt{number}", ImageId=region.defaults["image"])
        call("CreateLaunchTemplateVersion", LaunchTemplateName="lt0", ImageId=region.defaults["image"])
        region.control("set-plugin", instance=ids[number], name="service", state="Running")
        made_vpc = call("CreateVpc", "vpc", CidrBlock="192.168.0.0/16")["VpcId"]
        tagged = {"ResourceType": "VPC", "ResourceId": [made_vpc]}
        call("TagResources", "vpc", **tagged, Tag=[{"Key": "team", "Value": f"{number}"}])
        call("PutEventRule", "cms", RuleName=f"rule{number}", EventPattern=[{"Product": "ECS"}])
        region.control("add-resource-group", name=f"group{number}")
        call("AllocateEipAddress")
        call("AddTags", ResourceType="instance", ResourceId=ids[0], Tag=[{"Key": f"tag{number}", "Value": "a"}])
    code = call("CreateActivation")
    told = {"activation_id": code["ActivationId"], "activation_code": code["ActivationCode"]}
    for _ in range(FEW):
        region.control("register-machine", machine=region.control("add-machine")["machine"], **told)
    period = {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "02:00", "EndTime": "04:00"}]}
    window = {"Enable": True, "SupportMaintenanceAction": '["Reboot"]', "TimePeriod": period}
    windows = region.control("add-resource-group", name="windows")["resource_group"]
    window["TargetResource"] = {"Scope": "ResourceGroup", "ResourceGroupId": windows}
    for number in range(MANY):
        call("CreateSecurityGroup", SecurityGroupName=f"group{number}")
        call("CreatePlanMaintenanceWindow", PlanWindowName=f"window{number}", **window)
    group = call("CreateSecurityGroup", SecurityGroupName="ruled")["SecurityGroupId"]
    for number in range(MANY):
        rule = {"IpProtocol": "tcp", "PortRange": f"{80 + number}/{80 + number}", "SourceCidrIp": "10.0.0.0/8"}
        call("AuthorizeSecurityGroup", SecurityGroupId=group, **rule)
    region.clock.advance("1m")
    for each in made:
        disk = call("DescribeDisks", InstanceId=each.id)["Disks"]["Disk"][0]["DiskId"]
        call("CreateSnapshot", DiskId=disk)
    region.clock.advance("1h")
    image = call("CreateImage", InstanceId=ids[-1], ImageName="shared")["ImageId"]
    region.clock.advance("1h")
    call("ModifyImageSharePermission", ImageId=image, AddAccount=[f"10000000000000{each}" for each in range(10, 16)])
    for each in made[:FEW]:
        region.chaos.maintenance(each.id)
        call("RedeployInstance", InstanceId=each.id)
    region.clock.advance("1m")


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    with make_region(edition="2026-10", zones=6, hosts_per_zone=6) as made:
        fill(made)
        yield made


#: What some listings must be asked for besides.
ASKED: Final[dict[str, dict[str, object]]] = {
    "DescribeInstanceAutoRenewAttribute": {"RenewalStatus": "Normal"},
    "DescribeInstanceRamRole": {"RamRoleName": "reader"},
    "DescribeLaunchTemplateVersions": {"LaunchTemplateName": "lt0"},
    "ListPluginStatus": {"Name": "service"},
    "vpc.ListTagResources": {"ResourceType": "VPC", "Tag": [{"Key": "team"}]},
}


#: The fewest that a page by token may have, where that is not one.
LEAST: Final = {"DescribeSecurityGroupAttribute": 10}


def asked(region: Region, action: str) -> dict[str, object]:
    """What a listing must be asked for besides."""
    if action == "DescribeSecurityGroupAttribute":
        found = region.call("DescribeSecurityGroups", SecurityGroupName="ruled")
        return {"SecurityGroupId": found["SecurityGroups"]["SecurityGroup"][0]["SecurityGroupId"]}
    if action == "DescribeImageSharePermission":
        return {"ImageId": region.call("DescribeImages", ImageName="shared")["Images"]["Image"][0]["ImageId"]}
    return ASKED.get(action, {})


def rows(answer: dict[str, Any]) -> list[Any]:
    """The list of an answer, the first that is met from the outside in."""
    level: list[Any] = [answer]
    while level:
        for each in level:
            for value in each.values():
                if isinstance(value, list):
                    return value
        level = [value for each in level for value in each.values() if isinstance(value, dict)]
    raise AssertionError(f"no list in {answer}")


def texts(shown: list[Any]) -> list[str]:
    return [json.dumps(each, sort_keys=True) for each in shown]


def told(answer: dict[str, Any], name: str, default: Any) -> Any:
    """What an answer tells of a listing, itself or with its list."""
    inner = answer.get("Invocation", answer)
    return answer.get(name, inner.get(name, default))


def by_number(region: Region, action: str, size: int) -> tuple[list[str], int]:
    """All of a listing by pages of this size, and how many there are said to be."""
    found: list[str] = []
    answer: dict[str, Any] = {}
    for number in range(1, 200):
        answer = ask(region, action, **asked(region, action), PageNumber=number, PageSize=size)
        page = texts(rows(answer))
        assert len(page) <= size
        found += page
        if not page:
            break
    return found, int(told(answer, "TotalCount", told(answer, "Total", len(found))))


@pytest.mark.slow
@pytest.mark.parametrize("action", declaring("PageNumber", "PageSize"))
def test_pages_by_number_are_a_listing_in_parts(region: Region, action: str) -> None:
    small, total = by_number(region, action, 4)
    whole, _ = by_number(region, action, 50)
    assert len(whole) > 4, f"make more for {action}"
    assert (small, total) == (whole, len(whole))


def by_token(region: Region, action: str, most: int) -> tuple[list[str], int]:
    """All of a listing by tokens, and how many pages it was."""
    found, pages, token = list[str](), 0, ""
    while token or not pages:
        given = {"NextToken": token} if token else {}
        answer = ask(region, action, **asked(region, action), MaxResults=most, **given)
        page = texts(rows(answer))
        assert page, f"{action} gave a token for nothing"
        found, pages, token = found + page, pages + 1, told(answer, "NextToken", "")
    return found, pages


@pytest.mark.slow
@pytest.mark.parametrize("action", declaring("MaxResults", "NextToken"))
def test_pages_by_token_are_a_listing_in_parts(region: Region, action: str) -> None:
    """However few are asked for: some listings give ten at least."""
    small, pages = by_token(region, action, LEAST.get(action, 4))
    whole, fewer = by_token(region, action, 50)
    assert pages > max(fewer, 1), f"make more for {action}"
    assert small == whole
    assert len({*small}) == len(small)


# Forms of parameters


def flat(action: str, given: Mapping[str, object], name: str) -> Any:
    """The value of one parameter of a request as the wire has it; what the action lacks besides does not matter."""
    parameter = REQUESTS[action].parameters[name]

    class Alone(Request):
        pass

    Alone.parameters = {name: parameter}
    return Alone.parse(given, edition=EDITION.date).given[parameter.attribute]


OF_TAGS: Final = [
    (action, name)
    for action, each in REQUESTS.items()
    for name, parameter in each.parameters.items()
    if acts(parameter) and parameter.fields and name in ("Tag", "TemplateTag", "ResourceTag")
]


@pytest.mark.parametrize(("action", "name"), OF_TAGS)
def test_tags_come_in_both_letter_cases(action: str, name: str) -> None:
    large = flat(action, {f"{name}.1.Key": "a", f"{name}.1.Value": "b"}, name)
    assert flat(action, {f"{name}.1.key": "a", f"{name}.1.value": "b"}, name) == large == ({"Key": "a", "Value": "b"},)


@pytest.mark.parametrize("action", declaring("Filter"))
def test_filters_may_have_gaps(action: str) -> None:
    given = {"Filter.3.Key": "CreationStartTime", "Filter.3.Value": "2019-03-01T00:00Z"}
    first = {name.replace("3", "1"): value for name, value in given.items()}
    assert flat(action, given, "Filter") == flat(action, first, "Filter")


LISTS: Final = [
    (action, name)
    for action, each in REQUESTS.items()
    for name, parameter in each.parameters.items()
    if acts(parameter) and isinstance(parameter.reader(EDITION.date), Texts | JsonTexts | Wholes)
]


@pytest.mark.parametrize(("action", "name"), LISTS)
def test_lists_come_as_json_and_with_indices(action: str, name: str) -> None:
    """In single quotes too, as a list of Python is written."""
    reader = REQUESTS[action].parameters[name].reader(EDITION.date)
    items: list[Any] = [1, 2] if isinstance(reader, Wholes) else ["a", "b"]
    if isinstance(reader, Texts) and reader.among:
        items = [*reader.among[:2]]
    expected = tuple(items)
    assert flat(action, {f"{name}.{n}": str(each) for n, each in enumerate(items, 1)}, name) == expected
    assert flat(action, {name: json.dumps(items)}, name) == expected
    assert flat(action, {name: str(items)}, name) == expected
    assert flat(action, {name: items}, name) == expected


def test_there_are_some_of_each() -> None:
    assert {name for _, name in OF_TAGS} >= {"Tag", "TemplateTag", "ResourceTag"}
    assert len(LISTS) > 40
    assert TAG[0].also == "key"


# Dry runs


@pytest.mark.parametrize("called", declaring("DryRun"))
def test_a_dry_run_changes_nothing(called: str) -> None:
    product, _, action = called.rpartition(".")
    things = Things()
    region, asked = things.region, things.filled(MINIMAL[product or ECS][action])
    before = shown(region)
    with pytest.raises(ApiError) as refusal:
        ask(region, called, **asked, DryRun=True)
    assert refusal.value.code in ("DryRunOperation", "DRYRUN.SUCCESS")
    assert shown(region) == before


def test_ordered_names_are_of_launches() -> None:
    """The one action that documents them is RunInstances."""
    with make_region(edition="2026-10") as region:
        made = region.run_instances(2, wait=False, InstanceName="web-[1,3]", HostName="web[001,3]x")
        shown = [each.describe() for each in made]
    assert sorted(each["InstanceName"] for each in shown) == ["web-001", "web-002"]
    assert sorted(each["HostName"] for each in shown) == ["web001x", "web002x"]
