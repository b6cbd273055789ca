"""What a process loads before it needs it: nothing. Held by names of modules, since times are those of a machine."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

import pytest

from tests.support.patience import PATIENCE

pytestmark = pytest.mark.slow

#: What a region and a call that only looks are made of.
FIRST_CALL: Final = """
    api api.answer api.callers api.ecs api.ecs.described_instances api.ecs.instances api.ecs.reasons
    api.ecs.shared api.errors api.readers api.request api.resource_codes api.values
    backends backends.local backends.options backends.registry
    clock
    control control.faults control.faults.failing control.tables
    editions editions.catalog editions.chapters editions.edition editions.edition_2019_02 editions.edition_2020_12
    editions.edition_2026_10 editions.images editions.instance_types editions.local_disks
    errors
    faults faults.house faults.targets
    journal journal.ignored journal.journal journal.redaction
    loading
    model model.assistant model.assistant.rules model.billing model.billing.rules model.cloud model.core
    model.core.addresses model.core.blanks model.core.book model.core.catalog model.core.client_tokens
    model.core.dispatch
    model.core.effects model.core.events model.core.fields model.core.filters model.core.hosts model.core.index
    model.core.index model.core.listing model.core.options model.core.periods
    model.core.placement model.core.seats model.core.shape model.core.state model.instances model.instances.describe
    model.rules
    region region.clean_up region.commands region.events region.handles region.planned region.region
    substrate substrate.docker substrate.docker.settings substrate.guest_agent substrate.guests substrate.memory
    waiting
    world
"""
#: What an instance that runs needs besides: the chapters that react to it, its guest, and the verbs that move time.
FIRST_INSTANCE: Final = """
    api.ecs.billing api.ecs.launches editions.prices
    control.cloud control.registry control.targets
    model.assistant.parameters model.assistant.reports model.assistant.runs model.assistant.state
    model.billing.arrears model.billing.charges model.billing.ledger model.billing.nonpayment
    model.billing.subscriptions model.core.excluded model.core.locks model.core.transitions
    model.events model.events.migration model.events.recovery
    model.instances.addresses model.instances.checks model.instances.create model.instances.lifecycle
    substrate.guest substrate.systems
"""
#: Parts of the standard library that take long to load and that none of this needs.
HEAVY: Final = frozenset(
    "asyncio calendar concurrent decimal email html http importlib.metadata importlib.resources ipaddress locale "
    "logging pathlib queue random selectors socket ssl subprocess tempfile tomllib unittest urllib uuid xml".split()
)

SCRIPT: Final = """
import json, sys
bare = {*sys.modules}
from faultzone import make_region
region = make_region()
region.call("DescribeInstances")
called = {*sys.modules}
region.run_instances()
print(json.dumps([sorted(called - bare), sorted({*sys.modules} - called)]))
"""


@pytest.fixture(scope="module")
def loaded() -> list[list[str]]:
    """The modules that a process loads up to its first call, and from there until its first instance runs."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=PATIENCE)
    found: list[list[str]] = json.loads(done.stdout)
    return found


def _named(names: str) -> set[str]:
    return {f"faultzone.{name}" for name in names.split()}


def _ours(names: list[str]) -> set[str]:
    return {name for name in names if name.startswith("faultzone.")}


def test_the_first_call_loads_what_it_needs_alone(loaded: list[list[str]]) -> None:
    assert _ours(loaded[0]) - _named(FIRST_CALL) == set(), "load it when it is first asked for: docs/architecture.md"
    assert _named(FIRST_CALL) - _ours(loaded[0]) == set(), "it is not loaded any more: take it off the list"


def test_the_first_instance_loads_what_it_needs_alone(loaded: list[list[str]]) -> None:
    assert _ours(loaded[1]) - _named(FIRST_INSTANCE) == set(), "load it when it is first asked for"
    assert _named(FIRST_INSTANCE) - _ours(loaded[1]) == set(), "it is not loaded any more: take it off the list"


def test_the_first_call_loads_nothing_heavy_of_the_standard_library(loaded: list[list[str]]) -> None:
    heavy = {name for name in loaded[0] if name in HEAVY or name.partition(".")[0] in HEAVY}
    assert heavy == set()
