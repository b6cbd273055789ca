"""What the user may choose of hosts that are containers. It imports nothing: options are read before an engine is."""

from __future__ import annotations

from typing import NamedTuple


class Settings(NamedTuple):
    """What the user may choose.

    Args:
        base: the base image; made on the spot when empty.
        mirror: where the packages of a base that is made come from; apt's own sources when empty.
        hosts: how many hosts there may be at a time.
        plain: whether hosts do without the capability to make namespaces, as where an engine refuses it.
        agent: the path of a genuine client that instances run as their Cloud Assistant agent; ours when empty.
    """

    base: str = ""
    mirror: str = ""
    hosts: int = 48
    plain: bool = False
    agent: str = ""
