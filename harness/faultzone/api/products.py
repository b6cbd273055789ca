"""The products whose actions there are, and how a request tells which it means."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from faultzone.api import ecs
from faultzone.errors import UsageError

STS: Final = "sts"
LOCATION: Final = "location"
RESOURCE_MANAGER: Final = "resourcemanager"
RAM: Final = "ram"
VPC: Final = "vpc"
CMS: Final = "cms"

#: The version of each product's API.
VERSIONS: Final = {
    ecs.ECS: ecs.VERSION,
    STS: "2015-04-01",
    LOCATION: "2015-06-12",
    RESOURCE_MANAGER: "2020-03-31",
    RAM: "2015-05-01",
    VPC: "2016-04-28",
    CMS: "2019-01-01",
}
#: The product that a request of this version means.
BY_VERSION: Final = {version: product for product, version in VERSIONS.items()}
#: Products that have one endpoint for all regions.
GLOBAL: Final = frozenset({LOCATION, RESOURCE_MANAGER, RAM})
#: What all names of the cloud's endpoints end with.
DOMAIN: Final = ".aliyuncs.com"
#: The first label of an endpoint's name, where it is not the product's name: a further one, and the one that there is.
_FURTHER: Final = {"location-readonly": LOCATION}
_LABELS: Final = {CMS: "metrics"}
_PRODUCTS: Final = {label: product for product, label in _LABELS.items()}
#: `ecs`, `ecs-cn-hangzhou`, `ecs.cn-hangzhou`, `ecs-vpc.cn-hangzhou`.
_ENDPOINT: Final = re.compile(r"([a-z]+)(?:-vpc)?(?:[.-]([a-z]{2}(?:-[a-z]+)+(?:-[0-9]+)?))?")


class Endpoint(NamedTuple):
    """What the name of an endpoint of the cloud says.

    Attributes:
        product: whose it is, simulated or not; empty for the name of another host.
        region: the id of its region; empty where it names none.
    """

    product: str
    region: str


_NO_ENDPOINT: Final = Endpoint("", "")


def version_of(product: object) -> str:
    """The version of a product's API.

    Raises:
        UsageError: there is no such product.
    """
    version = VERSIONS.get(product) if isinstance(product, str) else None
    if version is None:
        given = repr(product[:64]) if isinstance(product, str) else f"a {type(product).__name__}"
        raise UsageError(f"product={given}: expected one of {', '.join(VERSIONS)}")
    return version


def host_of(product: str, region: str) -> str:
    """The name of a product's endpoint for a region, such as `ecs.cn-hangzhou.aliyuncs.com`."""
    label = _LABELS.get(product, product)
    return f"{label}{DOMAIN}" if product in GLOBAL else f"{label}.{region}{DOMAIN}"


def hosts(regions: list[str]) -> list[str]:
    """The names of all endpoints of these regions, those for all regions first."""
    general = [f"{label}{DOMAIN}" for label in (*(_LABELS.get(each, each) for each in VERSIONS), *_FURTHER)]
    return general + [host_of(each, region) for region in regions for each in VERSIONS if each not in GLOBAL]


@lru_cache(256)
def named_by(host: str) -> Endpoint:
    """What the header `Host` of a request says, with or without a port."""
    name = host.partition(":")[0].lower().removesuffix(".")
    if not name.endswith(DOMAIN):
        return _NO_ENDPOINT
    name = name.removesuffix(DOMAIN)
    for label, product in _FURTHER.items():
        if name == label:
            return Endpoint(product, "")
    match = _ENDPOINT.fullmatch(name)
    if match is None:
        return Endpoint(name.partition(".")[0], "")
    return Endpoint(_PRODUCTS.get(match[1], match[1]), match[2] or "")
