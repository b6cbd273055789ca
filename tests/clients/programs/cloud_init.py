"""cloud-init's source of data for the cloud, on an instance: what it reads of the metadata service as it boots.

The instance is changed by aliyun-python-sdk-ecs, as whoever owns it would.
"""

from __future__ import annotations

import base64
import json
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

from aliyunsdkcore.client import AcsClient
from cloudinit import dmi, url_helper
from cloudinit.helpers import Paths
from cloudinit.sources import DataSourceAliYun

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step, wait

sources: list[Any] = []
# What the firmware of an instance says, by which it knows where it is.
dmi.read_dmi_data = {"system-product-name": DataSourceAliYun.ALIYUN_PRODUCT}.get


client = AcsClient("testid", "testsecret", REGION)


def read() -> Any:
    """What a boot reads, by a source of its own."""
    with TemporaryDirectory() as folder:
        source = DataSourceAliYun.DataSourceAliYun({}, None, Paths({"cloud_dir": folder, "run_dir": folder}))
        assert source.get_data()
    return source


def call(action: str, **parameters: object) -> Any:
    module = import_module(f"aliyunsdkecs.request.v20140526.{action}Request")
    request = getattr(module, f"{action}Request")()
    request.set_accept_format("json")
    for name, value in parameters.items():
        request.add_query_param(name, value)
    return json.loads(client.do_action_with_exception(request))


def become(status: str) -> None:
    """Stop or start the instance, and wait until it is so."""
    action = {"Stopped": "StopInstance", "Running": "StartInstance"}[status]
    call(action, InstanceId=sources[0].get_instance_id())
    wait(lambda: bool(call("DescribeInstances")["Instances"]["Instance"][0]["Status"] == status))


@step
def its_data_is_read() -> None:
    sources.append(read())


@step
def it_has_its_id() -> None:
    assert sources[0].get_instance_id().startswith("i-")


@step
def it_has_a_name() -> None:
    assert sources[0].get_hostname().hostname == sources[0].metadata["hostname"] != ""


@step
def it_is_in_its_region_and_zone() -> None:
    assert sources[0].metadata["region-id"] == REGION
    assert sources[0].metadata["zone-id"].startswith(REGION)


@step
def its_image_and_type_are_told() -> None:
    assert sources[0].metadata["image-id"] == IMAGE
    assert sources[0].metadata["instance"]["instance-type"] == TYPE


@step
def its_network_is_told() -> None:
    (card,) = sources[0].metadata["network"]["interfaces"]["macs"].values()
    assert card["primary-ip-address"] == sources[0].metadata["private-ipv4"]


@step
def it_has_no_user_data_and_no_keys() -> None:
    assert not sources[0].get_userdata_raw()
    assert sources[0].get_public_ssh_keys() == []


@step
def the_key_of_its_key_pair_is_read() -> None:
    call("CreateKeyPair", KeyPairName="boot")
    (pair,) = call("DescribeKeyPairs", KeyPairName="boot", IncludePublicKey=True)["KeyPairs"]["KeyPair"]
    call("AttachKeyPair", KeyPairName="boot", InstanceIds=json.dumps([sources[0].get_instance_id()]))
    now = read()
    assert now.get_public_ssh_keys() == [pair["PublicKey"]]
    assert now.get_public_ssh_keys()[0].startswith("ssh-rsa ")


@step
def the_first_key_is_found_by_its_number() -> None:
    url = f"{sources[0].metadata_address}/latest/meta-data/public-keys/0/openssh-key"
    assert url_helper.readurl(url).contents.decode() == read().get_public_ssh_keys()[0]


@step
def user_data_given_while_it_was_stopped_is_read() -> None:
    become("Stopped")
    said = "#cloud-config\nhostname: other\n"
    data = base64.b64encode(said.encode()).decode()
    call("ModifyInstanceAttribute", InstanceId=sources[0].get_instance_id(), UserData=data)
    become("Running")
    assert read().get_userdata_raw() == said.encode()


@step
def a_key_pair_that_is_taken_away_is_read_no_more() -> None:
    call("DetachKeyPair", KeyPairName="boot", InstanceIds=json.dumps([sources[0].get_instance_id()]))
    assert read().get_public_ssh_keys() == []
