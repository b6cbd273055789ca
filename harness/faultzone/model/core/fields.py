"""What instances and system events are found by: the fields of their indexes, as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.clock import DAY, MINUTE, SECOND
from faultzone.model.core.addresses import read_dotted
from faultzone.model.core.book import Book, Field, Values, by_name, instants
from faultzone.model.core.filters import Bound, read_tag_list
from faultzone.model.core.index import NONE, both, either, rows_of
from faultzone.model.core.listing import Listed, Paged, all_like

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, Instance

#: Instants of instances are told to the minute, those of events to the second.
TO_THE_MINUTE: Final = (DAY, MINUTE)
TO_THE_SECOND: Final = (DAY, MINUTE, SECOND)


class Terms(NamedTuple):
    """What all instances have one of a few of."""

    internet_charge_type: str
    spot_strategy: str
    credit_specification: str
    optimized: bool
    in_vpc: bool
    http_endpoint: str
    http_tokens: str


class DiskTerms(NamedTuple):
    """What disks are found by besides what their instance is."""

    number: int
    name: object
    category: object
    deleted_with_instance: object
    encrypted: object
    performance_level: object
    resource_group: str


def disk_terms(instance: Instance) -> tuple[DiskTerms, ...]:
    """The disks of an instance: the system disk is number 0."""
    options = instance.options
    moved: Mapping[int, str] = {}
    if options.moved_parts:
        from faultzone.model.core.free_disks import id_of, numbers  # Few disks are moved by themselves.

        moved = {number: options.group_of_part(id_of(instance, number)) for number in numbers(instance)}
    return tuple(
        DiskTerms(
            number,
            given.get("DiskName", ""),
            given.get("Category"),
            given.get("DeleteWithInstance", True),
            given.get("Encrypted", False),
            given.get("PerformanceLevel"),
            moved.get(number, options.launch_group),
        )
        for number, given in enumerate((options.system_disk, *options.data_disks))
    )


def _terms(instance: Instance) -> Values:
    options = instance.options
    return (
        Terms(
            options.internet_charge_type,
            options.spot_strategy,
            options.credit_specification,
            options.io_optimized == "optimized",
            not options.classic,
            options.http_endpoint,
            options.http_tokens,
        ),
    )


def _card_group(instance: Instance) -> Values:
    group = instance.options.group_of_part(f"eni-{instance.id[2:]}")
    return (group,) if group else ()


def tag_values(tags: Mapping[str, str]) -> Values:
    """By what tags are found: each by its key, and by its key and value."""
    return (*((key,) for key in tags), *tags.items())


def _tags(given: Sequence[Mapping[str, str]]) -> Values:
    return tag_values(read_tag_list(given)) if given else ()


def _tag_count(instance: Instance) -> Values:
    tags = instance.options.tags
    return (len(read_tag_list(tags)),) if tags else ()


INSTANCE_FIELDS: Final = by_name(
    Field("status", "status", lambda each: (each.status,)),
    Field("zone", "zone", lambda each: (each.zone,)),
    Field("vswitch", "vswitch", lambda each: (each.vswitch.id,)),
    Field("type", "kind", lambda each: (each.kind.name,)),
    Field("image", "image", lambda each: (each.image.id,)),
    Field("charge type", "charge_type", lambda each: (each.charge_type,)),
    Field("terms", "options", _terms),
    Field("security group", "security_groups", lambda each: tuple(dict.fromkeys(each.security_groups))),
    Field("deployment set", "group", lambda each: () if each.group is None else (each.group.id,)),
    Field("lock", "locks", lambda each: each.locks),
    Field("impaired", "impaired", lambda each: (True,) if each.impaired else ()),
    Field("elastic address", "options", lambda each: (each.options.eip,) if each.options.eip else ()),
    Field("key pair", "options", lambda each: (each.options.key_pair,) if each.options.key_pair else ()),
    Field("role", "options", lambda each: (each.options.ram_role_name or "",)),
    Field("disks", "options", lambda each: (disk_terms(each),)),
    Field(
        "resource group",
        "options",
        lambda each: (each.options.resource_group_id,) if each.options.resource_group_id else (),
    ),
    Field("cards", "options", lambda each: (True,) if each.options.has_cards else ()),
    Field("ipv6 address", "options", lambda each: each.options.ipv6),
    Field("card group", "options", _card_group),
    Field("tag", "options", lambda each: _tags(each.options.tags)),
    Field("tag count", "options", _tag_count),
    Field("launch tag", "options", lambda each: _tags(each.options.launch_tags)),
    # An instance whose name is its id is found by the id.
    Field("name", "name", lambda each: () if each.name == each.id else (each.name,), alike=False),
    Field("private address", "private_ip", lambda each: (each.private_ip,)),
    Field("public address", "public_ip", lambda each: (each.public_ip,)),
    *instants("created", "created", TO_THE_MINUTE, lambda each: (each.created,)),
    *instants("expires", "expires", TO_THE_MINUTE, lambda each: () if each.expires is None else (each.expires,)),
    Field("renewal", "renewal", lambda each: (each.renewal,) if each.renewal else ()),
    Field("maintained", "maintained", lambda each: (True,) if each.maintained else ()),
    Field("event count", "planned", lambda each: (min(len(each.planned), 2),) if each.planned else ()),
    Field("event type", "planned", lambda each: tuple({event.type: None for event in each.planned})),
    *instants(
        "due",
        "planned",
        TO_THE_SECOND,
        lambda each: [event.not_before for event in each.planned if event.not_before is not None],
    ),
    *instants("published", "planned", TO_THE_SECOND, lambda each: [event.published for event in each.planned]),
)


EVENT_FIELDS: Final = by_name(
    Field("account", "account", lambda each: (each.account,)),
    Field("status", "status", lambda each: (each.status,)),
    Field("instance", "instance", lambda each: (each.instance,)),
    Field("event type", "type", lambda each: (each.type,)),
    Field("simulated", "simulated", lambda each: (True,) if each.simulated else ()),
    *instants("due", "not_before", TO_THE_SECOND, lambda each: () if each.not_before is None else (each.not_before,)),
    *instants("published", "published", TO_THE_SECOND, lambda each: (each.published,)),
)


def tagged(book: Book[Any], field: str, asked: Sequence[Mapping[str, str]]) -> list[Mapping[int, int]]:
    """The rows that have each of the tags asked for; a tag without a value stands for any."""
    return [
        book.rows(field, (each.get("Key", ""), each["Value"]) if each.get("Value") else (each.get("Key", ""),))
        for each in asked
    ]


def where_terms(book: Book[Any], **asked: object) -> list[Mapping[int, int]]:
    """The rows whose terms are as asked, by the names of `Terms`; None asks for none."""
    wanted = [(name, value) for name, value in asked.items() if value is not None]
    if not wanted:
        return []
    return [book.rows_where("terms", lambda terms: all(getattr(terms, name) == value for name, value in wanted))]


def bounded(book: Book[Any], bounds: Sequence[Bound]) -> list[Mapping[int, int]]:
    """The instances that lie within each of the bounds of a request, to the minute, as times are shown."""
    names = {"Creation": "created", "Expired": "expires"}
    return [
        book.rows_between(names[kind], TO_THE_MINUTE, -(-bound // MINUTE) * MINUTE, inf)
        if first
        else book.rows_between(names[kind], TO_THE_MINUTE, -inf, bound // MINUTE * MINUTE + MINUTE - 1)
        for kind, first, bound in bounds
    ]


def in_vswitch(account: AccountState, vswitch: str) -> Mapping[int, int]:
    """The instances whose primary network interface is in a vSwitch."""
    (inside,) = where_terms(account.book, in_vpc=True)
    return both(inside, account.book.rows("vswitch", vswitch))


def in_vpc(account: AccountState, vpc: str) -> Mapping[int, int]:
    """The instances in a VPC."""
    found = account.vpcs.get(vpc)
    return NONE if found is None else either(in_vswitch(account, each) for each in found.vswitches)


def all_instances(account: AccountState, request: Paged) -> Listed[Instance]:
    """All instances, in the way that shows a page soonest: before a late page, rows are counted."""
    return account.instances.values() if request.page_number == 1 else account.book.found()


def rows_of_ids(account: AccountState, ids: Iterable[str]) -> Mapping[int, int]:
    """The instances that have one of these ids."""
    return rows_of({account.instances[each].row for each in ids if each in account.instances})


def named(account: AccountState, name: str) -> Mapping[int, int]:
    """The instances with a name, in which `*` stands for any characters."""
    if "*" in name:
        return account.book.scanned(("name", name), "name", partial(all_like, name))
    rows = account.book.rows("name", name)
    same = account.instances.get(name)
    return either((rows, rows_of((same.row,)))) if same is not None and same.name == name else rows


def with_ipv6(book: Book[Any], texts: Sequence[str]) -> Mapping[int, int]:
    """The rows that have one of these IPv6 addresses."""
    from faultzone.model.core.cards import read_ipv6  # Few ask for one.

    return either(book.rows("ipv6 address", read_ipv6(text)) for text in texts)


def addressed(book: Book[Any], field: str, texts: Sequence[str]) -> Mapping[int, int]:
    """The rows that have one of these addresses; the empty text is that of the rows that have none."""
    numbers = {read_dotted(text) or None if text else 0 for text in texts}
    return either(book.rows(field, number) for number in numbers)
