"""footmark, with which Ansible's collection speaks to the cloud."""

from __future__ import annotations

from typing import Any

from footmark.ecs import connect_to_region

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step, wait

ecs: Any = connect_to_region(REGION, acs_access_key_id="testid", acs_secret_access_key="testsecret")
made: dict[str, str] = {}


def only() -> Any:
    (instance,) = ecs.describe_instances(instance_ids=[made["instance"]])
    return instance


@step
def regions_and_zones_are_listed() -> None:
    assert REGION in {each.id for each in ecs.describe_regions()}
    assert {each.id for each in ecs.describe_zones()} == {"cn-hangzhou-a", "cn-hangzhou-b"}


@step
def a_security_group_is_made() -> None:
    group = ecs.create_security_group(security_group_name="foot", description="for a test")
    made["group"] = group.security_group_id
    assert made["group"] in {each.security_group_id for each in ecs.describe_security_groups()}


@step
def a_rule_is_added() -> None:
    rule = {"ip_protocol": "tcp", "port_range": "22/22", "source_cidr_ip": "10.0.0.0/8"}
    assert ecs.authorize_security_group(security_group_id=made["group"], **rule)
    shown = ecs.describe_security_group_attribute(security_group_id=made["group"]).permissions
    assert [each["port_range"] for each in shown] == ["22/22"]


@step
def an_instance_is_run() -> None:
    asked = {"image_id": IMAGE, "instance_type": TYPE, "security_group_id": made["group"], "amount": 1}
    (instance,) = ecs.run_instances(**asked, instance_name="foot", tags={"team": "a"}, client_token="foot-1")
    made["instance"] = instance.id
    wait(lambda: bool(only().status == "running"))
    assert (only().name, only().tags) == ("foot", {"team": "a"})


@step
def it_is_stopped_and_started() -> None:
    assert ecs.stop_instances(instance_ids=[made["instance"]])
    assert only().status == "stopped"
    assert ecs.start_instances(instance_ids=[made["instance"]])
    assert only().status == "running"


@step
def it_is_rebooted() -> None:
    assert ecs.reboot_instances(instance_ids=[made["instance"]])
    assert only().status == "running"


@step
def its_name_is_changed() -> None:
    assert ecs.modify_instance_attribute(instance_id=made["instance"], instance_name="other")
    assert only().name == "other"


@step
def its_tags_are_changed() -> None:
    about = {"resource_ids": [made["instance"]], "resource_type": "instance"}
    assert ecs.tag_resources(**about, tags={"team": "b"})
    assert ecs.list_tag_resources(**about) == {"team": "b"}


@step
def its_disks_and_interfaces_are_listed() -> None:
    (disk,) = ecs.describe_disks(instance_id=made["instance"])
    assert disk.type == "system"
    (card,) = ecs.describe_network_interfaces(instance_id=made["instance"])
    assert card.private_ip_address == only().private_ip_address


@step
def a_key_pair_is_made_and_attached() -> None:
    pair = ecs.create_key_pair(key_pair_name="foot")
    assert pair.private_key_body.startswith("-----BEGIN")
    assert ecs.attach_key_pair(instance_ids=[made["instance"]], key_pair_name="foot")
    assert only().key_name == "foot"


@step
def a_disk_is_made_and_attached() -> None:
    disk = ecs.create_disk(zone_id=only().zone_id, size=20, disk_category="cloud_efficiency", disk_name="data")
    assert ecs.attach_disk(instance_id=made["instance"], disk_id=disk.id)
    assert {each.type for each in ecs.describe_disks(instance_id=made["instance"])} == {"system", "data"}


@step
def it_is_deleted() -> None:
    assert ecs.stop_instances(instance_ids=[made["instance"]])
    assert ecs.delete_instances(instance_ids=[made["instance"]], force=True)
    assert ecs.describe_instances() == []
