"""Cloud Assistant: the agent. Manual 2.2."""

from __future__ import annotations

import pytest

from faultzone import ApiError, Instance, Region, assert_refused
from faultzone_specs.observing import AS_OF_2019, refusal_of

clause, needs = pytest.mark.clause, pytest.mark.needs

WITHOUT_AGENT = "m-bp1custom00000000001"
DEBIAN = "debian_9_06_64_20G_alibase_20190103.vhd"
WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"
UNLISTED = "ubuntu_18_04_64_20G_alibase_20181212.vhd"
UNKNOWN = "i-bp1nosuchinstance000"
#: How the names of the systems begin on which commands run.
SYSTEMS = (
    *("Windows Server 2008", "Windows Server 2012", "Windows Server 2016", "Ubuntu 12", "Ubuntu 14", "Ubuntu 16"),
    *("CentOS 5", "CentOS 6", "CentOS 7", "Debian 7", "Debian 8", "Debian 9", "Red Hat Enterprise Linux 5"),
    *("Red Hat Enterprise Linux 6", "Red Hat Enterprise Linux 7", "SUSE Linux Enterprise Server 11"),
    *("SUSE Linux Enterprise Server 12", "openSUSE", "Aliyun Linux", "CoreOS"),
)


def has_agent(instance: Instance) -> bool:
    """What DescribeCloudAssistantStatus says, in either spelling."""
    answer = instance.region.call("DescribeCloudAssistantStatus", InstanceId=[instance.id])
    shown = answer.get("InstanceCloudAssistantStatusSet", {}).get("InstanceCloudAssistantStatus", [])
    for each in shown:
        for field in ("CloudAssistantStatus", "CloudAssitantStatus"):
            if each["InstanceId"] == instance.id and field in each:
                assert each[field] in ("true", "false")
                return bool(each[field] == "true")
    raise AssertionError(f"nothing is said of {instance.id}: {answer}")


def runs_nothing(region: Region, instance: Instance, script: str = "echo 1", **given: str) -> None:
    """The call is refused, or the record becomes Failed with nothing put out."""
    try:
        ran = region.run_command(script, on=instance, timeout=5, **given)  # type: ignore[arg-type]
    except ApiError:
        return
    assert set(ran.states.values()) == {"Failed"}
    assert ran.output(instance) == ""


@clause("assistant/preinstalled", "assistant/agent-status-spelling")
def test_public_images_have_the_agent(region: Region) -> None:
    (instance,) = region.run_instances()
    assert has_agent(instance)


@clause("assistant/agent-status")
@needs("guest", "shape-region")
def test_the_status_is_that_of_the_agent(region: Region) -> None:
    """What it is while the instance or the agent is stopped is left open; afterwards it is what it was."""
    (instance,) = region.run_instances()
    (bare,) = region.run_instances(ImageId=WITHOUT_AGENT)
    assert (has_agent(instance), has_agent(bare)) == (True, False)
    for each in (instance, bare):
        each.stop()
    assert has_agent(instance) in (True, False)
    assert not has_agent(bare)
    for each in (instance, bare):
        each.start()
    region.wait(lambda: has_agent(instance), "5m", what="the agent")
    assert not has_agent(bare)
    region.commands.log_in(instance, "systemctl stop agentwatch")
    assert has_agent(instance) in (True, False)
    region.commands.log_in(instance, "systemctl start agentwatch")
    region.wait(lambda: has_agent(instance), "5m", what="the agent")


@clause("assistant/agent-required", "assistant/agent-status-spelling")
@needs("shape-region")
def test_an_agent_can_be_installed(region: Region) -> None:
    (instance,) = region.run_instances(ImageId=WITHOUT_AGENT)
    assert not has_agent(instance)
    runs_nothing(region, instance)
    region.call("InstallCloudAssistant", InstanceId=[instance.id])
    runs_nothing(region, instance)
    instance.reboot()
    assert has_agent(instance)
    assert region.run_command("echo 1", on=instance).output(instance) == "1\n"


@clause("assistant/install-by-package")
@needs("guest", "shape-region", "break-agents")
@pytest.mark.parametrize(
    ("image", "package", "install"),
    [(WITHOUT_AGENT, "aliyun_assist.rpm", "rpm -ivh"), (DEBIAN, "aliyun_assist.deb", "dpkg -i")],
)
def test_an_agent_can_be_installed_by_its_package(region: Region, image: str, package: str, install: str) -> None:
    """With the lines that the manual gives for the system, and no restart."""
    (instance,) = region.run_instances(ImageId=image)
    if image != WITHOUT_AGENT:
        region.control("set-agent", instance=instance.id, state="lacking")
    region.wait(lambda: not has_agent(instance), "3m", what="no agent")
    source = "https://repo-aliyun-assist.oss-cn-beijing.aliyuncs.com/download"
    assert region.commands.log_in(instance, f"wget {source}/{package}\n{install} {package}")["exit_code"] == 0
    region.wait(lambda: has_agent(instance), "5m", what="the agent")
    assert region.run_command("echo 1", on=instance).output(instance) == "1\n"


@clause("assistant/install-unknown")
def test_unknown_instances_are_refused(region: Region) -> None:
    for action in ("InstallCloudAssistant", "DescribeCloudAssistantStatus"):
        assert_refused("InvalidInstance.NotFound", lambda: region.call(action, InstanceId=[UNKNOWN]))  # noqa: B023
    assert_refused("MissingParameter.InstanceIds", lambda: region.call("InstallCloudAssistant"))


@clause("assistant/install-unknown")
@AS_OF_2019
def test_no_instance_has_no_status(region: Region) -> None:
    assert_refused("MissingParameter.InstanceIds", lambda: region.call("DescribeCloudAssistantStatus"))


@clause("assistant/vpc-only")
@pytest.mark.region(default_network=False)
@needs("shape-region")
def test_instances_in_the_classic_network_run_no_commands(region: Region) -> None:
    (classic,) = region.run_instances()
    zone = region.call("DescribeVSwitches")["VSwitches"]["VSwitch"][0]
    (inside,) = region.run_instances(VSwitchId=zone["VSwitchId"])
    networks = [each.describe()["InstanceNetworkType"] for each in (classic, inside)]
    assert networks == ["classic", "vpc"]
    command = region.commands.create("echo 1")
    refusal = refusal_of(lambda: region.call("InvokeCommand", CommandId=command, InstanceId=[classic.id, inside.id]))
    assert refusal is not None
    assert region.call("DescribeInvocations", CommandId=command, Timed=False)["TotalCount"] == 0
    assert region.run_command("echo 1", on=inside).output(inside) == "1\n"


@clause("assistant/os-list")
@needs("shape-region")
def test_other_systems_run_no_commands(region: Region) -> None:
    (instance,) = region.run_instances(ImageId=UNLISTED)
    runs_nothing(region, instance)
    region.call("InstallCloudAssistant", InstanceId=[instance.id])
    instance.reboot()
    runs_nothing(region, instance)


@clause("assistant/os-list", "assistant/preinstalled")
@needs("windows", "shape-region")
def test_every_listed_system_runs_commands(region: Region) -> None:
    """Of those that the region has a public image of, however old; nothing has to be installed."""
    images = region.describe("DescribeImages", "Images", "Image", ImageOwnerAlias="system")
    listed = {each["OSName"]: each for each in images if each["OSName"].startswith(SYSTEMS)}
    assert listed
    for image in listed.values():
        type = "RunBatScript" if image["OSType"] == "windows" else "RunShellScript"
        (instance,) = region.run_instances(ImageId=image["ImageId"])
        ran = region.run_command("echo 1", on=instance, type=type)
        assert ran.output(instance).strip() == "1", image["OSName"]


@clause("assistant/command-types")
@needs("shape-region")
def test_a_command_for_another_system_does_not_run(region: Region) -> None:
    (linux,) = region.run_instances()
    (windows,) = region.run_instances(ImageId=WINDOWS)
    runs_nothing(region, linux, type="RunBatScript")
    runs_nothing(region, windows, type="RunShellScript")
    assert region.run_command("echo 1", on=windows, type="RunBatScript").output(windows).strip() == "1"


@clause("assistant/type-spelling")
@needs("shape-region")
def test_a_type_that_is_spelt_as_in_the_manual_is_powershell_or_refused(region: Region) -> None:
    """It is listed as what it is, and runs on Windows alone."""
    (windows, linux) = (*region.run_instances(ImageId=WINDOWS), *region.run_instances())
    refusal = refusal_of(lambda: region.commands.create("echo 1", type="RunPowershellScript"))
    if refusal is not None:
        assert refusal.code == "InvalidCmdType.NotFound"
        return
    ran = region.run_command("echo 1", on=windows, type="RunPowershellScript")
    assert ran.output(windows).strip() == "1"
    assert ran.describe()["CommandType"] == "RunPowerShellScript"
    runs_nothing(region, linux, type="RunPowershellScript")


@clause("assistant/powershell-module")
@needs("windows", "shape-region")
def test_powershell_needs_its_module(region: Region) -> None:
    (instance,) = region.run_instances(ImageId=WINDOWS)
    assert region.run_command("echo 1", on=instance, type="RunPowerShellScript").output(instance).strip() == "1"
    region.control("set-powershell", instance=instance.id, there=False)
    runs_nothing(region, instance, type="RunPowerShellScript")


@clause("assistant/process-name")
@needs("log-in")
def test_the_agent_is_known_as_aliyun_service(region: Region) -> None:
    (instance,) = region.run_instances()
    assert region.commands.log_in(instance, "pgrep AliyunService")["exit_code"] == 0
    assert region.control("agent", instance=instance.id)["process"] == "AliyunService"


@clause("assistant/never-by-itself")
@needs("log-in", "move-time")
def test_an_instance_runs_what_the_user_invoked(region: Region) -> None:
    (instance,) = region.run_instances()
    region.clock.advance("1d")
    region.run_command("echo 1", on=instance)
    assert [(each["by"], each["script"]) for each in region.commands.ran_on(instance)] == [("assistant", "echo 1")]


@clause("assistant/upgrade-hourly")
@needs("old-agents", "guest-time", "move-time")
def test_the_agent_upgrades_itself_within_the_hour(region: Region) -> None:
    (instance,) = region.run_instances()
    region.control("set-agent", instance=instance.id, state="outdated")
    before = region.control("agent", instance=instance.id)
    assert before["version"] != before["latest"]
    region.clock.advance("61m")
    after = region.control("agent", instance=instance.id)
    assert after["version"] == after["latest"]
    assert after["checks"] > before["checks"]


@clause("assistant/upgrade-disabled")
@needs("guest", "move-time")
def test_without_its_updater_the_agent_is_not_upgraded(region: Region) -> None:
    (instance,) = region.run_instances()
    updater = "/usr/local/share/aliyun-assist/1.0/aliyun_assist_update"
    assert region.commands.log_in(instance, f"chmod a-x {updater}")["exit_code"] == 0
    region.control("set-agent", instance=instance.id, state="outdated")
    region.clock.advance("5h")
    shown = region.control("agent", instance=instance.id)
    assert shown["version"] != shown["latest"]
    assert region.run_command("echo 1", on=instance).output(instance) == "1\n"


@clause("assistant/upgrade-by-command")
@needs("guest", "move-time")
def test_a_command_upgrades_the_agent(region: Region) -> None:
    """The script is that of the manual; the agent serves on."""
    (instance,) = region.run_instances()
    region.commands.log_in(instance, "chmod a-x aliyun_assist_update")
    region.control("set-agent", instance=instance.id, state="outdated")
    package = "https://repo-aliyun-assist.oss-cn-beijing.aliyuncs.com/download/aliyun_assist.rpm"
    ran = region.run_command(f"wget {package}\nrpm -U aliyun_assist.rpm", on=instance)
    assert ran.result(instance)["ExitCode"] == 0
    shown = region.control("agent", instance=instance.id)
    assert shown["version"] == shown["latest"]
    assert region.run_command("echo 1", on=instance).output(instance) == "1\n"


@clause("assistant/agent-disabled")
@needs("guest")
@pytest.mark.parametrize("init", ["systemctl {} agentwatch", "chkconfig agentwatch {}"])
def test_a_stopped_agent_runs_nothing(region: Region, init: str) -> None:
    (instance,) = region.run_instances()
    off, on = ("stop", "start") if init.startswith("systemctl") else ("off", "on")
    region.commands.log_in(instance, init.format(off))
    runs_nothing(region, instance)
    assert [each["by"] for each in region.commands.ran_on(instance)] == ["login"]
    region.commands.log_in(instance, init.format(on))
    assert region.run_command("echo 1", on=instance).output(instance) == "1\n"
