"""Where the addresses of the cloud's services are: in a network namespace of their own beside each instance's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from . import kernel, netlink

#: Where an instance with a network of its own finds the metadata service and the Cloud Assistant's server.
METADATA: Final = "100.100.100.200"
ASSISTANT: Final = "100.100.100.10"
#: The wire from an instance to them; both its ends are called so.
_WIRE: Final = "services"


@contextmanager
def beside() -> Iterator[None]:
    """What listens from within the block does so beside the instance, at the addresses of the services.

    The instance reaches it, and has its own ports to itself: a program that listens at any address of one would else be
    refused where a service listens. The namespace lasts as long as what listens there.

    Raises:
        OSError: it cannot be made.
    """
    with kernel.new_network() as own:
        netlink.add_pair(_WIRE, own)
        for address in (METADATA, ASSISTANT):
            netlink.add_address(_WIRE, address, 32)
        netlink.set_up(_WIRE)
        netlink.lead(None, _WIRE)
        yield
    netlink.set_up(_WIRE)
    for address in (METADATA, ASSISTANT):
        netlink.lead(address, _WIRE)
