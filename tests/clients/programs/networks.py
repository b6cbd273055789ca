"""alibabacloud-vpc20160428 and alibabacloud-cms20190101: a network with its vSwitch, and a rule for events."""

from __future__ import annotations

from alibabacloud_cms20190101 import models as cms
from alibabacloud_cms20190101.client import Client as CloudMonitor
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vpc20160428 import models as vpc
from alibabacloud_vpc20160428.client import Client as Vpc
from Tea.exceptions import TeaException

from tests.clients.programs.steps import REGION, step, wait

config = Config(access_key_id="testid", access_key_secret="testsecret", region_id=REGION)
networks, monitor = Vpc(config), CloudMonitor(config)
#: The ids of the VPC and of its vSwitch.
made: list[str] = []


@step
def a_vpc_becomes_available() -> None:
    asked = vpc.CreateVpcRequest(
        region_id=REGION,
        cidr_block="192.168.0.0/16",
        vpc_name="shop",
        tag=[vpc.CreateVpcRequestTag(key="team", value="web")],
    )
    made.append(networks.create_vpc(asked).body.vpc_id)
    shown = vpc.DescribeVpcAttributeRequest(region_id=REGION, vpc_id=made[0])
    wait(lambda: networks.describe_vpc_attribute(shown).body.status == "Available")


@step
def it_has_a_vswitch_in_a_zone() -> None:
    zone = networks.describe_zones(vpc.DescribeZonesRequest(region_id=REGION)).body.zones.zone[0].zone_id
    asked = vpc.CreateVSwitchRequest(region_id=REGION, vpc_id=made[0], zone_id=zone, cidr_block="192.168.1.0/24")
    made.append(networks.create_vswitch(asked).body.v_switch_id)
    shown = vpc.DescribeVSwitchAttributesRequest(region_id=REGION, v_switch_id=made[1])
    wait(lambda: networks.describe_vswitch_attributes(shown).body.status == "Available")
    told = networks.describe_vswitch_attributes(shown).body
    assert (told.vpc_id, told.zone_id, told.available_ip_address_count) == (made[0], zone, 252)


@step
def networks_are_listed_by_tag() -> None:
    asked = vpc.DescribeVpcsRequest(region_id=REGION, tag=[vpc.DescribeVpcsRequestTag(key="team")])
    (found,) = networks.describe_vpcs(asked).body.vpcs.vpc
    assert (found.vpc_name, found.v_switch_ids.v_switch_id) == ("shop", made[1:])
    tables = vpc.DescribeRouteTableListRequest(region_id=REGION, vpc_id=made[0])
    (table,) = networks.describe_route_table_list(tables).body.router_table_list.router_table_list_type
    assert table.route_table_type == "System"


@step
def what_is_used_is_not_deleted() -> None:
    try:
        networks.delete_vpc(vpc.DeleteVpcRequest(region_id=REGION, vpc_id=made[0]))
    except TeaException as refused:
        assert refused.code == "DependencyViolation.VSwitch"
    else:
        raise AssertionError("it was not refused")
    networks.delete_vswitch(vpc.DeleteVSwitchRequest(region_id=REGION, v_switch_id=made[1]))
    networks.delete_vpc(vpc.DeleteVpcRequest(region_id=REGION, vpc_id=made[0]))
    assert networks.describe_vpcs(vpc.DescribeVpcsRequest(region_id=REGION, vpc_id=made[0])).body.total_count == 0


@step
def a_rule_has_a_target() -> None:
    pattern = cms.PutEventRuleRequestEventPattern(product="ECS", level_list=["CRITICAL"])
    monitor.put_event_rule(cms.PutEventRuleRequest(rule_name="failures", event_pattern=[pattern]))
    queue = cms.PutEventRuleTargetsRequestMnsParameters(id="1", queue="failures", region=REGION)
    monitor.put_event_rule_targets(cms.PutEventRuleTargetsRequest(rule_name="failures", mns_parameters=[queue]))
    (rule,) = monitor.describe_event_rule_list(cms.DescribeEventRuleListRequest()).body.event_rules.event_rule
    assert (rule.name, rule.state) == ("failures", "ENABLED")
    asked = cms.DescribeEventRuleTargetListRequest(rule_name="failures")
    (target,) = monitor.describe_event_rule_target_list(asked).body.mns_parameters.mns_parameter
    assert target.queue == "failures"


@step
def system_events_are_listed() -> None:
    asked = cms.DescribeSystemEventAttributeRequest(product="ECS")
    assert monitor.describe_system_event_attribute(asked).body.code == "200"
