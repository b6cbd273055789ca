"""Users and hosts do what they like, in any order, while reports are delayed, reordered, doubled and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from faultzone import ApiError, Region, make_region
from faultzone.backends.local import LocalBackend
from faultzone.checkers import demand
from faultzone.model.core.effects import Report
from faultzone.model.core.shape import IMMEDIATE, PLANNED, Shape

ZONES, HOSTS, VCPUS = 2, 3, 8
TYPES = {"ecs.g5.large": 2, "ecs.c5.xlarge": 4}
SETTLED = {"Running", "Stopped"}
ENDED = {"Executed", "Failed", "Avoided", "Canceled"}
#: What an instance may go through. A host that is back boots what it carries, hence Running or Starting to Starting;
#: what starts on a dead host, and finds no other, is brought down, hence Starting to Stopping.
STEPS = {
    (None, "Pending"),
    ("Pending", "Starting"),
    ("Pending", "Stopped"),
    ("Stopped", "Starting"),
    ("Starting", "Running"),
    ("Starting", "Stopping"),
    ("Running", "Stopping"),
    ("Stopping", "Stopped"),
    ("Stopping", "Starting"),
    ("Running", "Starting"),
    ("Starting", "Starting"),
    ("Starting", "Released"),
    ("Running", "Released"),
    ("Stopping", "Released"),
    ("Stopped", "Released"),
}
#: States in which an instance may change host without changing state.
MOVES = {"Running", "Stopping", "Stopped"}

amounts, indices = st.integers(1, 3), st.integers(0, 30)
hosts = st.integers(0, ZONES * HOSTS - 1)


class Substrate:
    """How reports are delivered: faithfully, or with delays, twice, out of order or not at all."""

    def __init__(self, seed: int, faithful: bool) -> None:
        self.chance, self.faithful = Random(seed), faithful

    def __call__(self, report: Report) -> Sequence[float]:
        return (0,) if self.faithful else self.chance.choice(((0,), (0,), (0.7,), (4,), (0, 3), (5, 0), ()))


class RegionMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.states: dict[str, str] = {}

    @initialize(seed=st.integers(0, 10**6), faithful=st.booleans(), recovery=st.sampled_from([PLANNED, IMMEDIATE]))
    def make(self, seed: int, faithful: bool, recovery: str) -> None:
        shape = Shape(zones=ZONES, hosts_per_zone=HOSTS, host_vcpus=VCPUS, host_memory_gib=64, recovery=recovery)
        self.delivery = Substrate(seed, faithful)
        backend = LocalBackend((shape,), accounts=2, delays=self.delivery)
        self.accounts: list[Region] = [make_region(backend), make_region(backend).as_account(1)]
        self.host_ids = [each["host"] for each in self.accounts[0].hosts]
        self.sets = [each.create_deployment_set() for each in self.accounts]

    # What users do

    def observed(self) -> Any:
        shown = [
            (list(each.describe("DescribeInstances", "Instances", "Instance")), self.sets[number].describe())
            for number, each in enumerate(self.accounts)
        ]
        return shown, self.accounts[0].hosts

    def attempt(self, call: Callable[[], object]) -> None:
        """Do it; if it is refused, nothing has changed."""
        before = self.observed()
        try:
            call()
        except ApiError:
            assert self.observed() == before, "a refused call changed something"

    def pick(self, index: int) -> tuple[int, str]:
        owned = [(number, each.id) for number, account in enumerate(self.accounts) for each in account.instances]
        return owned[index % len(owned)] if owned else (0, "i-none")

    @rule(account=st.integers(0, 1), amount=amounts, grouped=st.booleans(), kind=st.sampled_from(sorted(TYPES)))
    def run(self, account: int, amount: int, grouped: bool, kind: str) -> None:
        group = self.sets[account] if grouped else None
        region = self.accounts[account]
        self.attempt(lambda: region.run_instances(amount, deployment_set=group, instance_type=kind, wait=False))

    @rule(account=st.integers(0, 1))
    def create(self, account: int) -> None:
        self.attempt(lambda: self.accounts[account].create_instance(wait=False))

    @rule(index=indices, mode=st.sampled_from(["KeepCharging", "StopCharging"]), force=st.booleans())
    def stop(self, index: int, mode: str, force: bool) -> None:
        account, id = self.pick(index)
        asked = {"StoppedMode": mode, "ForceStop": force}
        self.attempt(lambda: self.accounts[account].instance(id).stop(wait=False, **asked))

    @rule(index=indices, verb=st.sampled_from(["start", "reboot"]))
    def start_or_reboot(self, index: int, verb: str) -> None:
        account, id = self.pick(index)
        self.attempt(lambda: getattr(self.accounts[account].instance(id), verb)(wait=False))

    @rule(index=indices, force=st.booleans())
    def delete(self, index: int, force: bool) -> None:
        account, id = self.pick(index)
        self.attempt(lambda: self.accounts[account].instance(id).delete(Force=force))

    @rule(index=indices, force=st.booleans())
    def move_into_set(self, index: int, force: bool) -> None:
        account, id = self.pick(index)
        self.attempt(lambda: self.sets[account].add(self.accounts[account].instance(id), force=force))

    @rule(index=indices)
    def trespass(self, index: int) -> None:
        account, id = self.pick(index)
        other = self.accounts[1 - account].instance(id)
        before = self.observed()
        with pytest.raises(ApiError, match=r"InvalidInstanceId\.NotFound"):
            other.delete()
        assert self.observed() == before

    # What happens to them

    @rule(host=hosts, reversible=st.booleans())
    def crash(self, host: int, reversible: bool) -> None:
        self.accounts[0].chaos.crash(self.host_ids[host], reversible=reversible)

    @rule(index=indices, due=st.sampled_from([0, 1500, 60_000]))
    def maintain(self, index: int, due: int) -> None:
        _, id = self.pick(index)
        if id != "i-none":
            self.accounts[0].control("schedule-maintenance", instance=id, within=due)

    @rule(host=hosts)
    def repair(self, host: int) -> None:
        self.accounts[0].control("replace-host", host=self.host_ids[host])

    @rule(index=indices)
    def migrate(self, index: int) -> None:
        _, id = self.pick(index)
        if id != "i-none":
            self.accounts[0].control("migrate", instance=id)

    @rule(limit=st.none() | st.integers(0, 4))
    def supply(self, limit: int | None) -> None:
        self.accounts[0].control("set-supply", limit=limit)

    @rule(seconds=st.sampled_from([0, 0.5, 1, 2, 10, 400, 2000]))
    def advance(self, seconds: float) -> None:
        self.accounts[0].clock.advance(seconds)

    # What must be so all the while

    def only_documented_transitions(self) -> None:
        journal = self.accounts[0].journal
        for _, _, kind, data in journal.entries[self.seen :]:
            if kind != "transition":
                continue
            id, before, after = data["instance"], data["from"], data["to"]
            assert before == self.states.get(id), f"{id} was {self.states.get(id)}"
            assert (before, after) in STEPS or (before == after and before in MOVES and "host" in data)
            self.states[id] = after
        self.seen = len(journal)

    @invariant()
    @precondition(lambda self: hasattr(self, "accounts"))
    def everything_adds_up(self) -> None:
        self.only_documented_transitions()
        shown = {
            each["InstanceId"]: (number, each)
            for number, account in enumerate(self.accounts)
            for each in account.describe("DescribeInstances", "Instances", "Instance")
        }
        assert {id: state for id, state in self.states.items() if state != "Released"} == {
            id: each["Status"] for id, (_, each) in shown.items()
        }
        placed = Counter[str]()
        for host in self.accounts[0].hosts:
            used = sum(TYPES[shown[id][1]["InstanceType"]] for id in host["instances"])
            assert host["vcpus_free"] == VCPUS - used >= 0
            for number in range(2):
                members = [shown[id][1]["DeploymentSetId"] for id in host["instances"] if shown[id][0] == number]
                assert members.count(self.sets[number].id) <= 1, "a set shares a host"
            placed.update(host["instances"])
        nowhere = {id for id, (_, each) in shown.items() if each["StoppedMode"] == "StopCharging"}
        assert placed == Counter(shown.keys() - nowhere)
        private = [(number, *each["VpcAttributes"]["PrivateIpAddress"]["IpAddress"]) for number, each in shown.values()]
        public = [ip for _, each in shown.values() for ip in each["PublicIpAddress"]["IpAddress"]]
        assert len(set(private)) == len(private)
        assert len(set(public)) == len(public)

    def teardown(self) -> None:
        """Nothing hangs once every host is back, unless a report was lost: no instance, and no event of one."""
        if not hasattr(self, "accounts") or not self.delivery.faithful:
            return
        self.accounts[0].clock.advance("8h")
        self.everything_adds_up()
        demand(self.accounts[0].journal, ["stuck"])
        for host in self.host_ids:
            self.accounts[0].control("replace-host", host=host)
        self.accounts[0].clock.advance("1h")
        self.everything_adds_up()
        assert {event.state for each in self.accounts for event in each.events.of()} <= {*ENDED, "Scheduled"}
        assert {id: state for id, state in self.states.items() if state not in {*SETTLED, "Released"}} == {}


RegionMachine.TestCase.settings = settings(
    derandomize=True,
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestAnyOrderOfHappenings = pytest.mark.slow(RegionMachine.TestCase)
