"""The price list of a region: what things cost before any discount, as data.

The provider publishes its prices on pages of their own, which change from day to day. All figures here are our own
round numbers: a type costs by its vCPUs, memory, GPUs and local disks, so that a larger one costs more than a smaller
one of its family. Amounts are whole numbers of 1/10000 yuan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: An hour of pay-as-you-go: of each vCPU, each GiB of memory, each GPU, and each 100 GiB of local disks.
VCPU_HOUR: Final = 1_200
GIB_HOUR: Final = 300
GPU_HOUR: Final = 80_000
LOCAL_DISK_HOUR: Final = 100
#: What an hour of a spot instance costs while nothing has moved its price, in percent of pay-as-you-go.
SPOT_PERCENT: Final = 20
#: So many hours of pay-as-you-go cost as much as a month of subscription.
HOURS_OF_A_MONTH: Final = 300
#: A month of one GiB of a disk by its category; of an ESSD by its performance level.
GIB_MONTH: Final[Mapping[str, int]] = {
    "cloud": 3_000,
    "cloud_efficiency": 3_500,
    "cloud_ssd": 10_000,
    "cloud_essd": 10_000,
    "cloud_essd/PL0": 5_000,
    "cloud_essd/PL1": 10_000,
    "cloud_essd/PL2": 20_000,
    "cloud_essd/PL3": 40_000,
    "cloud_auto": 8_000,
    "cloud_essd_entry": 5_000,
    "cloud_regional_disk_auto": 16_000,
    "elastic_ephemeral_disk_standard": 3_000,
    "elastic_ephemeral_disk_premium": 6_000,
    "ephemeral_ssd": 8_000,
}
#: A month of one input or output a second that is provisioned besides what the disk can do anyway.
IOPS_MONTH: Final = 300
#: A month of one Mbit/s that is paid by bandwidth; what is paid by traffic costs nothing before there is any.
MBIT_MONTH: Final = 250_000
