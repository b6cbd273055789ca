"""The host names of the cloud that a program may ask for, and the file in which it finds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from faultzone.api.products import DOMAIN

#: Where an instance finds its metadata.
METADATA: Final = "100.100.100.200"
#: Products with a name for each region, and one without. Most are not simulated: the summary of a run says so.
_PRODUCTS: Final = "ecs vpc sts metrics slb ess rds oos tag actiontrail cms kms cs pvtz alb nlb ros eventbridge"
#: Products that have one name.
_GLOBAL: Final = "location location-readonly ram ims resourcemanager resourcecenter business tag quotas"


def hosts(regions: Iterable[str]) -> list[str]:
    """The names of the products' endpoints in these regions, and of those for all regions."""
    names = [f"{each}{DOMAIN}" for each in (_PRODUCTS + " " + _GLOBAL).split()]
    for region in regions:
        names += [f"{each}.{region}{DOMAIN}" for each in _PRODUCTS.split()]
        # Older clients write these.
        names += [f"ecs-{region}{DOMAIN}", f"ecs-vpc.{region}{DOMAIN}", f"vpc-vpc.{region}{DOMAIN}"]
    return list(dict.fromkeys(names))


def hosts_file(regions: Iterable[str], others: Mapping[str, str]) -> str:
    """What /etc/hosts has.

    Args:
        others: further names, each with its address.
    """
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    lines += [f"127.0.0.1 {each}" for each in hosts(regions)]
    lines += [f"{address} {name}" for name, address in others.items() if name != "localhost"]
    return "\n".join([*lines, ""])
