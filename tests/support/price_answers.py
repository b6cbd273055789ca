"""What answers tell of prices, and of other types for subscriptions, for the tests of their shapes."""

from __future__ import annotations

from faultzone import Instance, Region
from faultzone.api.answer import CURRENT


def ask_prices(region: Region, term: Instance) -> None:
    """The prices of what is bought, of a renewal, and of another type."""
    region.call("DescribePrice", InstanceType="ecs.g5.large", DataDisk=[{"Category": "cloud_ssd", "Size": 20}])
    region.call("DescribePrice", ResourceType="bandwidth", InternetMaxBandwidthOut=5)
    region.call("DescribeRenewalPrice", ResourceId=term.id)
    if region.edition.has(CURRENT):
        _ask_of_specs(region, term)


def _ask_of_specs(region: Region, term: Instance) -> None:
    """The prices of another type and of a disk, and another type for a subscription of its own."""
    kind, disk = "ecs.g5.2xlarge", {"Category": "cloud_ssd", "Size": 20}
    region.set_prices(monthly=20, instance_type=kind)
    region.call("DescribeInstanceModificationPrice", InstanceId=term.id, InstanceType=kind)
    region.call("DescribeInstanceModificationPrice", InstanceId=term.id, DataDisk=[disk])
    (other,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    region.call("ModifyPrepayInstanceSpec", InstanceId=other.id, InstanceType=kind)
