"""Ray's provider of nodes for the cloud: what its autoscaler asks for."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from ray.autoscaler._private.aliyun.node_provider import AliyunNodeProvider
from ray.autoscaler.tags import (
    NODE_KIND_WORKER,
    STATUS_UNINITIALIZED,
    STATUS_UP_TO_DATE,
    TAG_RAY_LAUNCH_CONFIG,
    TAG_RAY_NODE_KIND,
    TAG_RAY_NODE_NAME,
    TAG_RAY_NODE_STATUS,
    TAG_RAY_USER_NODE_TYPE,
)

from tests.clients.programs.steps import IMAGE, REGION, TYPE, step, wait

WORKERS = {TAG_RAY_NODE_KIND: NODE_KIND_WORKER}
TAGS = {
    **WORKERS,
    TAG_RAY_NODE_NAME: "ray-test-worker",
    TAG_RAY_NODE_STATUS: STATUS_UNINITIALIZED,
    TAG_RAY_LAUNCH_CONFIG: "0",
    TAG_RAY_USER_NODE_TYPE: "worker",
}
config: dict[str, Any] = {
    "auth": {},
    "provider": {
        "access_key": "testid",
        "access_key_secret": "testsecret",
        "region": REGION,
        "zone_id": "cn-hangzhou-a",
        "cidr_block": "172.16.0.0/24",
        "key_name": "ray",
        "cache_stopped_nodes": False,
        "security_group_rule": [{"port_range": "22/22", "source_cidr_ip": "0.0.0.0/0", "ip_protocol": "tcp"}],
    },
}
nodes: list[str] = []
providers: list[Any] = []


@step
def a_network_and_a_security_group_are_there() -> None:
    with TemporaryDirectory() as folder:
        key = Path(folder, "key")
        public = generate_private_key(65537, 2048).public_key()
        key.with_suffix(".pub").write_bytes(public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
        config["auth"]["ssh_private_key"] = str(key)
        AliyunNodeProvider.bootstrap_config(config)
    assert all(config["provider"][each] for each in ("vpc_id", "security_group_id", "v_switch_id"))
    providers.append(AliyunNodeProvider(config["provider"], "test"))


@step
def the_key_pair_is_there() -> None:
    (pair,) = providers[0].acs.describe_key_pairs(key_pair_name="ray")
    assert pair["KeyPairName"] == "ray"


@step
def two_nodes_are_made() -> None:
    made = providers[0].create_node({"InstanceType": TYPE, "ImageId": IMAGE}, TAGS, 2)
    nodes.extend(made)
    assert len(nodes) == 2
    wait(lambda: all(providers[0].is_running(each) for each in nodes))


@step
def they_are_found_by_their_tags() -> None:
    assert {*providers[0].non_terminated_nodes(WORKERS)} == {*nodes}
    assert providers[0].non_terminated_nodes({TAG_RAY_NODE_KIND: "head"}) == []


@step
def their_tags_are_changed() -> None:
    providers[0].set_node_tags(nodes[0], {TAG_RAY_NODE_STATUS: STATUS_UP_TO_DATE})
    assert providers[0].node_tags(nodes[0])[TAG_RAY_NODE_STATUS] == STATUS_UP_TO_DATE
    assert providers[0].node_tags(nodes[1])[TAG_RAY_NODE_STATUS] == STATUS_UNINITIALIZED


@step
def they_have_addresses() -> None:
    assert len({providers[0].internal_ip(each) for each in nodes}) == 2
    assert len({providers[0].external_ip(each) for each in nodes}) == 2


@step
def they_are_terminated() -> None:
    providers[0].terminate_nodes(nodes)
    wait(lambda: providers[0].non_terminated_nodes({}) == [])
