"""Things that tables of calls name by words, `"<instance>"`, and what shows whether a call has changed anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from faultzone import Region, make_region
from faultzone.api.answer import CURRENT
from tests.support.networks import make_vpc, make_vswitch

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

    def permitted(self, way: str) -> str:
        """The addresses of a rule of the security group."""
        asked = {"SecurityGroupId": self["group"], "IpProtocol": "udp", "PortRange": "53/53"}
        end = "SourceCidrIp" if way == "ingress" else "DestCidrIp"
        action = "AuthorizeSecurityGroup" + ("" if way == "ingress" else "Egress")
        self.region.call(action, **asked, **{end: "172.16.0.0/12"})
        return "172.16.0.0/12"

    def rule(self, way: str) -> str:
        """The id of a rule of the security group."""
        self.permitted(way)
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

    def disk_of_its_own(self) -> str:
        """A data disk that the instance has."""
        self.region.call("AttachDisk", InstanceId=self["instance"], DiskId=self["disk"])
        self.region.clock.advance("1m")
        return self["disk"]

    def joined(self) -> str:
        """A second security group of the instance."""
        self.region.call("JoinSecurityGroup", SecurityGroupId=self["other group"], InstanceId=self["instance"])
        return self["other group"]

    def attached_interface(self) -> str:
        """A second network interface of the instance."""
        asked = {"InstanceId": self["instance"], "NetworkInterfaceId": self["interface"]}
        self.region.call("AttachNetworkInterface", **asked)
        self.region.clock.advance("1m")
        return self["interface"]

    def event(self, **how: Any) -> str:
        """An event that is planned for the instance."""
        self.region.chaos.maintenance(self["instance"], **how)
        asked = self.region.call("DescribeInstancesFullStatus", InstanceId=[self["instance"]])
        events = asked["InstanceFullStatusSet"]["InstanceFullStatusType"][0]["ScheduledSystemEventSet"]
        return str(events["ScheduledSystemEventType"][0]["EventId"])

    def sooner(self) -> str:
        """A time before that of the planned event."""
        return self.time(minutes=10) if self["planned"] else ""

    def time(self, **later: float) -> str:
        """A time from now on."""
        return (self.region.clock.now + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def simulated(self) -> str:
        asked = {"EventType": "SystemMaintenance.Reboot", "NotBefore": self.time(days=365)}
        made = self.region.call("CreateSimulatedSystemEvents", InstanceId=[self["instance"]], **asked)
        return str(made["EventIdSet"]["EventId"][0])

    def task(self) -> str:
        return str(self.region.call("RedeployInstance", InstanceId=self["planned instance"])["TaskId"])

    def planned_instance(self) -> str:
        return self["instance"] if self["planned"] else ""

    def snapshot_of(self, disk: str) -> str:
        made: str = self.region.call("CreateSnapshot", DiskId=self[disk])["SnapshotId"]
        self.region.clock.advance("1m")
        return made

    def copy(self) -> str:
        """An image that is being copied."""
        return str(self.region.call("CopyImage", ImageId=self["own image"], Encrypted=True)["ImageId"])

    def window(self) -> str:
        period = {"PeriodUnit": "Daily", "RangeList": [{"StartTime": "02:00", "EndTime": "04:00"}]}
        target = {"Scope": "Tag", "Tags": [{"Key": "role", "Value": "web"}]}
        asked = {"Enable": True, "SupportMaintenanceAction": '["Reboot"]', "TimePeriod": period}
        made = self.region.call("CreatePlanMaintenanceWindow", PlanWindowName="w", TargetResource=target, **asked)
        return str(made["PlanWindowId"])

    def overdue(self) -> str:
        """An instance that was stopped for arrears, which are paid."""
        made = self["instance"]
        with self.region.chaos.shortage(), self.region.chaos.arrears():
            self.region.clock.advance("1h")
        return made

    def own_vpc(self) -> str:
        return make_vpc(self.region)

    def own_switch(self) -> str:
        return make_vswitch(self.region, self["own vpc"])

    def ipv6_switch(self) -> str:
        return make_vswitch(self.region, self["ipv6 vpc"])

    def renewal_day(self) -> str:
        """The day of the month on which subscriptions of the account end."""
        self.region.control("renewal-day", day=5)
        return "5"

    def new_disk(self, **more: Any) -> str:
        return str(self.region.call("CreateDisk", ZoneId=self["zone"], **{"Size": 20, **more})["DiskId"])

    def prepaid_disk(self) -> str:
        """The data disk of a subscription."""
        asked = {"InstanceId": self["prepaid with a disk"], "DiskType": "data"}
        shown = self.region.call("DescribeDisks", **asked)["Disks"]["Disk"]
        return str(shown[0]["DiskId"])

    def shared_with(self) -> str:
        """An account that may use the own image."""
        self.region.call("ModifyImageSharePermission", ImageId=self["own image"], AddAccount=["1000000000000077"])
        return "1000000000000077"

    def prefix(self, version: int) -> str:
        """A block of addresses of the network interface."""
        action = "PrivateIpAddresses" if version == 4 else "Ipv6Addresses"
        card = {"NetworkInterfaceId": self["interface"]}
        told = self.region.call(f"Assign{action}", **card, **{f"Ipv{version}PrefixCount": 1})
        inner = told.get("AssignedPrivateIpAddressesSet", told)
        sets = inner["Ipv4PrefixSet"]["Ipv4Prefixes"] if version == 4 else inner["Ipv6PrefixSets"]["Ipv6Prefix"]
        return str(sets[0])

    def free_prefix(self, version: int) -> str:
        """A block of addresses of the vSwitch that the network interface had."""
        action = "PrivateIpAddresses" if version == 4 else "Ipv6Addresses"
        block = self.prefix(version)
        asked = {"NetworkInterfaceId": self["interface"], f"Ipv{version}Prefix": [block]}
        self.region.call(f"Unassign{action}", **asked)
        return block

    def associated(self) -> str:
        self.region.call("AssociateEipAddress", AllocationId=self["eip"], InstanceId=self["bare"])
        self.region.clock.advance("1m")
        return self["eip"]

    def assigned(self) -> str:
        """A secondary address of the network interface."""
        asked = {"NetworkInterfaceId": self["interface"], "PrivateIpAddress": [self["address"]]}
        self.region.call("AssignPrivateIpAddresses", **asked)
        return self["address"]

    def assigned_ipv6(self) -> str:
        asked = {"NetworkInterfaceId": self["interface"], "Ipv6Address": [self["ipv6"]]}
        self.region.call("AssignIpv6Addresses", **asked)
        return self["ipv6"]

    def event_rule(self) -> str:
        self.region.call("PutEventRule", "cms", RuleName="web", EventPattern=[{"Product": "ECS"}])
        asked = {"RuleName": "web", "WebhookParameters": [{"Id": "1", "Url": "http://127.0.0.1:9/"}]}
        self.region.call("PutEventRuleTargets", "cms", **asked)
        return "web"

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
    "disk": lambda things: things.new_disk(),
    "own image": Things.own_image,
    "system": lambda things: "d-" + things["instance"][2:],
    "template": Things.template,
    "pair": lambda things: things.region.call("CreateKeyPair", KeyPairName="pair")["KeyPairName"],
    "command": lambda things: things.command("RunShellScript"),
    "batch": lambda things: things.command("RunBatScript"),
    "once": lambda things: things.invoke(),
    "timed": lambda things: things.invoke(Frequency="0 0 12 * * ?", Timed=True),
    "schedule": lambda things: things.invoke(Frequency="rate(5m)"),
    "rule": lambda things: things.rule("ingress"),
    "egress rule": lambda things: things.rule("egress"),
    "machine": Things.machine,
    "another machine": Things.machine,
    "region": lambda things: things.region.id,
    "bare": lambda things: things.run(public_ip=False),
    "reader": lambda things: things.run(RamRoleName="reader"),
    "attached": Things.disk_of_its_own,
    "snapshot": lambda things: things.snapshot_of("attached"),
    "copy": Things.copy,
    "other group": lambda things: things.region.call("CreateSecurityGroup")["SecurityGroupId"],
    "joined": Things.joined,
    "primary interface": lambda things: "eni-" + things["instance"][2:],
    "second interface": Things.attached_interface,
    "assigned": Things.assigned,
    "assigned ipv6": Things.assigned_ipv6,
    "ingress block": lambda things: things.permitted("ingress"),
    "egress block": lambda things: things.permitted("egress"),
    "inquiring": lambda things: things.event(outcome="inquires"),
    "planned": lambda things: things.event(within="2h"),
    "planned instance": Things.planned_instance,
    "simulated": Things.simulated,
    "sooner": Things.sooner,
    "next year": lambda things: things.time(days=365),
    "tomorrow": lambda things: things.time(days=1),
    "next week": lambda things: things.time(days=7),
    "renewal day": Things.renewal_day,
    "template name": lambda things: "web" if things["template"] else "",
    "auto disk": lambda things: things.new_disk(DiskCategory="cloud_auto", Size=500),
    "prepaid with a disk": lambda things: things.run(InstanceChargeType="PrePaid", Period=1, DataDisk=[{"Size": 20}]),
    "prepaid data disk": Things.prepaid_disk,
    "system snapshot": lambda things: things.snapshot_of("system"),
    "shared with": Things.shared_with,
    "ipv6 vpc": lambda things: make_vpc(things.region, EnableIpv6=True),
    "ipv6 switch": Things.ipv6_switch,
    "ipv4 prefix": lambda things: things.free_prefix(4),
    "ipv6 prefix": lambda things: things.free_prefix(6),
    "assigned ipv4 prefix": lambda things: things.prefix(4),
    "assigned ipv6 prefix": lambda things: things.prefix(6),
    "essd gib": lambda things: "1500" if things.region.edition.has(CURRENT) else "500",
    "parametrized": lambda things: things.region.commands.create("echo {{name}}", EnableParameter=True),
    "now": lambda things: things.time(),
    "task": Things.task,
    "window": Things.window,
    "activation": lambda things: things.region.call("CreateActivation")["ActivationId"],
    "overdue": Things.overdue,
    "resource group": lambda things: things.region.control("add-resource-group", name="web")["resource_group"],
    "grouped": lambda things: things.run(ResourceGroupId=things["resource group"]),
    "own vpc": Things.own_vpc,
    "own switch": Things.own_switch,
    "eip": lambda things: things.region.call("AllocateEipAddress")["AllocationId"],
    "associated": Things.associated,
    "role arn": lambda things: f"acs:ram::{things.region.control('shape')['accounts'][0]}:role/reader",
    "event rule": Things.event_rule,
    "set": lambda things: things.region.create_deployment_set().id,
    "groups": lambda things: things.region.create_deployment_set(Strategy="AvailabilityGroup").id,
}

#: What shows all that the table's calls may make or change.
LISTINGS: Final = (
    "DescribeInstances",
    "DescribeDisks",
    "DescribeSnapshots",
    "DescribeImages",
    "DescribeVpcs",
    "DescribeVSwitches",
    "DescribeEipAddresses",
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
