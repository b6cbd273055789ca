"""What the names of endpoints say."""

from __future__ import annotations

import pytest

from faultzone.api.products import GLOBAL, VERSIONS, host_of, hosts, named_by


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("ecs.aliyuncs.com", ("ecs", "")),
        ("ECS.cn-hangzhou.aliyuncs.com.", ("ecs", "cn-hangzhou")),
        ("ecs-cn-hangzhou.aliyuncs.com:443", ("ecs", "cn-hangzhou")),
        ("ecs-vpc.ap-southeast-1.aliyuncs.com", ("ecs", "ap-southeast-1")),
        ("metrics.cn-hangzhou.aliyuncs.com", ("cms", "cn-hangzhou")),
        ("vpc.aliyuncs.com", ("vpc", "")),
        ("location-readonly.aliyuncs.com", ("location", "")),
        ("sts.us-west-1.aliyuncs.com", ("sts", "us-west-1")),
        ("slb.aliyuncs.com", ("slb", "")),
        ("1234.cn-hangzhou.fc.aliyuncs.com", ("1234", "")),
        ("aliyuncs.com", ("", "")),
        ("ecs.aliyuncs.com.example", ("", "")),
        ("127.0.0.1:8080", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_host_names_a_product_and_a_region(host: str, said: tuple[str, str]) -> None:
    assert named_by(host) == said


def test_each_name_that_is_listed_is_read_as_what_it_stands_for() -> None:
    regions = ["cn-hangzhou", "us-west-1"]
    for product in VERSIONS:
        for region in regions:
            name = host_of(product, region)
            assert name in hosts(regions)
            assert named_by(name) == (product, "" if product in GLOBAL else region)
    assert {named_by(each).product for each in hosts(regions)} == set(VERSIONS)
