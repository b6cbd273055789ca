"""`faultzone up` and `faultzone run` with hosts that are containers: what they serve, and that nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faultzone.errors import NotSupported
from faultzone.serve.client import connect
from faultzone.substrate.docker.session import Session
from tests.docker.test_cleanup import gone
from tests.support.patience import PATIENCE

pytestmark = [pytest.mark.docker, pytest.mark.slow]
COMMAND = [sys.executable, "-m", "faultzone.cli.main"]


@contextmanager
def up(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`faultzone up` with hosts that are containers, and its address."""
    command = [*COMMAND, "up", "--backend", "docker", "--token", "the-token", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().split()[1]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_region_of_containers_is_served_and_leaves_nothing(hosts: Session, number: signal.Signals) -> None:
    """Its instances are real."""
    with up() as (process, url):
        backend = connect(url, token="the-token")
        region = {"RegionId": "cn-hangzhou"}
        image = backend.call("DescribeImages", region)["Images"]["Image"][0]["ImageId"]
        launch = {**region, "ImageId": image, "InstanceType": "ecs.g5.large"}
        (made,) = backend.call("RunInstances", launch)["InstanceIdSets"]["InstanceIdSet"]

        def status() -> str:
            (shown,) = backend.call("DescribeInstances", region)["Instances"]["Instance"]
            return str(shown["Status"])

        end = time.monotonic() + PATIENCE
        while status() != "Running":
            assert time.monotonic() < end, status()
            time.sleep(0.1)
        (shown,) = backend.call("DescribeInstances", region)["Instances"]["Instance"]
        said = backend.control("exec", {"instance": made, "script": "echo $((6 * 7)); hostname"})
        assert (said["exit_code"], said["output"].split()) == (0, ["42", shown["HostName"]])
        with pytest.raises(NotSupported):
            backend.control("teach-guest", {"command": "hostname"})
        backend.close()
        process.send_signal(number)
        assert process.wait(timeout=PATIENCE) == (0 if number != signal.SIGKILL else -signal.SIGKILL)
        gone(hosts, process, 90)


def test_an_endpoint_is_reset_to_another_region_of_containers(hosts: Session) -> None:
    with up("--region", "cn-beijing", "--zones", "1") as (process, url):
        backend = connect(url, token="the-token")
        for region in ("cn-beijing", "cn-shanghai"):
            assert backend.control("shape", {})["regions"].keys() == {region}
            launch = {"RegionId": region, "InstanceType": "ecs.g5.large"}
            image = backend.call("DescribeImages", launch)["Images"]["Image"][0]["ImageId"]
            (made,) = backend.call("RunInstances", {**launch, "ImageId": image})["InstanceIdSets"]["InstanceIdSet"]
            backend.control("advance", {"milliseconds": 60_000})
            assert backend.control("exec", {"instance": made, "script": "exit 7"})["exit_code"] == 7
            backend.control("reset", {"regions": ["cn-shanghai"]})
        backend.close()
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0


def test_a_program_is_run_beside_containers_as_on_an_instance(hosts: Session, tmp_path: Path) -> None:
    program = """if True:
        import json, sys, urllib.request
        root = "http://100.100.100.200/latest/meta-data/"
        asked = {each: urllib.request.urlopen(root + each, timeout=20).read().decode() for each in sys.argv[2:]}
        open(sys.argv[1], "w").write(json.dumps(asked))
    """
    told = tmp_path / "told.json"
    given = [sys.executable, "-c", program, str(told), "region-id", "instance/instance-type"]
    command = [*COMMAND, "run", "--backend", "docker", "--instance", "--region", "cn-beijing", "--", *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    asked = json.loads(told.read_text())
    assert asked["region-id"] == "cn-beijing"
    assert asked["instance/instance-type"].startswith("ecs.")


def test_up_says_what_to_do_where_no_engine_answers() -> None:
    environment = {**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"}
    command = [*COMMAND, "up", "--backend", "docker"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no Docker engine answers" in done.stderr
    assert "Traceback" not in done.stderr
