"""The shape of a region: how many zones and hosts it has, how large they are, and what is scarce."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.errors import ShapeError
from faultzone.model.core.addresses import LARGEST_VSWITCH, SMALLEST_VSWITCH

if TYPE_CHECKING:
    from pathlib import Path

#: Of the JSON of a shape.
VERSION: Final = 1

#: How an irreversible crash of a host is recovered from.
IMMEDIATE: Final = "immediate"
PLANNED: Final = "planned"

_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+(-[0-9]+)?")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_ZONES_MOST: Final = len(_LETTERS)
_HOSTS_MOST: Final = 200_000
#: A day, in seconds.
_PROVISION_MOST: Final = 86_400
_NOTHING: Final[Mapping[str, int]] = {}


class Shape(NamedTuple):
    """What a region is made of: a value that can be written, drawn, printed, sent and made a region of again.

    As JSON it has a version and what is not as by default: `{"version": 1, "zones": 3}`. `Shape.read` takes it again.

    Args:
        region_id: such as `cn-hangzhou`.
        zones: how many, 1 to 26, which are named `<region>-a`, `<region>-b` …; or their names, such as
            `["cn-hangzhou-h", "cn-hangzhou-i"]`. In a region whose name ends in a digit no hyphen stands before the
            letter: `us-west-1a`.
        hosts_per_zone: at least 1.
        hosts_per_rack: how many hosts of a zone share a rack, in the order of their numbers; the last rack of a zone
            has what is left.
        racks_per_switch: how many racks are connected to one switch, likewise.
        host_vcpus: vCPUs of each host.
        host_memory_gib: memory of each host in GiB.
        family_hosts: family -> how many hosts of each zone carry it; a family not named is on every host.
            `{"ecs.i2": 2}` makes ecs.i2 scarce: no zone can spread more than two of them.
        supply: `"zone/family"` (either may be `*`) -> how many instances may be placed there at a time.
        provision: seconds that a new instance is Pending.
        recovery: what follows an irreversible crash of a host: "planned" schedules the restart of its instances
            elsewhere (recovery/queryable), "immediate" begins it at once.
        default_network: whether an instance for which no vSwitch is named is put into a VPC that is there from the
            start, which is an extension of ours; without it such an instance is in the classic network.
        vswitch_prefix: how many bits of an address say the vSwitch of a zone: 13, with half a million addresses, to 29,
            with four.
        ipv6: whether the vSwitches have IPv6 blocks, which instances are given addresses of if a launch asks for them.
    """

    region_id: str = "cn-hangzhou"
    zones: int | Sequence[str] = 2
    hosts_per_zone: int = 8
    hosts_per_rack: int = 2
    racks_per_switch: int = 2
    host_vcpus: int = 104
    host_memory_gib: int = 384
    family_hosts: Mapping[str, int] = _NOTHING
    supply: Mapping[str, int] = _NOTHING
    provision: float = 1.0
    recovery: str = PLANNED
    default_network: bool = True
    vswitch_prefix: int = LARGEST_VSWITCH
    ipv6: bool = False

    def __repr__(self) -> str:
        return f"Shape({', '.join(f'{name}={value!r}' for name, value in self._chosen().items())})"

    def _chosen(self) -> dict[str, object]:
        """What is not as by default."""
        plain = {name: dict(value) if isinstance(value, Mapping) else value for name, value in self._asdict().items()}
        return {name: value for name, value in plain.items() if value != self._field_defaults[name]}

    def told(self) -> dict[str, Any]:
        """The shape as JSON carries it."""
        return {"version": VERSION} | {
            name: [*value] if isinstance(value, tuple) else value for name, value in self._chosen().items()
        }

    def text(self) -> str:
        """The shape as the text of a file."""
        from faultzone.journal import stored

        return stored.text(self.told())

    @classmethod
    def read(cls, given: object) -> Shape:
        """The shape that JSON describes, or that it is already.

        Raises:
            ShapeError: it cannot be.
            UsageError: it is of another version, or has an unknown field.
        """
        from faultzone.journal import stored

        if isinstance(given, Shape):
            return given.check()
        if not isinstance(given, Mapping):
            raise ShapeError.expected("shape", given, 'a Shape, or {"version": 1, "zones": 3}')
        stored.see_version(given, VERSION)
        stored.see_fields(given, ("version", *cls._fields), "of the shape")
        return cls(**{name: value for name, value in given.items() if name != "version"}).check()

    @classmethod
    def load(cls, path: Path | str) -> Shape:
        """The shape of a file.

        Raises:
            UsageError: it cannot be read, is no whole JSON, or `read` refuses it.
        """
        from faultzone.journal import stored

        return stored.load(path, "shape", cls.read)

    def check(self) -> Shape:
        """The shape itself.

        Raises:
            ShapeError: it cannot be; the text says what to write instead.
        """
        region_id: object = self.region_id
        if not (isinstance(region_id, str) and _REGION.fullmatch(region_id)):
            raise ShapeError.expected("region_id", self.region_id, "the ID of a region, such as 'cn-hangzhou'")
        self._check_zones()
        self._whole("hosts_per_zone", self.hosts_per_zone, 1, _HOSTS_MOST // len(self.zone_ids()))
        self._whole("hosts_per_rack", self.hosts_per_rack, 1, _HOSTS_MOST)
        self._whole("racks_per_switch", self.racks_per_switch, 1, _HOSTS_MOST)
        self._whole("host_vcpus", self.host_vcpus, 1, 100_000)
        self._whole("host_memory_gib", self.host_memory_gib, 1, 1_000_000)
        self._mapping("family_hosts", self.family_hosts, "{'ecs.i2': 2}")
        self._mapping("supply", self.supply, "{'*/ecs.g5': 10}")
        for family, hosts in self.family_hosts.items():
            self._whole(f"family_hosts[{family!r}]", hosts, 0, self.hosts_per_zone)
        for scope, limit in self.supply.items():
            if scope.count("/") != 1:
                raise ShapeError(f"supply[{scope!r}]: expected a key 'zone/family', such as '*/ecs.g5' ('*' means all)")
            self._whole(f"supply[{scope!r}]", limit, 0, 10**9)
        provision: object = self.provision
        if not (isinstance(provision, int | float) and 0 <= provision <= _PROVISION_MOST):
            raise ShapeError.expected(
                "provision", self.provision, f"the seconds that a new instance is Pending, from 0 to {_PROVISION_MOST}"
            )
        if self.recovery not in (PLANNED, IMMEDIATE):
            raise ShapeError.expected_one_of("recovery", self.recovery, (PLANNED, IMMEDIATE))
        self._whole("vswitch_prefix", self.vswitch_prefix, LARGEST_VSWITCH, SMALLEST_VSWITCH)
        for name in ("default_network", "ipv6"):
            if not isinstance(getattr(self, name), bool):
                raise ShapeError.expected(name, getattr(self, name), "True or False")
        return self

    def _mapping(self, name: str, value: object, example: str) -> None:
        if not isinstance(value, Mapping):
            raise ShapeError.expected(name, value, f"a mapping such as {example}")

    def _whole(self, name: str, value: object, least: int, most: int) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ShapeError.expected_whole(name, value, least, most)

    def _check_zones(self) -> None:
        if isinstance(self.zones, str | bytes | bool) or not isinstance(self.zones, int | Sequence):
            example = f"their names, such as ['{self._zone_id('a')}', '{self._zone_id('b')}']"
            raise ShapeError.expected("zones", self.zones, f"a whole number from 1 to {_ZONES_MOST}, or {example}")
        if isinstance(self.zones, int):
            self._whole("zones", self.zones, 1, _ZONES_MOST)
            return
        known = [self._zone_id(letter) for letter in _LETTERS]
        for zone in self.zones:
            if zone not in known:
                raise ShapeError.unknown("zone", zone, where="in zones", see=f"write {known[0]!r} to {known[-1]!r}")
        if not self.zones or len(set(self.zones)) != len(self.zones):
            raise ShapeError.expected("zones", self.zones, "the name of each zone once, and at least one")

    def zone_ids(self) -> tuple[str, ...]:
        """The names of the zones."""
        if isinstance(self.zones, int):
            return tuple(self._zone_id(letter) for letter in _LETTERS[: self.zones])
        return tuple(self.zones)

    def _zone_id(self, letter: str) -> str:
        return f"{self.region_id}{'' if self.region_id[-1].isdigit() else '-'}{letter}"
