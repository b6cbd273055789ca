"""What `faultzone up` says at its end."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from faultzone.cli.main import main
from faultzone.serve.client import connect
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow


def test_the_end_tells_of_each_parameter_that_no_edition_has() -> None:
    """Also of one from before a reset, and never of its value."""
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--token", "the-token"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        backend = connect(url, token="the-token")
        for name in ("Colour", "Colour", "Size"):
            backend.call("DescribeInstances", {"RegionId": "cn-hangzhou", name: "secret value"})
        backend.control("reset", {})
        backend.call("DescribeZones", {"RegionId": "cn-hangzhou", "Kennwort": "secret value"})
        backend.close()
        process.terminate()
        rest = process.stdout.read()
        assert process.wait(timeout=PATIENCE) == 0
    assert rest.splitlines()[1:] == [
        "ignored, since no edition has it: DescribeInstances Colour, DescribeInstances Size",
        "ignored, since no edition has it: DescribeZones Kennwort",
    ]


def test_the_log_has_a_line_for_each_request() -> None:
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--token", "the-token", "--log"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        backend = connect(process.stdout.readline().split()[1], token="the-token")
        backend.call("DescribeZones", {"RegionId": "cn-hangzhou"})
        backend.close()
        process.terminate()
        told = process.stderr.read().splitlines()
        assert process.wait(timeout=PATIENCE) == 0
    assert [line[10:].rpartition("  ")[0] for line in told if "Zones" in line] == ["200  DescribeZones()"]


def test_people_are_told_the_console_and_the_settings_of_clients() -> None:
    """On the standard error: programs read the two lines of the standard output."""
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--token", "a+token", "--key", "me:it's mine"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split()[1]
        assert process.stdout.readline() == "control token a+token\n"
        with urlopen(f"{url}/_faultzone/health", timeout=PATIENCE) as answer:
            assert answer.status == 200
        process.terminate()
        first, _, told = process.stderr.read().partition("\n")
        assert process.stdout.read() == ""
        assert process.wait(timeout=PATIENCE) == 0
    assert first == f"console {url}/#token=a%2Btoken"
    names = [line[2:] for line in told.splitlines() if line.startswith("# ") and " " not in line[2:]]
    assert [name for name in names if "-" not in name] == ["environment", "python", "node", "terraform", "aliyun"]
    assert "export ALICLOUD_ACCESS_KEY=me ALICLOUD_SECRET_KEY='it'\"'\"'s mine'\n" in told
    assert "client = AcsClient('me', \"it's mine\", 'cn-hangzhou')\n" in told
    assert 'secret_key             = "it\'s mine"\n' in told
    assert told.count(url.partition("//")[2]) >= 6


def test_tls_is_spoken_on_the_same_port_by_an_authority_that_is_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--ca", str(tmp_path)]
    for _ in range(2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().split()[1]
            assert process.stdout.readline().startswith("control token ")
            trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
            for each in (url, url.replace("http:", "https:")):
                with urlopen(f"{each}/_faultzone/health", context=trusting, timeout=PATIENCE) as answer:
                    assert answer.read() == b'{"status":"ok"}'
            process.terminate()
            assert process.wait(timeout=PATIENCE) == 0


def test_a_directory_that_is_none_keeps_no_authority(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main(["up", "--ca", str(tmp_path / "file")]) == 2
    assert "expected a directory in which the authority can be kept" in capsys.readouterr().err


def test_without_its_extra_up_says_what_to_install(tmp_path: Path) -> None:
    script = """if True:
        import sys
        sys.modules["trustme"] = None
        from faultzone.cli.main import main
        main(["up"])
    """
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    assert lines[2] == "plain HTTP only; for TLS on the same port: pip install 'pytest-faultzone[tls]'\n"


def test_a_summary_tells_what_was_asked_of_whichever_region(tmp_path: Path) -> None:
    """Also of what was before a reset."""
    told = tmp_path / "asked.json"
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--token", "the-token", "--summary", str(told)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[1]
        backend = connect(url, token="the-token")
        listed = backend.call("DescribeRegions", {})["Regions"]["Region"]
        for each in listed:
            backend.call("DescribeInstances", {"RegionId": each["RegionId"]})
        backend.control("reset", {"regions": ["cn-beijing"], "all_regions": False})
        (only,) = backend.call("DescribeRegions", {})["Regions"]["Region"]
        assert only["RegionId"] == "cn-beijing"
        backend.call("GetCallerIdentity", {}, product="sts")
        backend.close()
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0
    products = json.loads(told.read_text())["products"]
    assert len(listed) > 20
    assert products["ecs"]["DescribeInstances"]["answered"] == len(listed)
    assert products["ecs"]["DescribeRegions"]["answered"] == 2
    assert products["sts"]["GetCallerIdentity"]["answered"] == 1


def test_a_scenario_begins_with_the_region(tmp_path: Path) -> None:
    scenario = tmp_path / "crash.json"
    fault = {"fault": "HostCrash", "host": "cn-hangzhou-a-h01"}
    scenario.write_text(json.dumps({"version": 1, "steps": [{"at": "1h", "fault": fault}]}), "utf-8")
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--token", "the-token", "--scenario", str(scenario)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        backend = connect(process.stdout.readline().split()[1], token="the-token")
        (planned,) = backend.control("faults", {})["faults"]
        assert (planned["state"], planned["fault"]) == ("planned", {**fault, "reversible": True})
        backend.call("DescribeZones", {"RegionId": "cn-hangzhou"})
        backend.close()
        process.terminate()
        told = process.stdout.read().splitlines()
        assert process.wait(timeout=PATIENCE) == 0
    report = told[1:]
    assert report[0].startswith("game day: ")
    assert "  HostCrash(host='cn-hangzhou-a-h01', reversible=True) never came: it was still planned" in report
    assert report[-2:] == ["  ecs", "    DescribeZones  1 answered"]


def test_a_scenario_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "crash.json").write_text('{"version": 1, "st', "utf-8")
    command = [sys.executable, "-m", "faultzone.cli.main", "up", "--scenario", str(tmp_path / "crash.json")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode != 0
    assert "crash.json: expected a schedule as JSON; it is cut short" in ended.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--docker-root", "my/service:1"], "--docker-root: only for hosts that are containers"),
        (["--docker-hosts", "0"], "--docker-hosts: only for hosts that are containers"),
        (["--docker-plain"], "--docker-plain: only for hosts that are containers"),
        (["--backend", "docker", "--docker-hosts", "0"], "--docker-hosts=0: expected"),
        (["--backend", "docker", "--scale", "20"], "--scale 20: expected 1 with --backend docker"),
    ],
)
@pytest.mark.parametrize("command", [["up"], ["run"]])
def test_options_of_containers_that_cannot_be_are_told(
    command: list[str], options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *options, *(["--", "true"] if command == ["run"] else [])]) == 2
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""
