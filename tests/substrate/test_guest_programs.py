"""What guests know of directories, names and tools, by the system of their image; and the samples of the manual."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from faultzone import Instance, Region, make_region
from faultzone.substrate.systems import system_of

CENTOS = "centos_7_06_64_20G_alibase_20190218.vhd"
CENTOS_6 = "centos_6_09_64_20G_alibase_20180326.vhd"
ALIYUN = "alinux_17_01_64_20G_cloudinit_20171222.vhd"
UBUNTU = "ubuntu_16_0402_64_20G_alibase_20180409.vhd"
DEBIAN = "debian_9_06_64_20G_alibase_20190103.vhd"
COREOS = "coreos_1745_7_0_64_30G_alibase_20180705.vhd"
OPENSUSE = "opensuse_42_03_64_20G_alibase_20171031.vhd"
SUSE = "sles_12_sp2_64_20G_alibase_20170907.vhd"
WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"
FROM = "https://repo-aliyun-assist.oss-cn-beijing.aliyuncs.com/download"


@pytest.fixture(scope="module")
def region() -> Region:
    return make_region(zones=1, edition="2020-12")


@pytest.fixture(scope="module")
def images(region: Region) -> Mapping[str, Instance]:
    every = (CENTOS, CENTOS_6, ALIYUN, UBUNTU, DEBIAN, COREOS, OPENSUSE, SUSE, WINDOWS)
    return {image: region.run_instances(ImageId=image, HostName="web")[0] for image in every}


@pytest.fixture
def fresh() -> Region:
    return make_region(edition="2020-12")


@pytest.fixture
def one(fresh: Region) -> Instance:
    return fresh.run_instances(HostName="web")[0]


def ran(region: Region, instance: Instance, script: str, kind: str | None = None) -> tuple[int, str]:
    """The exit code and the output; of what is not understood `?` and how it is called."""
    found = region.commands.log_in(instance, script) if kind is None else logged_in(region, instance, script, kind)
    said = found["output"].partition("this guest does not understand ")[2]
    return (found["exit_code"], found["output"]) if not said else (found["exit_code"], "? " + said.partition(";")[0])


def logged_in(region: Region, instance: Instance, script: str, kind: str) -> dict[str, Any]:
    number = region.control("log-in", instance=instance.id, script=script, kind=kind)["number"]
    region.clock.advance("1m")
    return next(each for each in region.commands.ran_on(instance) if each["number"] == number)


# Directories


@pytest.mark.parametrize("directory", ["/nosuch", "/opt/app", "/root/app", "/tmp/../nosuch", "relative"])
def test_a_run_whose_directory_is_not_there_does_not_begin(fresh: Region, one: Instance, directory: str) -> None:
    invoked = fresh.run_command("echo ran", on=one, working_dir=directory)
    shown = invoked.result(one)
    assert (shown["InvokeRecordStatus"], shown["InvocationStatus"], shown["ErrorCode"], invoked.output(one)) == (
        "Failed",
        "Invalid",
        "DirectoryNotExists",
        "",
    )
    assert fresh.commands.ran_on(one) == []


def test_the_earlier_edition_shows_the_failure() -> None:
    region = make_region(edition="2019-02")
    (one,) = region.run_instances()
    invoked = region.run_command("echo ran", on=one, working_dir="/nosuch")
    assert (invoked.result(one)["InvokeRecordStatus"], invoked.status) == ("Failed", "Failed")


def test_a_directory_of_windows_is_not_there_either(fresh: Region) -> None:
    (one,) = fresh.run_instances(ImageId=WINDOWS)
    for directory in ("D:\\data", "C:\\nosuch"):
        invoked = fresh.run_command("cd", on=one, working_dir=directory, type="RunBatScript")
        assert invoked.result(one)["ErrorCode"] == "DirectoryNotExists"
    invoked = fresh.run_command("cd", on=one, working_dir="c:/windows", type="RunBatScript")
    assert (invoked.result(one)["ErrorCode"], invoked.output(one)) == ("", "C:\\Windows\r\n")


def test_a_directory_that_is_made_is_there(fresh: Region, one: Instance) -> None:
    assert ran(fresh, one, "mkdir /opt/app/logs") == (
        1,
        "mkdir: cannot create directory '/opt/app/logs': No such file or directory\n",
    )
    assert ran(fresh, one, "mkdir -p /opt/app/logs && mkdir /opt/app") == (
        1,
        "mkdir: cannot create directory '/opt/app': File exists\n",
    )
    assert (
        fresh.run_command("pwd; cd ..; pwd", on=one, working_dir="/opt/app/logs/").output(one)
        == "/opt/app/logs\n/opt/app\n"
    )
    one.reboot()
    assert ran(fresh, one, "cd /opt/app && pwd") == (0, "/opt/app\n")


def test_home_is_where_a_user_lives(fresh: Region, one: Instance) -> None:
    assert ran(fresh, one, "cd /; cd; pwd; cd /tmp; cd ~; pwd") == (0, "/root\n/root\n")


def test_of_a_directory_that_an_image_may_have_nothing_is_said(fresh: Region, one: Instance) -> None:
    invoked = fresh.run_command("echo ran", on=one, working_dir="/usr/share/nginx/html")
    assert invoked.result(one)["ExitCode"] == 2
    assert "does not understand whether there is a directory /usr/share/nginx/html" in invoked.output(one)
    fresh.guest("deploy", output="deployed\n")
    assert fresh.run_command("deploy", on=one, working_dir="/usr/share/nginx/html").output(one) == "deployed\n"


def test_the_directory_of_a_file_that_was_sent_is_there(fresh: Region, one: Instance) -> None:
    sent = {
        "Name": "a.txt",
        "TargetDir": "/srv/data",
        "Content": "x",
        "ContentType": "PlainText",
        "InstanceId": [one.id],
    }
    fresh.call("SendFile", **sent)
    fresh.clock.advance("1s")
    assert ran(fresh, one, "cd /srv/data; pwd") == (0, "/srv/data\n")


# Host names


def test_hostname_lasts_until_the_next_boot(fresh: Region, one: Instance) -> None:
    assert ran(fresh, one, "hostname api; hostname; uname -n; echo $HOSTNAME; cat /etc/hostname") == (
        0,
        "api\napi\nweb\nweb\n",
    )
    assert ran(fresh, one, "hostname; hostname -s; echo $HOSTNAME") == (0, "api\napi\napi\n")
    fresh.commands.log_in(one, "reboot")
    fresh.clock.advance("10s")
    assert ran(fresh, one, "hostname") == (0, "web\n")


def test_hostnamectl_lasts(fresh: Region, one: Instance) -> None:
    assert ran(fresh, one, "hostnamectl set-hostname api; hostname; uname -n; cat /etc/hostname") == (
        0,
        "api\napi\napi\n",
    )
    one.reboot()
    assert ran(fresh, one, "hostname") == (0, "api\n")
    fresh.call("ModifyInstanceAttribute", InstanceId=one.id, HostName="named")
    one.reboot()
    assert ran(fresh, one, "hostname; cat /etc/hostname") == (0, "named\nnamed\n")


def test_who_is_not_root_changes_no_name(fresh: Region, one: Instance) -> None:
    command = fresh.commands.create("whoami; hostname api")
    asked = {"CommandId": command, "InstanceId": [one.id], "Username": "nobody"}
    invoked = fresh.commands.invocation(fresh.call("InvokeCommand", **asked)["InvokeId"]).wait()
    assert invoked.output(one).startswith("nobody\nthis guest does not understand what 'hostname api' does for nobody")
    assert ran(fresh, one, "hostname") == (0, "web\n")


def test_a_windows_name_takes_effect_with_the_next_boot(fresh: Region) -> None:
    (one,) = fresh.run_instances(ImageId=WINDOWS, HostName="win")
    says = "WARNING: The changes will take effect after you restart the computer win.\r\n"
    assert ran(fresh, one, "Rename-Computer -NewName api; hostname", "RunPowerShellScript") == (0, says + "win\r\n")
    fresh.commands.log_in(one, "shutdown /r /t 0")
    fresh.clock.advance("10s")
    assert ran(fresh, one, "hostname") == (0, "api\r\n")
    assert ran(fresh, one, "hostname other")[0] == 2


@pytest.mark.parametrize("script", ["Start-Sleep", "start-sleep -s", "Start-Sleep 1", "exit 1 2", "exit 1"])
@pytest.mark.parametrize("end", [" a", " " + "9" * 5000, " 1 1 1"])
def test_windows_numbers_that_are_none(fresh: Region, script: str, end: str) -> None:
    (one,) = fresh.run_instances(ImageId=WINDOWS)
    assert ran(fresh, one, script + end, "RunPowerShellScript")[0] == 2
    assert ran(fresh, one, "Start-Sleep", "RunPowerShellScript")[0] == 2


# Tools, by system


_TOOLS = {
    "yum check-update": {CENTOS: 2, CENTOS_6: 2, ALIYUN: 2},
    "rpm -qa": {CENTOS: 2, CENTOS_6: 2, ALIYUN: 2, SUSE: 2, OPENSUSE: 2},
    "zypper refresh": {SUSE: 2, OPENSUSE: 2},
    "apt-get update": {UBUNTU: 2, DEBIAN: 2},
    "dpkg -l": {UBUNTU: 2, DEBIAN: 2},
    "systemctl is-active agentwatch": {CENTOS: 0, ALIYUN: 0, SUSE: 0, OPENSUSE: 0, UBUNTU: 0, DEBIAN: 0, COREOS: 0},
    "hostnamectl status": {CENTOS: 2, ALIYUN: 2, SUSE: 2, OPENSUSE: 2, UBUNTU: 2, DEBIAN: 2, COREOS: 2},
    "chkconfig agentwatch on": {CENTOS: 0, CENTOS_6: 0, ALIYUN: 0, SUSE: 0, OPENSUSE: 0},
}


@pytest.mark.parametrize("script", _TOOLS)
def test_the_tools_of_one_system_are_not_found_on_another(
    region: Region, images: Mapping[str, Instance], script: str
) -> None:
    name = script.split()[0]
    for image in (CENTOS, CENTOS_6, ALIYUN, UBUNTU, DEBIAN, COREOS, OPENSUSE, SUSE):
        code, output = ran(region, images[image], script)
        assert code == _TOOLS[script].get(image, 127), image
        says = "not found" if image in (UBUNTU, DEBIAN) else "command not found"
        assert (code == 127) is output.endswith(f": {name}: {says}\n")
        assert (code == 2) is output.startswith("? ")


@pytest.mark.parametrize(
    "name",
    "mkfs.ext4 e2fsck blkdiscard lsb_release growpart xfs_growfs pvcreate lvcreate ssh-keyscan systemd-run nft jq tree "
    "iptables-restore ip6tables python3.6 pip3.6 mysqldump pg_dump chronyc update-ca-certificates apt-add-repository "
    "yum-builddep kubectl getcap semanage visudo zstdcat nvidia-smi gcc-4.8 docker-compose java openssl".split(),
)
def test_of_what_an_image_may_have_nothing_is_said(name: str) -> None:
    assert system_of("linux", "CentOS 7.6 64-bit").has(name) is None


@pytest.mark.parametrize("name", ["deploy", "web", "nosuch", "python_", "e2", "mkfs.", "lv", "updat", "git-"])
def test_what_no_image_has_is_not_there(name: str) -> None:
    assert system_of("linux", "CentOS 7.6 64-bit").has(name) is False


def test_where_sh_is_no_bash_only_what_both_do_alike_is_understood(
    region: Region, images: Mapping[str, Instance]
) -> None:
    for image, code in ((CENTOS, 0), (UBUNTU, 2), (DEBIAN, 2)):
        for script in ("echo -e 'a\\tb'", "echo 'a\\tb'", "[ a == a ]", "printf '\\x41'", "echo $HOSTNAME"):
            assert ran(region, images[image], script)[0] == code
            assert ran(region, images[image], f"#!/bin/bash\n{script}")[0] == 0
        for script in ("..", "''"):
            assert ran(region, images[image], script)[0] == (127 if image == CENTOS else 2)
        assert ran(region, images[image], "echo -n a; printf '%s\\n' b; [ a = a ]") == (0, "ab\n")


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("id", "uid=0(root) gid=0(root) groups=0(root)\n"),
        ("id -un; id -gn; id -Gn; id -u; id -g; id -G", "root\nroot\nroot\n0\n0\n0\n"),
        ("date +%s; date -u +%F; date -u '+%Y %H:%M%%'", "1551398400\n2019-03-01\n2019 00:00%\n"),
        ("date '+%H:%M %z %Z'; date -u '+%z %Z'", "08:00 +0800 CST\n+0000 UTC\n"),
        ("timedatectl set-timezone America/New_York; date '+%F %H %Z'", "2019-02-28 19 EST\n"),
        ("sleep 1 0.5m .5; date +%s", "1551398432\n"),
    ],
)
def test_programs(script: str, output: str) -> None:
    region = make_region()
    (one,) = region.run_instances()
    before = int(region.commands.log_in(one, "date +%s")["output"])
    shifted = output.replace("1551398400", str(before)).replace("1551398432", str(before + 31))
    assert ran(region, one, script) == (0, shifted)


# The samples of the manual of 2019-02-23


@pytest.mark.parametrize(
    ("image", "package", "install", "update"),
    [
        (CENTOS, "aliyun_assist.rpm", "rpm -ivh", "rpm -U"),
        (ALIYUN, "aliyun_assist.rpm", "rpm -ivh", "rpm -U"),
        (SUSE, "aliyun_assist.rpm", "rpm -ivh", "rpm -U"),
        (UBUNTU, "aliyun_assist.deb", "dpkg -i", "dpkg -i"),
        (DEBIAN, "aliyun_assist.deb", "dpkg -i", "dpkg -i"),
    ],
)
def test_the_agent_is_installed_and_updated(fresh: Region, image: str, package: str, install: str, update: str) -> None:
    """2.2: `wget …; rpm -ivh aliyun_assist.rpm`, and the command that updates it."""
    (one,) = fresh.run_instances(ImageId=image)
    fresh.control("set-agent", instance=one.id, state="lacking")
    assert ran(fresh, one, f"wget {FROM}/{package}\n{install} {package}")[0] == 0
    assert fresh.control("agent", instance=one.id)["running"] is True
    fresh.control("set-agent", instance=one.id, state="outdated")
    assert ran(fresh, one, f"cd /tmp; wget -q {FROM}/{package}\n{update} {package}")[0] == 0
    shown = fresh.control("agent", instance=one.id)
    assert shown["version"] == shown["latest"]
    other = package.replace("rpm", "tmp").replace("deb", "rpm").replace("tmp", "deb")
    wrong = "dpkg -i" if other.endswith("deb") else "rpm -ivh"
    assert ran(fresh, one, f"wget -q {FROM}/{other}; {wrong} {other}")[0] == 127


def test_packages_are_files_in_a_directory(fresh: Region, one: Instance) -> None:
    missing = "error: open of aliyun_assist.rpm failed: No such file or directory\n"
    assert ran(fresh, one, f"cd /tmp && wget -q {FROM}/aliyun_assist.rpm; cd /; rpm -U aliyun_assist.rpm") == (
        1,
        missing,
    )
    already = "\tpackage aliyun_assist-1.0.1.459 is already installed\n"
    assert ran(fresh, one, "rpm -U /tmp/aliyun_assist.rpm") == (1, already)
    code, output = ran(fresh, one, f"cd /tmp && wget {FROM}/aliyun_assist.rpm")
    assert (code, "'aliyun_assist.rpm.1' saved" in output) == (0, True)
    assert ran(fresh, one, "wget https://example.com/download/aliyun_assist.rpm")[0] == 4
    assert ran(fresh, one, f"wget {FROM}/other.rpm")[0] == 4


@pytest.mark.parametrize(
    ("script", "code", "output"),
    [
        ("echo 123", 0, "123\n"),
        ("chmod a-x aliyun_assist_update", 0, ""),
        ("chmod a-x /usr/local/share/aliyun-assist/1.0.1.459/aliyun_assist_update", 0, ""),
        ("systemctl stop agentwatch", 0, ""),
        ("chkconfig agentwatch off", 0, ""),
        ("yum check-update", 2, "? 'yum'"),
        ("git clone https://github.com/aliyun/aliyun_assist_client", 2, "? 'git'"),
        ("cmake .", 2, "? 'cmake'"),
        ("make", 2, "? 'make'"),
        ("./cmake_install.sh", 127, "/tmp/login.sh: line 1: ./cmake_install.sh: No such file or directory\n"),
    ],
)
def test_the_samples_of_linux(fresh: Region, one: Instance, script: str, code: int, output: str) -> None:
    assert ran(fresh, one, script) == (code, output)


@pytest.mark.parametrize(
    ("kind", "script", "code", "output"),
    [
        ("RunBatScript", "echo 123", 0, "123\r\n"),
        ("RunPowerShellScript", "echo 123", 0, "123\r\n"),
        ("RunBatScript", "rename aliyun_assist_update", 0, ""),
        ("RunBatScript", "cd /d C:/windows\r\ncd", 0, "C:\\Windows\r\n"),
        ("RunBatScript", "ipconfig", 2, "? 'ipconfig'"),
        ("RunBatScript", "cd /d D:\\ || exit /b 3", 3, "The system cannot find the path specified.\r\n"),
        ("RunBatScript", "echo \"a\"   b!&echo.", 2, "? 'echo.'"),
        ("RunBatScript", "@echo \"a\"   b! & @exit /b", 0, "\"a\"   b! \r\n"),
        ("RunBatScript", "echo", 0, "ECHO is off.\r\n"),
        ("RunBatScript", "rem\r\n:: x\r\necho a && rem b", 0, "a \r\n"),
        ("RunBatScript", "echo %PATH%", 2, "? 'echo %PATH%'"),
        ("RunBatScript", "pwd", 9009, None),
        ("RunBatScript", "Restart-Computer", 9009, None),
        ("RunBatScript", "timeout /t x", 2, "? 'timeout /t x'"),
        ("RunBatScript", "net stop Spooler", 2, "? 'net stop Spooler'"),
        ("RunBatScript", "shutdown /a", 1116, None),
        ("RunBatScript", "shutdown /h", 2, "? 'shutdown /h'"),
        ("RunBatScript", "ver", 2, "? 'ver'"),
        ("RunPowerShellScript", "echo a b", 0, "a\r\nb\r\n"),
        ("RunPowerShellScript", "Write-Host a 'b  c' \"d\" # e", 0, "a b  c d\r\n"),
        ("RunPowerShellScript", "echo 'a#b'; echo 'a;b'", 0, "a#b\r\na;b\r\n"),
        ("RunPowerShellScript", "echo 007", 2, "? 'echo 007'"),
        ("RunPowerShellScript", "echo a,b", 2, "? 'echo a,b'"),
        ("RunPowerShellScript", "echo 'it''s'", 2, "? \"echo 'it''s'\""),
        ("RunPowerShellScript", "echo $PWD", 2, "? 'echo $PWD'"),
        ("RunPowerShellScript", "echo a && echo b", 2, "? 'echo a && echo b'"),
        ("RunPowerShellScript", "Write-Output -NoEnumerate a", 2, "? 'Write-Output -NoEnumerate a'"),
        ("RunPowerShellScript", "pwd", 2, "? 'pwd'"),
        ("RunPowerShellScript", "sc query AliyunService", 2, "? 'sc'"),
        ("RunPowerShellScript", "Get-Service AliyunService", 2, "? 'get-service'"),
        ("RunPowerShellScript", "Stop-Service Spooler", 2, "? 'stop-service Spooler'"),
        ("RunPowerShellScript", "Start-Sleep -Milliseconds 5; whoami", 0, "web\\administrator\r\n"),
    ],
)  # fmt: skip
def test_the_samples_of_windows(
    region: Region, images: Mapping[str, Instance], kind: str, script: str, code: int, output: str | None
) -> None:
    found = ran(region, images[WINDOWS], script, kind)
    assert found == (code, found[1] if output is None else output)


def test_the_service_of_windows_is_stopped_and_started(fresh: Region) -> None:
    (one,) = fresh.run_instances(ImageId=WINDOWS)

    def runs() -> bool:
        return bool(fresh.control("agent", instance=one.id)["running"])

    for kind, stop, start in (
        ("RunBatScript", "net stop AliyunService", "net start aliyunservice"),
        ("RunBatScript", "sc stop AliyunService", "sc start AliyunService"),
        ("RunPowerShellScript", "Stop-Service AliyunService", "Start-Service -Name AliyunService"),
    ):
        assert (ran(fresh, one, stop, kind)[0], runs()) == (0, False)
        assert (ran(fresh, one, start, kind)[0], runs()) == (0, True)


def test_the_program_of_the_manual_hears_that_yum_is_to_be_taught(fresh: Region, one: Instance) -> None:
    """2.3: `yum check-update`, by CreateCommand, InvokeCommand and DescribeInvocationResults."""
    content = base64.b64encode(b"yum check-update").decode()
    made = fresh.call("CreateCommand", CommandContent=content, Type="RunShellScript", Name="test", Description="test")
    asked = {"CommandId": made["CommandId"], "InstanceId": [one.id], "Timed": False}
    invoked = fresh.commands.invocation(fresh.call("InvokeCommand", **asked)["InvokeId"]).wait()
    assert "teach it the script: region.guest('yum check-update'" in invoked.output(one)
    fresh.guest("yum check-update", exit_code=100, output="nginx\n")
    invoked = fresh.commands.invocation(fresh.call("InvokeCommand", **asked)["InvokeId"]).wait()
    assert (invoked.result(one)["ExitCode"], invoked.output(one)) == (100, "nginx\n")
