"""The products whose actions there are, and how a request tells which it means."""

from __future__ import annotations

from typing import Final

from faultzone.api import ecs
from faultzone.errors import UsageError

#: The version of each product's API.
VERSIONS: Final = {ecs.ECS: ecs.VERSION}
#: The product that a request of this version means.
BY_VERSION: Final = {version: product for product, version in VERSIONS.items()}


def version_of(product: object) -> str:
    """The version of a product's API.

    Raises:
        UsageError: there is no such product.
    """
    version = VERSIONS.get(product) if isinstance(product, str) else None
    if version is None:
        given = repr(product[:64]) if isinstance(product, str) else f"a {type(product).__name__}"
        raise UsageError(f"product={given}: expected {' or '.join(VERSIONS)}")
    return version
