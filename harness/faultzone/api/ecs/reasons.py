"""What there is not here: why fields of answers never have a value, or are left out."""

from __future__ import annotations

from typing import Final

NO_ADDRESSES: Final = "there are no elastic addresses here"
NO_DEDICATED: Final = "there are no dedicated or managed hosts here"
NO_GROUPS: Final = "there are no resource groups here"
NO_IPV6: Final = "networks have IPv4 alone here"
NO_ORDERS: Final = "there are no orders here"
NO_PRIVATE_NAMES: Final = "no private names are resolved here"
NO_SET_GROUPS: Final = "no deployment set has groups here"
NO_SETTING: Final = "it cannot be set here"
UNKNOWN: Final = "the catalogue does not have it"
