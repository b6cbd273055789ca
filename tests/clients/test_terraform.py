"""Terraform with the provider `alicloud`, unmodified, where both are installed.

`FAULTZONE_TERRAFORM_PLUGINS` names a directory that `terraform providers mirror` has filled, or one of that layout:
`registry.terraform.io/aliyun/alicloud/<version>/linux_amd64/terraform-provider-alicloud_v<version>`.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from faultzone.backends.http import HttpBackend
from faultzone.serve.client import connect
from tests.support.clients import faultzone_up

TERRAFORM, PLUGINS = shutil.which("terraform"), os.environ.get("FAULTZONE_TERRAFORM_PLUGINS")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(TERRAFORM is None, reason="`terraform` is not on the PATH"),
    pytest.mark.skipif(not PLUGINS, reason="FAULTZONE_TERRAFORM_PLUGINS names no directory with the provider"),
]


class Terraform:
    """A working directory with the plan of `terraform/main.tf`.

    Args:
        folder: where it works.
        url: the endpoint.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        shutil.copy(Path(__file__).parent / "terraform" / "main.tf", folder)
        settings = folder / "terraformrc"
        settings.write_text(f"provider_installation {{ filesystem_mirror {{ path = {json.dumps(PLUGINS)} }} }}\n")
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_CLI_ARGS": "-no-color",
            "TF_VAR_endpoint": urlsplit(url).netloc,
        }
        self.run("init")

    def run(self, *words: str, refused: bool = False) -> str:
        """What it prints, on its output or, where it is refused, as its errors."""
        done = subprocess.run(
            [str(TERRAFORM), *words],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert (done.returncode != 0) == refused, done.stdout + done.stderr
        return done.stderr if refused else done.stdout

    def plan(self, *variables: str) -> dict[str, str]:
        """What it would do: `create`, `update`, `delete` or `delete, create` by address of resource."""
        self.run("plan", "-out=plan", *variables)
        planned = json.loads(self.run("show", "-json", "plan"))["resource_changes"]
        changes = {
            each["address"]: ", ".join(each["change"]["actions"]) for each in planned if each["mode"] == "managed"
        }
        return {address: actions for address, actions in changes.items() if actions != "no-op"}

    def apply(self, *variables: str, refused: bool = False) -> str:
        """Does it."""
        return self.run("apply", "-auto-approve", *variables, refused=refused)

    def outputs(self) -> dict[str, Any]:
        """The values of what the plan puts out."""
        return {name: each["value"] for name, each in json.loads(self.run("output", "-json")).items()}


@pytest.fixture
def url() -> Iterator[str]:
    with faultzone_up("--edition", "2020-12", "--zones", "1", "--hosts", "3", "--scale", "20") as served:
        yield served


@pytest.fixture
def region(url: str) -> Iterator[HttpBackend]:
    """The public API, to look at what was made."""
    with closing(connect(url)) as connected:
        yield connected


def listed(region: HttpBackend) -> list[dict[str, Any]]:
    instances: dict[str, Any] = region.call("DescribeInstances", {"RegionId": "cn-hangzhou"})
    found: list[dict[str, Any]] = instances["Instances"]["Instance"]
    return found


def sets(region: HttpBackend) -> list[tuple[str, str, int]]:
    answer: dict[str, Any] = region.call("DescribeDeploymentSets", {"RegionId": "cn-hangzhou"})
    keys = ("DeploymentSetName", "DeploymentSetDescription", "InstanceAmount")
    return [tuple(each[key] for key in keys) for each in answer["DeploymentSets"]["DeploymentSet"]]


def test_a_tier_is_planned_made_changed_missed_refused_and_destroyed(
    tmp_path: Path, url: str, region: HttpBackend
) -> None:
    terraform = Terraform(tmp_path, url)
    instances = ["alicloud_instance.web[0]", "alicloud_instance.web[1]"]
    others = {
        "alicloud_ecs_command.deploy",
        "alicloud_ecs_deployment_set.web",
        "alicloud_ecs_invocation.deploy",
        "alicloud_security_group.web",
    }
    assert terraform.plan() == dict.fromkeys([*instances, *others], "create")
    assert listed(region) == []

    terraform.apply()
    made = terraform.outputs()
    assert sets(region) == [("web", "the web tier", 2)]
    shown = {each["InstanceId"]: each for each in listed(region)}
    assert shown.keys() == set(made["instances"])
    for instance_id, address in zip(made["instances"], made["addresses"], strict=True):
        each = shown[instance_id]
        assert (each["Status"], each["InstanceName"], each["ImageId"][:8]) == ("Running", "web", "centos_7")
        assert each["Description"] == "it's * & + ~ = é, 你好"
        assert each["DeploymentSetId"] == made["set"]
        assert each["SecurityGroupIds"]["SecurityGroupId"] == [made["group"]]
        assert each["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] == [address]
        assert {tag["TagKey"]: tag["TagValue"] for tag in each["Tags"]["Tag"]} == {"tier": "web & more", "name": "web"}
        told = region.call("DescribeUserData", {"RegionId": "cn-hangzhou", "InstanceId": instance_id})
        assert base64.b64decode(str(told["UserData"])) == b"#!/bin/sh\necho started"
    ran: dict[str, Any] = region.call(
        "DescribeInvocationResults", {"RegionId": "cn-hangzhou", "InvokeId": made["invocation"]}
    )
    (result,) = ran["Invocation"]["InvocationResults"]["InvocationResult"]
    assert (result["InstanceId"], result["InvokeRecordStatus"]) == (made["instances"][0], "Finished")
    assert base64.b64decode(result["Output"]) == b"deployed\n"
    assert terraform.plan() == {}

    renamed = "-var=name=front"
    assert terraform.plan(renamed) == dict.fromkeys(instances, "update")
    terraform.apply(renamed)
    assert {each["InstanceName"] for each in listed(region)} == {"front"}
    assert {each["InstanceId"] for each in listed(region)} == set(made["instances"])
    assert terraform.plan(renamed) == {}

    # What is gone is missed. Three hosts hold three members, so that the fourth is refused.
    region.call("DeleteInstance", {"InstanceId": made["instances"][1], "Force": True})
    assert terraform.plan(renamed) == {instances[1]: "create"}
    told_why = terraform.apply(renamed, "-var=amount=4", refused=True)
    assert "Code: OperationDenied.NoStock" in told_why
    assert sets(region) == [("web", "the web tier", 3)]

    terraform.run("destroy", "-auto-approve")
    assert (listed(region), sets(region)) == ([], [])
