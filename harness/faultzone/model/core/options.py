"""What few instances have otherwise than by default."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from faultzone.model.core.catalog import InstanceType


class Ordered(NamedTuple):
    """A type that an instance has from its next start on.

    Attributes:
        kind: the type.
        category: of its system disk, once it is I/O optimized; None where nobody said one.
    """

    kind: InstanceType
    category: str | None


class OwnCard(NamedTuple):
    """What few primary network interfaces have otherwise than by default.

    Attributes:
        more: its secondary private addresses.
        ipv4_prefixes, ipv6_prefixes: the first addresses of the blocks that it has besides.
        tags: its own; None for those of the launch.
    """

    name: str = ""
    description: str = ""
    more: tuple[int, ...] = ()
    source_dest_check: bool = False
    tracking: Mapping[str, int] = MappingProxyType({})
    tags: Mapping[str, str] | None = None
    ipv4_prefixes: tuple[int, ...] = ()
    ipv6_prefixes: tuple[int, ...] = ()


_PLAIN_CARD: Final = OwnCard()


class Options(NamedTuple):
    """What few instances have otherwise than by default. The instances of a launch share one; a change makes another.

    Those up to `internet_max_bandwidth_in`, and those that `_OF_LAUNCH` names, are parameters of a launch, by the
    attribute of its request.

    Attributes:
        internet_max_bandwidth_in: Mbit/s; 0 for as many as the edition says.
        user_data: the start-up program, in Base64.
        launch_tags: the tags of the launch, which its disks and its network card keep when it is given others.
        classic: whether it is in the classic network, and in no VPC.
        install_agent: whether its next start installs the Cloud Assistant agent.
        metadata_tags: whether its tags are among its metadata, `enabled` or `disabled`.
        queue_number: how many queues its network interface has; None for as many as its type gives it.
        without_public_ip: whether it has bandwidth and was never given a public address.
        mac_address: the private address that its network card was named for, 0 for the one that it has.
        address_until_boot: when it was last started before its private address was changed.
        cpu_options, private_dns_name_options: what of them was chosen, by the name of the field.
        hop_limit: HttpPutResponseHopLimit; 0 where the launch did not say it.
        spot_duration, spot_interruption: what the launch said of a spot instance.
        settings: what the launch asked for that is shown and nothing more, by the fields of DescribeInstances.
        resource_group_id: the resource group that it was put into; empty where nobody said one.
        launch_group: that of the launch, which its disks and its network cards are in.
        card: what its primary network interface has otherwise than by default.
        cards: the ids of its secondary network interfaces, which are in its zone.
        ipv6: the IPv6 addresses of its primary network interface.
        moved_parts: the id of a disk or card that was moved by itself -> its resource group.
        ordered: the type that was bought while it ran; None where it has what was bought.
        key_pair: the name of the key pair that it was given, empty for none; the pair may be deleted since.
        public_key: the id of that pair, and its public key.
        eip: the id of its elastic address; empty for none.
    """

    description: str = ""
    ram_role_name: str | None = None
    credit_specification: str = ""
    system_disk: Mapping[str, Any] = MappingProxyType({})
    data_disks: tuple[Mapping[str, Any], ...] = ()
    tags: tuple[Mapping[str, str], ...] = ()
    user_data: str | None = None
    spot_strategy: str = "NoSpot"
    spot_price_limit: float = 0.0
    auto_renew: bool = False
    auto_renew_period: int | None = None
    period: int | None = None
    period_unit: str | None = None
    io_optimized: str = "optimized"
    internet_charge_type: str = "PayByTraffic"
    internet_max_bandwidth_in: int = 0
    launch_tags: tuple[Mapping[str, str], ...] = ()
    classic: bool = False
    install_agent: bool = False
    action_on_maintenance: str | None = None
    maintenance_windows: tuple[Mapping[str, Any], ...] = ()
    notify_on_maintenance: bool = False
    http_endpoint: str = "enabled"
    http_tokens: str = "optional"
    metadata_tags: str = "disabled"
    enable_jumbo_frame: bool = False
    queue_number: int | None = None
    without_public_ip: bool = False
    mac_address: int = 0
    address_until_boot: int | None = None
    cpu_options: Mapping[str, Any] = MappingProxyType({})
    private_dns_name_options: Mapping[str, Any] = MappingProxyType({})
    hop_limit: int = 0
    spot_duration: int | None = None
    spot_interruption: str | None = None
    bandwidth_weighting: str = "Default"
    settings: Mapping[str, Any] = MappingProxyType({})
    resource_group_id: str = ""
    launch_group: str = ""
    moved_parts: Mapping[str, str] = MappingProxyType({})
    card: OwnCard = _PLAIN_CARD
    cards: tuple[str, ...] = ()
    ipv6: tuple[int, ...] = ()
    ordered: Ordered | None = None
    key_pair: str = ""
    public_key: tuple[str, str] | None = None
    eip: str = ""

    def __deepcopy__(self, memo: object) -> Options:
        """Itself: nothing in it changes."""
        return self

    @property
    def has_cards(self) -> bool:
        """Whether its network interfaces are more than the usual one."""
        return bool(self.cards) or self.card is not _PLAIN_CARD

    def group_of_part(self, id: str) -> str:
        """The resource group of a disk or a network card."""
        return self.moved_parts.get(id, self.launch_group)


PLAIN: Final = Options()
_OF_LAUNCH: Final = frozenset(Options._fields[: Options._fields.index("launch_tags")]) | frozenset(
    "http_endpoint http_tokens hop_limit queue_number cpu_options private_dns_name_options spot_duration "
    "spot_interruption resource_group_id".split()
)


def options_of(given: Mapping[str, Any]) -> Options:
    """The options that a launch asks for, from what its request was given."""
    asked = {name: value for name, value in given.items() if name in _OF_LAUNCH}
    if not asked:
        return PLAIN
    return Options(**asked, launch_tags=asked.get("tags", ()), launch_group=asked.get("resource_group_id", ""))
