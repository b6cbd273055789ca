"""A rule of a security group, as it is kept and shown. Traffic is not held back by any: guests know of none."""

from __future__ import annotations

from typing import Final, NamedTuple

INGRESS: Final = "ingress"
EGRESS: Final = "egress"


class GroupRule(NamedTuple):
    """A rule of a security group.

    Attributes:
        direction: `ingress` or `egress`.
        protocol: in small letters.
        ports: of the destination, such as `22/22`.
        source_ports: empty where nobody said any.
        policy: `accept` or `drop`.
        group: the security group that is its peer; empty where an address is.
        account: of that group, as the call said it.
    """

    id: str
    created: int
    direction: str
    protocol: str
    ports: str
    source_ports: str
    policy: str
    priority: int
    source: str
    dest: str
    v6_source: str
    v6_dest: str
    group: str
    account: str
    description: str

    @property
    def key(self) -> tuple[str, ...]:
        """What no two rules of a group have alike: all but the priority, the description and the names of accounts
        (resource/group-rule-again, resource/group-rule-same)."""
        return (
            self.direction,
            self.protocol,
            self.ports,
            self.source_ports,
            self.policy,
            self.source,
            self.dest,
            self.v6_source,
            self.v6_dest,
            self.group,
        )
