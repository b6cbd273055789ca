"""Whatever has a handle can be given by it or by its ID, wherever a public function asks for it."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any, Final, NamedTuple

import pytest

import faultzone
from faultzone import (
    ApiError,
    DeploymentSet,
    Instance,
    Invocation,
    NotSupported,
    Region,
    UsageError,
    WaitTimeout,
    assert_avoided,
    assert_invocation,
    assert_recovered,
    assert_released,
    assert_spread,
    assert_strictly_spread,
    failed,
    make_region,
)
from faultzone.faults import CATALOGUE, Fault, targets
from faultzone.faults.fault import parameters, required
from faultzone.faults.schedule import Call, Entry
from faultzone.faults.targets import FIELDS
from faultzone.journal import timeline as lines
from faultzone.region import events
from tests.quality.sources import ROOT
from tests.support.faults import SAMPLES, Stage, name_of


class On(NamedTuple):
    """A region with one of everything that has a handle."""

    region: Region
    web: Instance
    paid: Instance
    spot: Instance
    member: Instance
    quorum: DeploymentSet
    ran: Invocation


def on() -> On:
    region = make_region(edition="2026-10", zones=1, hosts_per_zone=4, seed=7)
    (web,) = region.run_instances(1)
    (paid,) = region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    (spot,) = region.run_instances(1, SpotStrategy="SpotAsPriceGo", SpotDuration=0)
    quorum = region.create_deployment_set()
    (member,) = region.run_instances(1, deployment_set=quorum)
    return On(region, web, paid, spot, member, quorum, region.run_command("true", on=web))


#: What is done with a handle or an ID.
Do = Callable[[On, Any], object]


def recovered(on: On, lost: Any) -> object:
    before = on.web.identity
    on.region.chaos.crash(on.web)
    on.region.wait_for_event("SystemFailure.Reboot", instance=on.web, state="Executed")
    return assert_recovered(lost, before, region=on.region)


def avoided(on: On, rebooted: Any) -> object:
    on.region.chaos.maintenance(on.web, within="1d")
    on.web.reboot()
    return assert_avoided(rebooted, region=on.region)


def released(on: On, gone: Any) -> object:
    on.web.delete()
    assert_released(gone, region=on.region)
    return on.web.exists


def maintained(on: On, instance: Any) -> object:
    on.region.chaos.maintenance(on.web, within="1d")
    return on.region.wait_for_event("SystemMaintenance.Reboot", instance=instance)


def waited(on: On, instance: Any) -> object:
    on.region.chaos.maintenance(on.web, within="1d")
    return on.region.events.wait("SystemMaintenance.Reboot", instance=instance)


def removed(on: On, member: Any) -> object:
    on.quorum.add(on.web, force=True)
    on.quorum.remove(member)
    return on.quorum.members


#: Each parameter of a public function that takes a handle of an instance, by the names of both.
OF_INSTANCES: Final[dict[str, Do]] = {
    "Region.instance(instance)": lambda on, it: on.region.instance(it),
    "Region.wait_until_all(instances)": lambda on, it: on.region.wait_until_all([it, on.paid], "Running"),
    "Region.run(instance)": lambda on, it: on.region.run(["no-such-program"], instance=it),
    "Region.run_command(on)": lambda on, it: on.region.run_command("true", on=it).states,
    "Region.run_command(outcomes)": lambda on, it: (
        on.region.run_command("true", on=on.web, outcomes={it: failed()}).status
    ),
    "Region.guest(on)": lambda on, it: on.region.guest("web", on=it),
    "Region.wait_for_event(instance)": maintained,
    "DeploymentSet.add(instance)": lambda on, it: on.quorum.add(it, force=True),
    "DeploymentSet.remove(instance)": removed,
    "Invocation.results(instance)": lambda on, it: on.ran.results(it),
    "Invocation.result(instance)": lambda on, it: on.ran.result(it),
    "Invocation.output(instance)": lambda on, it: on.ran.output(it),
    "Invocation.wait(besides)": lambda on, it: on.ran.wait(besides=[it]),
    "Invocation.stop(instances)": lambda on, it: on.ran.stop(it),
    "Commands.run(on)": lambda on, it: on.region.commands.run("true", on=[it]).states,
    "Commands.run(outcomes)": lambda on, it: on.region.commands.run("true", on=on.web, outcomes={it: failed()}).status,
    "Commands.guest(on)": lambda on, it: on.region.commands.guest("web", on=it),
    "Commands.log_in(instance)": lambda on, it: on.region.commands.log_in(it, "true"),
    "Commands.ran_on(instance)": lambda on, it: on.region.commands.ran_on(it),
    "Events.wait(instance)": waited,
    "Events.of(instance)": lambda on, it: on.region.events.of(it),
    "Events.planned(instance)": lambda on, it: on.region.events.planned(it),
    "Events.full_status(instance)": lambda on, it: on.region.events.full_status(it),
    "Events.health(instance)": lambda on, it: on.region.events.health(it),
    "Chaos.crash(host)": lambda on, it: on.region.chaos.crash(it),
    "Chaos.hang(host)": lambda on, it: on.region.chaos.hang(it),
    "Chaos.cut(host)": lambda on, it: on.region.chaos.cut(it),
    "Chaos.at_risk(host)": lambda on, it: on.region.chaos.at_risk(it),
    "Chaos.zone_outage(zone)": lambda on, it: on.region.chaos.zone_outage(it),
    "Chaos.peer_cut(host)": lambda on, it: on.region.chaos.peer_cut(it, on.paid),
    "Chaos.peer_cut(peer)": lambda on, it: on.region.chaos.peer_cut(on.paid, it),
    "Chaos.slow_network(host)": lambda on, it: on.region.chaos.slow_network(it),
    "Chaos.disk_full(host)": lambda on, it: on.region.chaos.disk_full(it),
    "Chaos.memory_exhausted(instance)": lambda on, it: on.region.chaos.memory_exhausted(it),
    "Chaos.pause(host)": lambda on, it: on.region.chaos.pause(it),
    "Chaos.kill(host)": lambda on, it: on.region.chaos.kill(it),
    "Chaos.shortage(zone)": lambda on, it: on.region.chaos.shortage(zone=it),
    "Chaos.launch_failure(zone)": lambda on, it: on.region.chaos.launch_failure(zone=it),
    "Chaos.spot_price_rise(zone)": lambda on, it: on.region.chaos.spot_price_rise("ecs.g5.large", "0.5", zone=it),
    "Chaos.maintenance(instance)": lambda on, it: on.region.chaos.maintenance(it, within="1d"),
    "Chaos.maintenance(host)": lambda on, it: on.region.chaos.maintenance(host=it, within="1d"),
    "Chaos.security_lock(instance)": lambda on, it: on.region.chaos.security_lock(it),
    "Chaos.disk_impaired(instance)": lambda on, it: on.region.chaos.disk_impaired(it),
    "Chaos.guest_crash(instance)": lambda on, it: on.region.chaos.guest_crash(it),
    "Chaos.agent_outage(instance)": lambda on, it: on.region.chaos.agent_outage(it),
    "Chaos.api_failure(aim)": lambda on, it: on.region.chaos.api_failure("RebootInstance", about=it),
    "Chaos.throttling(aim)": lambda on, it: on.region.chaos.throttling("RebootInstance", about=it),
    "Chaos.throttling_bursts(aim)": lambda on, it: on.region.chaos.throttling_bursts(about=it),
    "Chaos.refusals(aim)": lambda on, it: on.region.chaos.refusals("RebootInstance", "terraform", about=it),
    "Chaos.stale_reads(item)": lambda on, it: on.region.chaos.stale_reads(item=it),
    "Chaos.stale_reads(aim)": lambda on, it: on.region.chaos.stale_reads(about=it),
    "Chaos.page_slip(item)": lambda on, it: on.region.chaos.page_slip(item=it),
    "Chaos.page_slip(aim)": lambda on, it: on.region.chaos.page_slip(about=it),
    "Chaos.partial_success(item)": lambda on, it: on.region.chaos.partial_success(item=it),
    "Chaos.partial_success(aim)": lambda on, it: on.region.chaos.partial_success(about=it),
    "Chaos.broken_connection(aim)": lambda on, it: on.region.chaos.broken_connection(about=it),
    "assert_avoided(instance)": avoided,
    "assert_recovered(instance)": recovered,
    "assert_released(instance)": released,
    "journal.timeline.timeline(instance)": lambda on, it: lines.timeline(on.region.journal, it),
    "region.events.timeline(instance)": lambda on, it: events.timeline(it, region=on.region),
    "assert_strictly_spread(instances)": lambda on, it: assert_strictly_spread([it, on.member], region=on.region),
    "all(expires_with)": lambda on, it: targets.all("subscription", expires_with=it),
    "host_of(instance)": lambda on, it: targets.host_of(it),
    "rack_of(target)": lambda on, it: targets.rack_of(it),
    "switch_of(target)": lambda on, it: targets.switch_of(it),
    "zone_of(target)": lambda on, it: targets.zone_of(it),
    "id_of(target)": lambda on, it: targets.id_of(it, "it"),
    "ids_of(targets)": lambda on, it: targets.ids_of([it, on.paid], "it"),
}
#: The same of an instance that the table names, and of what is none.
OF_OTHERS: Final[dict[str, tuple[str, Do]]] = {
    "Chaos.spot_interruption(instance)": ("spot", lambda on, it: on.region.chaos.spot_interruption(it)),
    "Chaos.subscription_expiry(instance)": ("paid", lambda on, it: on.region.chaos.subscription_expiry(it)),
    "Region.run_instances(deployment_set)": ("quorum", lambda on, it: on.region.run_instances(1, deployment_set=it)),
    "Region.deployment_set(deployment_set)": ("quorum", lambda on, it: on.region.deployment_set(it).members),
    "Commands.invocation(invocation)": ("ran", lambda on, it: on.region.commands.invocation(it).status),
    "assert_invocation(invocation)": ("ran", lambda on, it: assert_invocation(it, "Finished", region=on.region)),
    "assert_spread(deployment_set)": ("quorum", lambda on, it: assert_spread(it, region=on.region)),
}
TABLE: Final[dict[str, tuple[str, Do]]] = {name: ("web", do) for name, do in OF_INSTANCES.items()} | OF_OTHERS

#: What takes any ID: as its docstring says, since its action lists nothing of another, or since it describes a target
#: that is looked for when a fault comes.
ANY_ID: Final = frozenset(
    {
        "Region.instance(instance)",
        "Invocation.wait(besides)",
        "Invocation.results(instance)",
        "Events.of(instance)",
        "journal.timeline.timeline(instance)",
        "region.events.timeline(instance)",
        *(each for each in TABLE if each[0].islower() and "_of(" in each),
        "all(expires_with)",
        "ids_of(targets)",
    }
)
#: What makes a place for a program.
SLOW: Final = frozenset({"Region.run(instance)"})

#: A function that a page for users names by its module.
_DOCUMENTED: Final = re.compile(r"\b(faultzone(?:\.\w+)+)\.(\w+)\(")
_HANDLES: Final = re.compile(r"\b(Instance|DeploymentSet|Invocation|Named|Aim)\b")


def tried(but: frozenset[str] = frozenset()) -> list[Any]:
    """The parameters of a test that tries all of the table, but some."""
    return [pytest.param(each, marks=[pytest.mark.slow] * (each in SLOW)) for each in TABLE if each not in but]


def public() -> Iterator[type | Callable[..., object]]:
    """What `faultzone` exports, what its methods and properties give, and what describes targets."""
    rooms = [f"faultzone.region.{each.name}" for each in pkgutil.iter_modules(faultzone.region.__path__)]
    kinds = {
        name: value
        for room in rooms
        for name, value in vars(import_module(room)).items()
        if inspect.isclass(value) and value.__module__.startswith("faultzone.region")
    }
    left = [getattr(faultzone, name) for name in faultzone.__all__]
    seen: list[object] = []
    while left:
        each = left.pop()
        if each in seen or not callable(each):
            continue
        seen.append(each)
        yield each
        for part in vars(each).values() if inspect.isclass(each) else ():
            gives = getattr(part, "fget", part)
            named = getattr(gives, "__annotations__", {}).get("return", "")
            left += [kinds[name] for name in re.findall(r"\w+", str(named)) if name in kinds]
    yield from (value for name, value in vars(targets).items() if inspect.isfunction(value) and name[0] != "_")


def documented() -> Iterator[tuple[str, Callable[..., object]]]:
    """The functions that the pages for users name by their modules, each with its module."""
    pages = [each.read_text("utf-8") for each in sorted(ROOT.glob("docs/**/*.md"))]
    for module, name in sorted({found for page in pages for found in _DOCUMENTED.findall(page)}):
        function = getattr(import_module(module), name)
        if inspect.isfunction(function):
            yield module.removeprefix("faultzone."), function


def asking() -> Iterator[str]:
    """The parameters of public functions that take a handle."""
    for module, function in documented():
        for parameter, kind in function.__annotations__.items():
            if parameter != "return" and _HANDLES.search(str(kind)):
                yield f"{module}.{function.__name__}({parameter})"
    for each in public():
        before = f"{each.__name__}." if inspect.isclass(each) else ""
        kinds = inspect.getmro(each)[::-1] if inspect.isclass(each) else ()
        functions = {name: value for kind in kinds for name, value in vars(kind).items()} or {each.__name__: each}
        for name, function in functions.items():
            if inspect.isfunction(function) and (name[0] != "_" or name == "__init__"):
                for parameter, kind in function.__annotations__.items():
                    if parameter != "return" and _HANDLES.search(str(kind)):
                        yield f"{before}{name}({parameter})"


def test_each_parameter_that_takes_a_handle_is_in_the_table() -> None:
    assert set(asking()) == TABLE.keys()


def said(name: str, given: Callable[[On, str], object]) -> tuple[str, list[str]]:
    """What comes of a call in a region of its own, and the journal of that."""
    attribute, do = TABLE[name]
    there = on()
    try:
        answer = repr(do(there, given(there, attribute)))
    except (ApiError, AssertionError, FileNotFoundError, NotSupported, UsageError) as refused:
        answer = f"{type(refused).__name__}: {refused}"
    return answer, [str(each) for each in there.region.journal]


@pytest.mark.parametrize("name", tried())
def test_a_handle_and_its_id_do_the_same(name: str) -> None:
    by_handle = said(name, getattr)
    by_id = said(name, lambda there, attribute: getattr(there, attribute).id)
    assert by_handle == by_id
    assert re.match("ApiError|AssertionError|UsageError|NotListed", by_handle[0]) is None


@pytest.mark.parametrize("name", tried(but=ANY_ID))
def test_a_wrong_id_is_told(name: str) -> None:
    wrong, _ = said(name, lambda there, attribute: f"{getattr(there, attribute).id[:2]}nowhere")
    assert re.match(r"ApiError: \S+\.NotFound|NotSupported|\w+: .*nowhere", wrong), wrong


@pytest.mark.parametrize("name", tried())
def test_what_is_neither_a_handle_nor_an_id_is_told_what_to_write(name: str) -> None:
    wrong, _ = said(name, lambda there, attribute: 7)
    assert re.match(r"UsageError: \w+=7: expected ", wrong), wrong


@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda on: assert_recovered(on.web.id, on.web.identity), "instance='i-.*': expected the Instance, or its ID"),
        (
            lambda on: assert_avoided(on.web.id),
            "instance='i-.*': expected the Instance, or its ID together with region",
        ),
        (
            lambda on: assert_released(on.web.id),
            "instance='i-.*': expected the Instance, or its ID together with region",
        ),
        (
            lambda on: events.timeline(on.web.id),
            "instance='i-.*': expected the Instance, or its ID together with region",
        ),
        (lambda on: assert_spread(on.quorum.id), "deployment_set='ds-.*': expected the DeploymentSet, or its ID"),
        (lambda on: assert_strictly_spread([on.web.id]), "instances='i-.*': expected the Instance, or its ID"),
        (lambda on: assert_invocation(on.ran.id, "Finished"), "invocation='t-.*': expected the Invocation, or its ID"),
    ],
    ids=["recovered", "avoided", "released", "timeline", "spread", "strictly-spread", "invocation"],
)
def test_an_id_without_a_region_is_told_what_to_write(do: Callable[[On], object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        do(on())


@pytest.mark.parametrize("kind", CATALOGUE, ids=name_of)
def test_a_fault_takes_the_handle_of_an_instance_and_its_id_in_each_field(kind: type[Fault]) -> None:
    """Where a place is meant, the instance stands for the one that it is on."""
    there = on()
    given = Stage(there.region, there.web, there.paid, there.spot, str(there.web.host))
    names, ids = FIELDS.keys() & parameters(kind).keys(), (there.paid.id, there.spot.id)
    sample: Any = SAMPLES[kind](given) if kind in SAMPLES else kind(**dict(zip(required(kind), ids, strict=False)))
    left_out = dict.fromkeys(names - {*required(kind)})
    for name in names:
        by_id = replace(sample, **{**left_out, name: there.web.id})
        assert replace(sample, **{**left_out, name: there.web}) == by_id
        place = FIELDS[name]
        assert getattr(by_id, name) == (there.web.id if place == "instance" else f"{place}_of({there.web.id})")


def test_a_handle_does_where_fields_are_free() -> None:
    """Of a call, of a control verb, of an entry of the journal."""
    region, web, paid, *_ = on()
    assert region.call("DescribeInstanceAttribute", InstanceId=web)["InstanceId"] == web.id
    assert region.call("DescribeInstanceStatus", InstanceId=[web, paid])["TotalCount"] == 2
    assert region.control("host-of", instance=web) == region.control("host-of", instance=web.id)
    assert region.journal.of("transition", instance=web) == region.journal.of("transition", instance=web.id) != []
    assert Entry("transition", instance=web) == Entry("transition", instance=web.id)
    assert Call("StopInstance", about=web) == Call("StopInstance", about=web.id)  # type: ignore[arg-type]


def test_what_never_was_has_not_been_released() -> None:
    region, web, *_ = on()
    with pytest.raises(AssertionError, match="i-nowhere has not been released: there never was an instance of this ID"):
        assert_released("i-nowhere", region=region)
    for given in (web, web.id):
        with pytest.raises(AssertionError, match=f"{web.id} has not been released: it is Running"):
            assert_released(given, region=region)
    web.delete()
    assert_released(web)
    region.clock.advance("30d")
    assert_released(web.id, region=region)


def test_one_does_where_several_can_be() -> None:
    region, web, _, _, _, _, ran = on()
    for given in (web, web.id):
        region.wait_until_all(given, "Running")
        with pytest.raises(WaitTimeout, match=f"{web.id}.*Running"):
            region.wait_until_all(given, "Stopped", "1s")
    assert ran.wait(besides=web).id == ran.id
