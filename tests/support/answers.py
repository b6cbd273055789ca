"""All actions, called in regions that have something to show: their answers, for the tests of their shapes."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

from faultzone import Region, make_region
from faultzone.api.answer import CURRENT
from faultzone.backends.options import CloudOptions, local_backend
from faultzone.editions import Edition
from faultzone.mutations.wrapper import Wrapper
from tests.support.event_answers import ask_of_events
from tests.support.networks import look_at_interfaces, look_at_networks
from tests.support.price_answers import ask_prices
from tests.support.resource_answers import ask_of_copies, ask_of_resources

Answers = list[tuple[str, dict[str, Any]]]
LATER = (2020, 12)
GPUS = "ecs.gn7i-c8g1.2xlarge"
LOCAL_DISKS = "ecs.i2.xlarge"
CONTENT = base64.b64encode(b"echo {{ name }}; exit 3").decode()
#: So many instances with 20 tags each have more tags than a page.
_MANY = 26


class Noting(Wrapper):
    """Notes each answer."""

    def __init__(self, options: CloudOptions, into: Answers) -> None:
        super().__init__(local_backend(options))
        self.into = into

    def answer(self, action: str, parameters: object, answer: dict[str, Any]) -> dict[str, Any]:
        self.into.append((action, answer))
        return answer


def noting(into: Answers, edition: Edition, **options: Any) -> Region:
    """A region whose answers are noted."""
    chosen = CloudOptions.of(edition=edition, zones=2, **options)
    return make_region(Noting(chosen, into), edition=edition, zones=2, **options)


def all_answers(edition: Edition) -> Answers:
    """What the actions of an edition answer, in a region with much and in one with little."""
    found: Answers = []
    region = noting(found, edition, ipv6=edition.has(CURRENT))
    _make(region)
    _look(region)
    _command(region)
    _break(region)
    ask_of_resources(region)
    if _has(region, CURRENT):
        _change(region)
    _end(region)
    ask_of_copies(noting(found, edition, regions=("cn-hangzhou", "cn-beijing")))
    classic = noting(found, edition, default_network=False)
    classic.run_instances(1, public_ip=False)
    _look(classic)
    return found


def _has(region: Region, since: tuple[int, int] = LATER) -> bool:
    return region.edition.has(since)


def _pages(region: Region) -> list[dict[str, object]]:
    """What asks for pages in all ways that there are: by number, and by token a page that is the last and one that is
    not."""
    return [{}, {"MaxResults": 1}, {"MaxResults": 50}] if _has(region) else [{}]


def _make_group(region: Region, name: str) -> str:
    return str(region.control("add-resource-group", name=name)["resource_group"])


def _make(region: Region) -> None:
    later = _has(region)
    group = region.create_deployment_set("apart", Description="two of a kind")
    tags = [{"Key": "team", "Value": "blue"}]
    security = region.call("CreateSecurityGroup", SecurityGroupName="web", Description="a group", Tag=tags)
    disk = {"DiskName": "data", "Description": "a disk", "Size": 20, "Encrypted": True}
    if later:
        disk["PerformanceLevel"] = "PL1"
    region.run_instances(
        2,
        deployment_set=group,
        InstanceName="web",
        Description="an instance",
        Tag=tags,
        DataDisk=[disk],
        SecurityGroupId=security["SecurityGroupId"],
        RamRoleName="reader",
        UserData=base64.b64encode(b"#!/bin/sh\n").decode(),
        DeletionProtection=True,
        CreditSpecification="Unlimited",
    )
    region.run_instances(1, SpotStrategy="SpotWithPriceLimit", SpotPriceLimit=0.5, SpotDuration=1)
    free = region.create_instance(InstanceChargeType="PrePaid", Period=1)
    ask_prices(region, free)
    region.set_prices(monthly=10, hourly=1)
    region.top_up(1000)
    region.create_instance(InstanceChargeType="PrePaid", Period=1)
    (term,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1, PeriodUnit="Month")
    term.renew(1)
    ask_prices(region, term)
    given = {"InstanceIds": json.dumps([free.id])}
    region.call("ModifyInstanceChargeType", **given, InstanceChargeType="PostPaid", IsDetailFee=True)
    region.call("ModifyInstanceChargeType", **given, Period=1)
    renewal = {"InstanceId": term.id, "RenewalStatus": "AutoRenewal", "Duration": 1}
    region.call("ModifyInstanceAutoRenewAttribute", **renewal)
    if _has(region, CURRENT):
        region.run_instances(1, instance_type=GPUS)
        month = (region.clock.now - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for since in ({}, {"StartTime": month}):
            region.call("DescribeSpotPriceHistory", InstanceType="ecs.g5.large", NetworkType="vpc", **since)
        (spot,) = region.run_instances(1, SpotStrategy="SpotAsPriceGo", SpotDuration=0)
        region.chaos.spot_interruption(spot)
        region.call("DescribeSpotAdvice", InstanceTypes=["ecs.g5.large"])
        region.run_instances(1, **SETTINGS)
        region.run_instances(1, NetworkInterface=[{"NetworkInterfaceName": "back", "Description": "a card"}])
        region.run_instances(1, Ipv6AddressCount=1)
        region.run_instances(1, deployment_set=region.create_deployment_set(Strategy="AvailabilityGroup"))
    stopped = region.create_instance(instance_type=LOCAL_DISKS, ResourceGroupId=_make_group(region, "web"))
    region.call("ModifyInstanceAttribute", InstanceId=stopped.id, Description="by hand")
    due = (region.clock.now.replace(year=region.clock.now.year + 1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    region.call("ModifyInstanceAutoReleaseTime", InstanceId=stopped.id, AutoReleaseTime=due)
    region.call("ModifyInstanceDeployment", InstanceId=term.id, DeploymentSetId=group.id, Force=True)
    region.call("ModifyDeploymentSetAttribute", DeploymentSetId=group.id, DeploymentSetName="spread")
    many = [each.id for each in region.run_instances(_MANY, public_ip=False)]
    region.call(
        "TagResources",
        ResourceType="instance",
        ResourceId=many,
        Tag=[{"Key": f"k{number}", "Value": "v"} for number in range(20)],
    )
    _make_templates(region)
    region.call("TagResources", ResourceType="instance", ResourceId=[stopped.id], Tag=[{"Key": "a", "Value": "b"}])
    region.call("UntagResources", ResourceType="instance", ResourceId=[stopped.id], TagKey=["a"])
    if later:
        window = [{"StartTime": "01:00:00", "EndTime": "02:00:00"}]
        asked = {"MaintenanceWindow": window, "ActionOnMaintenance": "Stop", "NotifyOnMaintenance": True}
        region.call("ModifyInstanceMaintenanceAttributes", InstanceId=[stopped.id], **asked)


#: What the disks of today have besides.
TODAYS_DISK = {
    "Category": "cloud_auto",
    "ProvisionedIops": 1000,
    "BurstingEnabled": True,
    "Encrypted": True,
    "KMSKeyId": "key",
    "AutoSnapshotPolicyId": "sp-1",
    "StorageClusterId": "dbsc-1",
}
#: The network interface of a launch template.
INTERFACE: dict[str, Any] = {
    "InstanceType": "Secondary",
    "VSwitchId": "vsw-1",
    "SecurityGroupId": "sg-1",
    "PrimaryIpAddress": "10.0.0.21",
    "NetworkInterfaceName": "back",
    "Description": "a card",
    "DeleteOnRelease": True,
}
#: What only launches of today ask for.
SETTINGS: dict[str, Any] = {
    "HttpTokens": "required",
    "HttpPutResponseHopLimit": 2,
    "CpuOptions": {"ThreadsPerCore": 1, "TopologyType": "ContinuousCoreToHTMapping"},
    "ClockOptions": {"PtpStatus": "enabled"},
    "HibernationOptions": {"Configured": True},
    "ImageOptions": {"LoginAsNonRoot": True},
    "SecurityOptions": {"EnableSecureBoot": True},
    "PrivatePoolOptions": {"MatchCriteria": "Open"},
    "NetworkOptions": {"EnableJumboFrame": True, "BandwidthWeighting": "Vpc-L1"},
    "NetworkInterfaceQueueNumber": 2,
    "Isp": "BGP",
    "SystemDisk": {**TODAYS_DISK, "DeleteWithInstance": False},
}


def _make_templates(region: Region) -> None:
    """One template whose first version says all that a version can, and a second little."""
    later, today = _has(region), _has(region, CURRENT)
    due = (region.clock.now.replace(year=region.clock.now.year + 1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    tags = [{"Key": "team", "Value": "blue"}]
    disk: dict[str, object] = {"Category": "cloud_essd", "Size": 40, "DiskName": "data", "Description": "a disk"}
    if later:
        disk["PerformanceLevel"] = "PL1"
    data = {**disk, "Device": "/dev/xvdb", "DeleteWithInstance": True, "Encrypted": True}
    data |= {"SnapshotId": "s-1", "KMSKeyId": "key"}
    network = {"VpcId": "vpc-1", "VSwitchId": "vsw-1", "SecurityGroupId": "sg-1", "PrivateIpAddress": "10.0.0.20"}
    names = {"KeyPairName": "key", "RamRoleName": "reader", "ResourceGroupId": "rg-1", "DeploymentSetId": "ds-1"}
    money = {"InstanceChargeType": "PrePaid", "Period": 1, "PeriodUnit": "Month", "AutoRenew": True}
    spot = {"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.5, "SpotDuration": 1}
    more: dict[str, object] = {}
    if today:
        more |= {
            "TemplateResourceGroupId": _make_group(region, "templates"),
            "TemplateTag": tags,
            "EnableVmOsConfig": True,
            "NetworkInterface": [INTERFACE],
        }
        more |= {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 2}
        more |= {"ImageOptions": {"LoginAsNonRoot": True}}
        trusted = {"TrustedSystemMode": "vTPM", "ConfidentialComputingMode": "Enclave"}
        more["SecurityOptions"] = {"EnableSecureBoot": True, **trusted}
        disk |= {**TODAYS_DISK, "DeleteWithInstance": True}
        data |= TODAYS_DISK
    made = region.call(
        "CreateLaunchTemplate",
        **(network | names | money | spot | more),
        LaunchTemplateName="plain",
        VersionDescription="the first",
        ImageId=region.defaults["image"],
        ImageOwnerAlias="system",
        InstanceType=region.defaults["instance-type"],
        ZoneId=region.zones[0],
        NetworkType="vpc",
        InstanceName="web",
        HostName="web",
        Description="an instance",
        UserData=base64.b64encode(b"#!/bin/sh\n").decode(),
        InternetChargeType="PayByTraffic",
        InternetMaxBandwidthIn=5,
        InternetMaxBandwidthOut=5,
        IoOptimized="optimized",
        SecurityEnhancementStrategy="Active",
        CreditSpecification="Standard",
        AutoRenewPeriod=1,
        PasswordInherit=True,
        DeletionProtection=True,
        AutoReleaseTime=due,
        SystemDisk=disk,
        DataDisk=[data],
        Tag=tags,
    )
    version = {"LaunchTemplateId": made["LaunchTemplateId"], "ImageId": region.defaults["image"]}
    # Several security groups exclude the one that the first version has.
    groups = {"SecurityGroupIds": ["sg-1"]}
    region.call("CreateLaunchTemplateVersion", **version, **({**groups, "NetworkInterface": [groups]} if today else {}))
    region.call("CreateLaunchTemplateVersion", **version)
    region.call("ModifyLaunchTemplateDefaultVersion", DefaultVersionNumber=2, LaunchTemplateName="plain")
    region.call("DeleteLaunchTemplateVersion", LaunchTemplateName="plain", DeleteVersion=[3])


def _look(region: Region) -> None:
    """Each action that only tells, in whatever forms it has."""
    later = _has(region)
    ids = [each.id for each in region.instances]
    pages = _pages(region)
    region.call("DescribeRegions")
    region.call("DescribeZones")
    region.call("DescribeInstanceTypeFamilies")
    region.call("DescribeInstanceTypes", InstanceTypeFamily="ecs.i2")
    if _has(region, CURRENT):
        region.call("DescribeInstanceTypes", InstanceTypes=[GPUS])
    if later:
        region.call("DescribeInstanceTypes", MaxResults=1)
        region.call("DescribeInstances", AdditionalAttributes=["META_OPTIONS"])
        region.call("DescribeInstanceMaintenanceAttributes", PageSize=100)
    for kind in ("InstanceType", "Zone", "SystemDisk"):
        region.call("DescribeAvailableResource", DestinationResource=kind, InstanceType="ecs.g5.large")
    if _has(region, CURRENT):
        region.call("DescribeImageSupportInstanceTypes", ImageId=region.defaults["image"])
        region.call("DescribeImageFromFamily", ImageFamily="acs:ubuntu_22_04_x64")
        for _ in range(11):
            region.call("CreateSecurityGroup")
        region.call("DescribeSecurityGroups", MaxResults=10)
        region.call("DescribeSecurityGroups", PageSize=50)
    look_at_networks(region)
    region.call("DescribeImages", PageSize=100)
    for paged in ("DescribeDisks", "DescribeNetworkInterfaces"):
        for page in pages:
            region.call(paged, **(page or {"PageSize": 100}))
    groups = region.call("DescribeSecurityGroups")["SecurityGroups"]["SecurityGroup"]
    region.call("DescribeSecurityGroupAttribute", SecurityGroupId=groups[0]["SecurityGroupId"])
    region.call("ListTagResources", ResourceType="securitygroup", ResourceId=[groups[0]["SecurityGroupId"]])
    region.call("ListTagResources", ResourceType="instance", ResourceId=ids[-50:])
    region.call("DescribeInstances", PageSize=100)
    region.call("DescribeInstanceStatus")
    for each in ids:
        region.call("DescribeInstanceAttribute", InstanceId=each)
    region.call("DescribeUserData", InstanceId=ids[0])
    region.call("DescribeInstanceRamRole", RamRoleName="reader")
    region.control("renewal-day", day=5)
    region.call("DescribeInstanceAutoRenewAttribute", RenewalStatus="AutoRenewal")
    for template in region.call("DescribeLaunchTemplates")["LaunchTemplateSets"]["LaunchTemplateSet"]:
        region.call("DescribeLaunchTemplateVersions", LaunchTemplateId=template["LaunchTemplateId"])
    region.call("DescribeDeploymentSets")
    if _has(region, (2019, 9)):
        region.call("DescribeDeploymentSetSupportedInstanceTypeFamily")


def _command(region: Region) -> None:
    later = _has(region)
    command = {"Type": "RunShellScript", "CommandContent": CONTENT, "Description": "it fails", "WorkingDir": "/tmp"}
    more = {"EnableParameter": True} if later else {}
    today = _has(region, CURRENT)
    labels = {"Tag": [{"Key": "a", "Value": "b"}], "ResourceGroupId": _make_group(region, "commands")}
    tags = {**labels, "Launcher": "bash"} if today else {}
    made = region.call("CreateCommand", Name="failing", **command, **more, **tags)["CommandId"]
    region.call("CreateCommand", Name="gone", **command)
    first, *_ = targets = [each.id for each in region.instances[:2]]
    region.guest("chatty", output="x" * 100_000)
    ways = {"TerminationMode": "ProcessTree"} if today else {}
    given = {"Parameters": {"name": "web"}, "Username": "root", **tags, **ways} if later else {}
    region.call("InvokeCommand", CommandId=made, InstanceId=targets, **given)
    region.run_command("chatty", on=first)
    waits = region.run_command("sleep 600", on=first, wait=False)
    region.clock.advance("5s")
    waits.stop()
    timed = region.call("InvokeCommand", CommandId=made, InstanceId=targets, Timed=True, Frequency="0 0 * * * *")
    _describe_runs(region)
    region.clock.advance("2h")
    _describe_runs(region)
    region.call("StopInvocation", InvokeId=timed["InvokeId"])
    region.call("ModifyCommand", CommandId=made, Name="other")
    region.call("DeleteCommand", CommandId=region.call("DescribeCommands")["Commands"]["Command"][0]["CommandId"])
    region.call("InstallCloudAssistant", InstanceId=targets)
    if later:
        file = {"Name": "a", "TargetDir": "/tmp", "Content": "b", "Description": "a file"}
        region.call("SendFile", InstanceId=targets, **file)
        region.clock.advance("1m")
        tags = {"Tag": [{"Key": "for", "Value": "web"}]} if _has(region, (2026, 10)) else {}
        region.call("SendFile", InstanceId=targets, **file, **tags)
        region.clock.advance("1m")
        run = {"Type": "RunShellScript", "CommandContent": "sleep 600", "InstanceId": targets}
        region.call("RunCommand", **run)
        region.clock.advance("5s")
        waits = region.call("RunCommand", RepeatMode="EveryReboot", **run)["InvokeId"]
        if today:
            region.call("ModifyInvocationAttribute", InvokeId=waits, CommandContent="sleep 60")
    _describe_runs(region)
    if _has(region, (2026, 10)):
        _register(region)
        _set(region)


def _register(region: Region) -> None:
    """What there is of managed instances."""
    asked = {"InstanceName": "web", "Description": "a test's", "IpAddressRange": "0.0.0.0/0"}
    asked |= {"ResourceGroupId": _make_group(region, "outside")}
    made = region.call("CreateActivation", Tag=[{"Key": "for", "Value": "web"}], **asked)
    code = {"activation_id": made["ActivationId"], "activation_code": made["ActivationCode"]}
    machines = [region.control("add-machine")["machine"] for _ in range(3)]
    gone, managed, other = (
        region.instance(region.control("register-machine", machine=each, **code)["instance"]) for each in machines
    )
    region.run_command("true", on=managed)
    region.call("CreateActivation")
    region.call("DeregisterManagedInstance", InstanceId=gone.id)
    region.call("DisableActivation", ActivationId=made["ActivationId"])
    for page in _pages(region):
        for action in ("DescribeActivations", "DescribeManagedInstances", "DescribeCloudAssistantStatus"):
            region.call(action, **page)
    region.call("ModifyManagedInstance", InstanceId=managed.id, InstanceName="db")
    for each in (managed, other):
        region.call("DeregisterManagedInstance", InstanceId=each.id)
    region.call("DeleteActivation", ActivationId=made["ActivationId"])


def _set(region: Region) -> None:
    """The settings of Cloud Assistant, and a plug-in of its agents."""
    upgrades = {"AllowedUpgradeWindow": ["02:00-03:00"], "TimeZone": "UTC", "Enabled": True, "DisableUpgrade": True}
    for kind, given in (
        ("AgentUpgradeConfig", upgrades),
        ("SessionManagerConfig", {"SessionManagerEnabled": True}),
        ("ResourceUsageConfig", {"KeepScriptFile": True}),
    ):
        region.call("ModifyCloudAssistantSettings", SettingType=kind, **{kind: given})
    kinds = ["AgentUpgradeConfig", "SessionManagerConfig", "ResourceUsageConfig", "InvocationDelivery"]
    region.call("DescribeCloudAssistantSettings", SettingType=kinds)
    (instance,) = region.run_instances(1)
    region.control("set-plugin", instance=instance.id, name="service", state="Running")
    for page in _pages(region):
        region.call("ListPluginStatus", Name="service", **page)
    url: dict[str, object] = {
        "ParameterName": "url",
        "Description": "where",
        "DefaultValue": "a",
        "PossibleValues": ["a"],
    }
    url |= {"PatternRegex": ".*", "Required": True}
    about = {"category": "disks", "description": "looks", "parameters": [url]}
    region.control("publish-command", name="check.sh", content="echo {{url}}", **about)
    region.call("DescribeCommands", Provider="AlibabaCloud")


def _describe_runs(region: Region) -> None:
    later = _has(region)
    pages = _pages(region)
    region.call("DescribeCloudAssistantStatus", InstanceId=[each.id for each in region.instances[:10]])
    for page in pages:
        region.call("DescribeCommands", **page)
        region.call("DescribeInvocationResults", **page)
        for invocation in region.call("DescribeInvocations", **page)["Invocations"]["Invocation"]:
            more = {"IncludeOutput": True} if later else {}
            region.call("DescribeInvocations", InvokeId=invocation["InvokeId"], **more)
        if later:
            region.call("DescribeSendFileResults", **page)


def _break(region: Region) -> None:
    later = _has(region)
    first, second, third, *_ = region.instances
    due = (region.clock.now.replace(year=region.clock.now.year + 1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    simulated = {"InstanceId": [first.id], "EventType": "SystemMaintenance.Reboot", "NotBefore": due}
    made = region.call("CreateSimulatedSystemEvents", **simulated)["EventIdSet"]["EventId"]
    region.chaos.security_lock(second)
    region.chaos.maintenance(third.id)
    region.call("DescribeInstancesFullStatus")
    if _has(region, (2019, 6)):
        region.call("RedeployInstance", InstanceId=third.id)
    region.call("CancelSimulatedSystemEvents", EventId=made)
    if later:
        region.chaos.maintenance(first.id, outcome="inquires")
        asked = region.call("DescribeInstancesFullStatus", InstanceId=[first.id])["InstanceFullStatusSet"]
        (event,) = asked["InstanceFullStatusType"][0]["ScheduledSystemEventSet"]["ScheduledSystemEventType"]
        region.call("AcceptInquiredSystemEvent", EventId=event["EventId"])
    region.clock.advance("1h")
    region.call("DescribeInstanceHistoryEvents")
    if _has(region, CURRENT):
        many = {**simulated, "InstanceId": [each.id for each in region.instances[:11]]}
        region.call("CreateSimulatedSystemEvents", **many)
        region.call("DescribeInstanceHistoryEvents", MaxResults=10, InstanceEventCycleStatus=["Scheduled"])
        ask_of_events(region)
    region.call("DescribeInstances", PageSize=100)
    region.call("DescribeInstanceAttribute", InstanceId=second.id)
    region.call("DescribeDisks", PageSize=100)


def _change(region: Region) -> None:
    """Each action of today that changes instances."""
    look_at_interfaces(region)
    groups = region.call("DescribeSecurityGroups", PageSize=1)["SecurityGroups"]["SecurityGroup"]
    security = groups[0]["SecurityGroupId"]
    moved = {"ResourceType": "securitygroup", "ResourceId": security}
    region.call("JoinResourceGroup", ResourceGroupId=_make_group(region, "moved"), **moved)
    region.call("DescribeSecurityGroups", SecurityGroupId=security)
    (one,) = region.run_instances(1)
    group = region.call("CreateSecurityGroup")["SecurityGroupId"]
    region.call("JoinSecurityGroup", InstanceId=one.id, SecurityGroupId=group)
    region.call("LeaveSecurityGroup", InstanceId=one.id, SecurityGroupId=group)
    ids = json.dumps([one.id])
    region.call("AttachInstanceRamRole", InstanceIds=ids, RamRoleName="reader")
    region.call("AttachInstanceRamRole", InstanceIds=ids, RamRoleName="writer")
    region.call("DetachInstanceRamRole", InstanceIds=ids, RamRoleName="writer")
    region.call("DetachInstanceRamRole", InstanceIds=ids)
    region.call("ModifyInstanceMetadataOptions", InstanceId=one.id, HttpEndpoint="enabled", HttpTokens="required")
    region.call("DescribeInstances", MaxResults=10)
    region.call("GetInstanceConsoleOutput", InstanceId=one.id)
    region.call("DescribeInstanceTopology")
    region.call("DescribeAccountAttributes", ZoneId=region.zones[0])
    region.call("SendDiagnosticInterrupt", InstanceId=one.id)
    region.clock.advance("10m")
    one.stop()
    topology = {"TopologyType": "DiscreteCoreToHTMapping"}
    names = dict.fromkeys(("InstanceIdDnsAAAARecord", "InstanceIdDnsARecord", "IpDnsARecord", "IpDnsPtrRecord"), True)
    asked = {"CpuOptions": topology, "PrivateDnsNameOptions": {f"Enable{name}": on for name, on in names.items()}}
    region.call("ModifyInstanceAttribute", InstanceId=one.id, EnableJumboFrame=True, **asked)
    region.call("DescribeInstanceAttribute", InstanceId=one.id)
    region.call("DescribeInstances", InstanceIds=ids)
    region.call("ModifyInstanceSpec", InstanceId=one.id, InstanceType="ecs.g5.xlarge")
    region.call("ModifyInstanceNetworkSpec", InstanceId=one.id, InternetMaxBandwidthOut=5)
    region.call("AllocatePublicIpAddress", InstanceId=one.id)
    vswitch = one.describe()["VpcAttributes"]["VSwitchId"]
    region.call("ModifyInstanceVpcAttribute", InstanceId=one.id, VSwitchId=vswitch)
    for kind in ({"DestinationResource": "InstanceType"}, {"DestinationResource": "SystemDisk"}):
        region.call("DescribeResourcesModification", ResourceId=one.id, InstanceType="ecs.g5.large", **kind)


def _end(region: Region) -> None:
    (one,) = region.run_instances(1)
    region.clock.advance("10m")
    one.reboot()
    one.stop()
    one.start()
    with region.chaos.shortage(), region.chaos.arrears():
        region.clock.advance("1h")
    assert one.lock_reasons == ["financial"]
    region.call("ReActivateInstances", InstanceId=one.id)
    if _has(region):
        (last,) = region.run_instances(1)
        for action in ("StopInstances", "StartInstances", "RebootInstances"):
            region.call(action, InstanceId=[last.id])
            region.clock.advance("10m")
        region.call("DeleteInstances", InstanceId=[last.id], Force=True)
    (gone,) = region.run_instances(1)
    region.call("DeleteInstance", InstanceId=gone.id, Force=True)
    template = region.call("CreateLaunchTemplate", LaunchTemplateName="gone")["LaunchTemplateId"]
    region.call("DeleteLaunchTemplate", LaunchTemplateId=template)
    empty = region.call("CreateDeploymentSet")["DeploymentSetId"]
    region.call("DeleteDeploymentSet", DeploymentSetId=empty)
    group = region.call("CreateSecurityGroup")["SecurityGroupId"]
    region.call("DeleteSecurityGroup", SecurityGroupId=group)
