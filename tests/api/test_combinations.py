"""What a call may not say together, as documented: the table of combinations.toml, and a test for each kind of row."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from faultzone import Region, assert_refused, make_region
from faultzone.cli.actions import implemented
from faultzone.model.core.excluded import ANY, TABLE, Excluded, Other

FILE: Final[Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("combinations.toml").read_text("utf-8"))
KNOWN: Final[Mapping[str, Mapping[str, Any]]] = FILE["known"]
WINDOWS: Final = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"


class Row(NamedTuple):
    """One call of the table."""

    action: str
    known: str
    given: Mapping[str, Any]
    code: str
    says: str
    right: str
    edition: str = "2026-10"

    def __str__(self) -> str:
        names = ", ".join((*self.known.split(), *self.given))
        return f"{self.action}: {names}, {self.edition}"

    @property
    def wrong(self) -> dict[str, Any]:
        """The parameters of the call."""
        return {**self._of(self.known), **self.given}

    @property
    def mended(self) -> dict[str, Any] | None:
        """The parameters of the same call that is taken; None where the row names none."""
        if self.right.startswith("-"):
            return {name: value for name, value in self.wrong.items() if name != self.right[1:]}
        return {**self.wrong, **KNOWN[self.right[1:]]} if self.right else None

    @staticmethod
    def _of(words: str) -> dict[str, Any]:
        return {name: value for word in words.split() for name, value in KNOWN[word].items()}


def rows() -> Iterator[Row]:
    for name, chapter in FILE.items():
        if name not in ("known", "metadata"):
            for actions, *rest in chapter["rows"]:
                yield from (Row(action, *rest) for action in actions.split())


ROWS: Final = (*rows(),)


# What the words of the table stand for


def _of_instance(field: str) -> Callable[[World], str]:
    def read(world: World) -> str:
        shown: str = world.region.instance(world["instance"]).describe()["VpcAttributes"][field]
        return shown

    return read


class World:
    """What a row names, made when it is first named.

    Args:
        row: whose ids are made; nothing else is.
    """

    def __init__(self, row: Row) -> None:
        self.region = make_region(edition=row.edition, ipv6=True)
        self.made: dict[str, str] = {}

    def __getitem__(self, word: str) -> str:
        if word not in self.made:
            self.made[word] = MAKERS[word](self)
        return self.made[word]

    def filled(self, value: Any) -> Any:
        """A value with ids in the place of words."""
        if isinstance(value, str) and value.startswith("<"):
            return self[value[1:-1]]
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if isinstance(value, Mapping):
            return {name: self.filled(each) for name, each in value.items()}
        return value

    def run(self, **more: Any) -> str:
        (made,) = self.region.run_instances(1, **more)
        return made.id

    def command(self, kind: str) -> str:
        return self.region.commands.create("echo 1", type=kind, Timeout=10)

    def invoke(self, **more: object) -> str:
        asked = {"CommandId": self["command"], "InstanceId": [self["instance"]], **more}
        made: str = self.region.call("InvokeCommand", **asked)["InvokeId"]
        return made

    def template(self) -> str:
        launch = {"ImageId": self["image"], "InstanceType": self["type"]}
        made: str = self.region.call("CreateLaunchTemplate", LaunchTemplateName="web", **launch)["LaunchTemplateId"]
        self.region.call("CreateLaunchTemplateVersion", LaunchTemplateId=made, **launch)
        return made

    def role(self) -> str:
        """The value of the tag that the instance has."""
        return "web" if self["instance"] else ""

    def stopped(self) -> str:
        self.region.instance(self["instance"]).stop()
        return self["instance"]

    def address(self) -> str:
        (shown,) = self.region.call("DescribeVSwitches", VSwitchId=self["switch"])["VSwitches"]["VSwitch"]
        return str(shown["CidrBlock"]).rpartition(".")[0] + ".77"

    def ipv6(self) -> str:
        """A free address beside that of an interface which has one."""
        asked = {"VSwitchId": self["switch"], "SecurityGroupId": self["group"], "Ipv6AddressCount": 1}
        made = self.region.call("CreateNetworkInterface", **asked)
        first: str = made["Ipv6Sets"]["Ipv6Set"][0]["Ipv6Address"]
        return first[:-1] + ("7" if first[-1] != "7" else "8")


MAKERS: Final[Mapping[str, Callable[[World], str]]] = {
    "image": lambda world: world.region.defaults["image"],
    "type": lambda world: world.region.defaults["instance-type"],
    "windows image": lambda world: WINDOWS,
    "instance": lambda world: world.run(Tag=[{"Key": "role", "Value": "web"}]),
    "role": World.role,
    "prepaid": lambda world: world.run(InstanceChargeType="PrePaid", Period=1),
    "windows": lambda world: world.run(ImageId=WINDOWS),
    "stopped": World.stopped,
    "switch": _of_instance("VSwitchId"),
    "vpc": _of_instance("VpcId"),
    "group": lambda world: world.region.instance(world["instance"]).describe()["SecurityGroupIds"]["SecurityGroupId"][
        0
    ],
    "zone": lambda world: world.region.instance(world["instance"]).describe()["ZoneId"],
    "far": lambda world: next(each for each in world.region.zones if each != world["zone"]),
    "address": World.address,
    "ipv6": World.ipv6,
    "interface": lambda world: world.region.call(
        "CreateNetworkInterface", VSwitchId=world["switch"], SecurityGroupId=world["group"]
    )["NetworkInterfaceId"],
    "disk": lambda world: world.region.call("CreateDisk", ZoneId=world["zone"], Size=20)["DiskId"],
    "system": lambda world: "d-" + world["instance"][2:],
    "template": World.template,
    "pair": lambda world: world.region.call("CreateKeyPair", KeyPairName="pair")["KeyPairName"],
    "command": lambda world: world.command("RunShellScript"),
    "batch": lambda world: world.command("RunBatScript"),
    "once": lambda world: world.invoke(),
    "schedule": lambda world: world.invoke(Frequency="rate(5m)"),
    "set": lambda world: world.region.create_deployment_set().id,
    "groups": lambda world: world.region.create_deployment_set(Strategy="AvailabilityGroup").id,
}

#: What shows all that the table's calls may make or change.
LISTINGS: Final = (
    "DescribeInstances",
    "DescribeDisks",
    "DescribeNetworkInterfaces",
    "DescribeDeploymentSets",
    "DescribeInvocations",
    "DescribeCommands",
    "DescribeLaunchTemplates",
    "DescribeSecurityGroups",
    "DescribeTags",
    "DescribeInstanceHistoryEvents",
)


def shown(region: Region) -> list[Any]:
    """All that the public API shows of a region, and what the money has become."""
    told = [region.call(action) for action in LISTINGS]
    listed = [{name: value for name, value in each.items() if name != "RequestId"} for each in told]
    kept = [entry[2] for entry in region.journal.entries if entry[2] not in ("refusal", "read", "call")]
    return [*listed, kept, region.control("account-balance")]


def plan(region: Region, world: World) -> None:
    """Give the listings of events one of each of two types."""
    due = region.clock.now.replace(year=region.clock.now.year + 1).strftime("%Y-%m-%dT%H:%M:%SZ")
    for kind in ("SystemMaintenance.Reboot", "SystemFailure.Reboot"):
        region.call("CreateSimulatedSystemEvents", InstanceId=[world["instance"]], EventType=kind, NotBefore=due)


@pytest.mark.parametrize("row", [each for each in ROWS if each.code], ids=str)
def test_a_combination_is_refused_and_changes_nothing(row: Row) -> None:
    """And the same call without one of them, or with what it lacks, is taken."""
    world = World(row)
    region, asked = world.region, world.filled(row.wrong)
    mended = row.mended
    right = None if mended is None else world.filled(mended)
    before = shown(region)
    assert_refused(row.code, lambda: region.call(row.action, **asked))
    assert shown(region) == before
    if right is not None:
        assert region.call(row.action, **right)["RequestId"]


@pytest.mark.parametrize("row", [each for each in ROWS if not each.code], ids=str)
def test_what_has_no_effect_beside_others_changes_nothing(row: Row) -> None:
    """Two regions of one seed, of which one is asked without it, answer and become the same."""
    told = []
    for given in (row.wrong, row.mended or {}):
        world = World(row)
        region, asked = world.region, world.filled(given)
        if row.action.startswith("DescribeInstance"):
            plan(region, world)
        answer = region.call(row.action, **asked)
        region.clock.advance("10m")
        told.append(({name: value for name, value in answer.items() if name != "RequestId"}, shown(region)))
    assert row.wrong != row.mended
    assert told[0] == told[1]


@pytest.mark.parametrize(("endpoint", "tokens", "has_token", "status"), FILE["metadata"]["rows"])
def test_the_metadata_service_refuses_what_its_options_exclude(
    endpoint: str, tokens: str, has_token: bool, status: int
) -> None:
    region = make_region(edition="2026-10")
    (instance,) = region.run_instances(1)
    asked = {"instance": instance.id, "path": "/latest/meta-data/instance-id"}
    seconds = {"x-aliyun-ecs-metadata-token-ttl-seconds": "60"}
    given = region.control("metadata", instance=instance.id, method="PUT", path="/latest/api/token", headers=seconds)
    region.call("ModifyInstanceMetadataOptions", InstanceId=instance.id, HttpEndpoint=endpoint, HttpTokens=tokens)
    headers = {"x-aliyun-ecs-metadata-token": given["text"]} if has_token else {}
    told = region.control("metadata", **asked, headers=headers)
    assert told["status"] == status
    assert (told["text"] == instance.id) == (status == 200)


# The table and the model


def attribute_names(action: str) -> dict[str, str]:
    return {each.attribute: each.name for each in implemented()[action].parameters.values()}


def _meets(excluded: Excluded, row: Row) -> bool:
    """Whether a row of the table is what the model excludes."""
    names, wrong = attribute_names(row.action), row.wrong
    for attribute, value in excluded.given.items():
        given = wrong.get(names[attribute])
        if given is None or (
            value is not ANY and (given == value.value if isinstance(value, Other) else given != value)
        ):
            return False
    return not excluded.lacks or names[excluded.lacks] not in wrong


@pytest.mark.parametrize("excluded", TABLE, ids=lambda each: "-".join((each.action, *each.given, each.lacks)))
def test_the_table_has_what_the_model_excludes(excluded: Excluded) -> None:
    alike = [each for each in ROWS if each.action == excluded.action and each.code == excluded.code]
    assert [each for each in alike if _meets(excluded, each)]


def test_the_table_says_each_thing_once() -> None:
    said = [json.dumps([row.action, row.wrong, row.edition, row.right], sort_keys=True) for row in ROWS]
    assert sorted(said) == sorted({*said})
    for row in ROWS:
        names = {each.name for each in implemented()[row.action].parameters.values()}
        assert {*row.wrong} <= names, row
        assert row.says.split(".")[0] in names, row
