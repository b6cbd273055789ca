"""cloud-init's source of data for the cloud, on an instance: what it reads of the metadata service as it boots."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

from cloudinit import dmi
from cloudinit.helpers import Paths
from cloudinit.sources import DataSourceAliYun

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step

sources: list[Any] = []
# What the firmware of an instance says, by which it knows where it is.
dmi.read_dmi_data = {"system-product-name": DataSourceAliYun.ALIYUN_PRODUCT}.get


@step
def its_data_is_read() -> None:
    with TemporaryDirectory() as folder:
        paths = Paths({"cloud_dir": folder, "run_dir": folder})
        sources.append(DataSourceAliYun.DataSourceAliYun({}, None, paths))
        assert sources[0].get_data()


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
