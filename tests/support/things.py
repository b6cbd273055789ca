"""Things that tables of calls name by words, `"<instance>"`, and what shows whether a call has changed anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from faultzone import Region, make_region

WINDOWS: Final = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"


def _of_instance(field: str) -> Callable[[Things], str]:
    def read(things: Things) -> str:
        shown: str = things.region.instance(things["instance"]).describe()["VpcAttributes"][field]
        return shown

    return read


class Things:
    """What the calls of a table are about, by words in the place of ids; each is made when it is first named.

    Args:
        edition: of their region.
    """

    def __init__(self, edition: str = "2026-10") -> None:
        self.region = make_region(edition=edition, ipv6=True)
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

    def rule(self, way: str) -> str:
        """The id of a rule of the security group."""
        asked = {"SecurityGroupId": self["group"], "IpProtocol": "udp", "PortRange": "53/53"}
        end = "SourceCidrIp" if way == "ingress" else "DestCidrIp"
        action = "AuthorizeSecurityGroup" + ("" if way == "ingress" else "Egress")
        self.region.call(action, **asked, **{end: "172.16.0.0/12"})
        rules = self.region.call("DescribeSecurityGroupAttribute", SecurityGroupId=self["group"], Direction=way)
        return str(rules["Permissions"]["Permission"][0]["SecurityGroupRuleId"])

    def machine(self) -> str:
        """The id of a managed instance."""
        code = self.region.call("CreateActivation")
        told = {"activation_id": code["ActivationId"], "activation_code": code["ActivationCode"]}
        machine = self.region.control("add-machine")["machine"]
        made: str = self.region.control("register-machine", machine=machine, **told)["instance"]
        return made

    def role(self) -> str:
        """The value of the tag that the instance has."""
        return "web" if self["instance"] else ""

    def stopped(self) -> str:
        self.region.instance(self["instance"]).stop()
        return self["instance"]

    def own_image(self) -> str:
        """An image of the instance, which is available."""
        made: str = self.region.call("CreateImage", InstanceId=self["instance"])["ImageId"]
        self.region.clock.advance("1m")
        return made

    def address(self) -> str:
        (shown,) = self.region.call("DescribeVSwitches", VSwitchId=self["switch"])["VSwitches"]["VSwitch"]
        return str(shown["CidrBlock"]).rpartition(".")[0] + ".77"

    def ipv6(self) -> str:
        """A free address beside that of an interface which has one."""
        asked = {"VSwitchId": self["switch"], "SecurityGroupId": self["group"], "Ipv6AddressCount": 1}
        made = self.region.call("CreateNetworkInterface", **asked)
        first: str = made["Ipv6Sets"]["Ipv6Set"][0]["Ipv6Address"]
        return first[:-1] + ("7" if first[-1] != "7" else "8")


MAKERS: Final[Mapping[str, Callable[[Things], str]]] = {
    "image": lambda things: things.region.defaults["image"],
    "type": lambda things: things.region.defaults["instance-type"],
    "windows image": lambda things: WINDOWS,
    "instance": lambda things: things.run(Tag=[{"Key": "role", "Value": "web"}]),
    "role": Things.role,
    "prepaid": lambda things: things.run(InstanceChargeType="PrePaid", Period=1),
    "windows": lambda things: things.run(ImageId=WINDOWS),
    "stopped": Things.stopped,
    "switch": _of_instance("VSwitchId"),
    "vpc": _of_instance("VpcId"),
    "group": lambda things: things.region.instance(things["instance"]).describe()["SecurityGroupIds"][
        "SecurityGroupId"
    ][0],
    "zone": lambda things: things.region.instance(things["instance"]).describe()["ZoneId"],
    "far": lambda things: next(each for each in things.region.zones if each != things["zone"]),
    "address": Things.address,
    "ipv6": Things.ipv6,
    "interface": lambda things: things.region.call(
        "CreateNetworkInterface", VSwitchId=things["switch"], SecurityGroupId=things["group"]
    )["NetworkInterfaceId"],
    "disk": lambda things: things.region.call("CreateDisk", ZoneId=things["zone"], Size=20)["DiskId"],
    "own image": Things.own_image,
    "system": lambda things: "d-" + things["instance"][2:],
    "template": Things.template,
    "pair": lambda things: things.region.call("CreateKeyPair", KeyPairName="pair")["KeyPairName"],
    "command": lambda things: things.command("RunShellScript"),
    "batch": lambda things: things.command("RunBatScript"),
    "once": lambda things: things.invoke(),
    "schedule": lambda things: things.invoke(Frequency="rate(5m)"),
    "rule": lambda things: things.rule("ingress"),
    "egress rule": lambda things: things.rule("egress"),
    "machine": Things.machine,
    "another machine": Things.machine,
    "set": lambda things: things.region.create_deployment_set().id,
    "groups": lambda things: things.region.create_deployment_set(Strategy="AvailabilityGroup").id,
}

#: What shows all that the table's calls may make or change.
LISTINGS: Final = (
    "DescribeInstances",
    "DescribeDisks",
    "DescribeSnapshots",
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
