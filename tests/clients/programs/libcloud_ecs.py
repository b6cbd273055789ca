"""apache-libcloud's driver for ECS."""

from __future__ import annotations

from typing import Any

from libcloud.compute.providers import get_driver
from libcloud.compute.types import Provider

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step, wait

driver: Any = get_driver(Provider.ALIYUN_ECS)("testid", "testsecret", region=REGION)
nodes: list[Any] = []
groups: list[str] = []


def states() -> set[str]:
    return {str(each.state) for each in driver.list_nodes(ex_node_ids=[each.id for each in nodes])}


@step
def locations_are_listed() -> None:
    assert REGION in {each.id for each in driver.list_locations()}


@step
def zones_are_listed() -> None:
    assert {each.id for each in driver.ex_list_zones()} == {"cn-hangzhou-a", "cn-hangzhou-b"}


@step
def sizes_are_listed() -> None:
    assert TYPE in {each.id for each in driver.list_sizes()}


@step
def images_are_listed() -> None:
    assert IMAGE in {each.id for each in driver.list_images()}


@step
def a_security_group_is_made() -> None:
    groups.append(driver.ex_create_security_group(description="for a test"))
    assert groups[0] in {each.id for each in driver.ex_list_security_groups()}


@step
def a_node_is_made() -> None:
    (size,) = [each for each in driver.list_sizes() if each.id == TYPE]
    (image,) = [each for each in driver.list_images() if each.id == IMAGE]
    nodes.append(driver.create_node(name="lib", size=size, image=image, ex_security_group_id=groups[0]))
    assert nodes[0].name == "lib"
    wait(lambda: states() == {"running"})


@step
def it_is_stopped() -> None:
    assert driver.ex_stop_node(nodes[0])
    wait(lambda: states() == {"stopped"})


@step
def it_is_started() -> None:
    assert driver.ex_start_node(nodes[0])
    wait(lambda: states() == {"running"})


@step
def it_is_rebooted() -> None:
    assert driver.reboot_node(nodes[0])
    wait(lambda: states() == {"running"})


@step
def its_volumes_are_listed() -> None:
    assert len(driver.list_volumes()) >= 1


@step
def it_is_destroyed() -> None:
    assert driver.ex_stop_node(nodes[0])
    wait(lambda: states() == {"stopped"})
    assert driver.destroy_node(nodes[0])
    assert driver.list_nodes() == []
