"""aliyun-img-utils, the command that publishes SUSE's images: an image of one's own in several regions.

The image is made by aliyun-python-sdk-ecs, since the command only makes them of files in OSS, which is not simulated.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from aliyunsdkcore.client import AcsClient

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step, wait

COMMAND = [str(Path(sys.executable).with_name("aliyun-img-utils")), "image"]
KEYS = ["--access-key", "testid", "--access-secret", "testsecret", "--no-color"]
OTHERS = ("cn-beijing", "cn-shanghai")

client = AcsClient("testid", "testsecret", REGION)
made: dict[str, str] = {}


def call(action: str, **parameters: object) -> Any:
    module = import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
    request = getattr(module, f"{action}Request")()
    request.set_accept_format("json")
    for name, value in parameters.items():
        request.add_query_param(name, value)
    return json.loads(client.do_action_with_exception(request))


def told(action: str, *options: str, region: str = REGION) -> str:
    """What the command prints."""
    command = [*COMMAND, action, "--image-name", "golden", "--region", region, *KEYS, *options]
    done = subprocess.run(command, input="y\n", capture_output=True, text=True)
    return done.stdout + done.stderr


def shown(action: str, *options: str, region: str = REGION) -> Any:
    """The object that it prints."""
    text = told(action, *options, region=region)
    assert "{" in text, text
    return json.JSONDecoder().raw_decode(text, text.index("{"))[0]


@step
def an_image_is_made() -> None:
    (instance,) = call("RunInstances", ImageId=IMAGE, InstanceType=TYPE, Amount=1)["InstanceIdSets"]["InstanceIdSet"]
    wait(lambda: bool(call("DescribeInstances")["Instances"]["Instance"][0]["Status"] == "Running"))
    made[REGION] = call("CreateImage", InstanceId=instance, ImageName="golden", Description="for a test")["ImageId"]
    # What is not available yet is not listed, unless its status is asked for.
    wait(lambda: bool(call("DescribeImages", ImageId=made[REGION])["Images"]["Image"]))


@step
def it_is_told_of() -> None:
    found = shown("info")
    assert (found["ImageId"], found["ImageOwnerAlias"], found["IsCopied"]) == (made[REGION], "self", False)
    assert [each["Type"] for each in found["DiskDeviceMappings"]["DiskDeviceMapping"]] == ["system"]


@step
def it_is_copied_to_two_regions() -> None:
    made.update(shown("replicate", "--regions", ",".join(OTHERS)))
    assert len({*made.values()}) == 1 + len(OTHERS)
    for region in OTHERS:
        found = shown("info", region=region)
        assert (found["ImageId"], found["Description"], found["IsCopied"]) == (made[region], "for a test", True)


@step
def it_is_shared_with_nobody() -> None:
    found = shown("share-permission")
    assert (found["ImageId"], found["Accounts"]["Account"]) == (made[REGION], [])


@step
def it_does_not_become_a_community_image() -> None:
    refused = told("publish", "--launch-permission", "HIDDEN", "--regions", REGION)
    assert 'The parameter "LaunchPermission" is not supported' in refused


@step
def its_deprecation_is_told_by_tags() -> None:
    told("deprecate", "--replacement-image", "newer", "--regions", f"{REGION},{OTHERS[0]}")
    for region, tagged in ((OTHERS[0], True), (OTHERS[1], False)):
        tags = {each["TagKey"]: each["TagValue"] for each in shown("info", region=region)["Tags"]["Tag"]}
        assert (tags.get("Replacement image") == "newer", "Removal date" in tags) == (tagged, tagged)


@step
def it_is_activated_again() -> None:
    call("ModifyImageAttribute", ImageId=made[REGION], Status="Deprecated")
    assert "activated in cn-hangzhou" in told("activate", "--regions", REGION)
    assert shown("info")["Status"] == "Available"


@step
def it_is_deleted_in_each_region() -> None:
    told("delete", "--regions", ",".join((REGION, *OTHERS)))
    for region in (REGION, *OTHERS):
        assert "Unable to find image" in told("info", region=region)
