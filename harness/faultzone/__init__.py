"""faultzone: a simulated ECS region that tests can break.

The names below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.loading import Loaded as _Loaded

if TYPE_CHECKING:
    from faultzone.api.errors import ApiError as ApiError
    from faultzone.clock import Duration as Duration
    from faultzone.clock import milliseconds as milliseconds
    from faultzone.clock import read_stamp as read_stamp
    from faultzone.clock import stamp as stamp
    from faultzone.conditions import Condition as Condition
    from faultzone.conditions import always as always
    from faultzone.conditions import eventually as eventually
    from faultzone.conditions import follows as follows
    from faultzone.conditions import never as never
    from faultzone.conditions import precedes as precedes
    from faultzone.conditions import probe as probe
    from faultzone.conditions import sometimes as sometimes
    from faultzone.editions import Edition as Edition
    from faultzone.errors import ConditionBroken as ConditionBroken
    from faultzone.errors import FaultzoneError as FaultzoneError
    from faultzone.errors import HarnessError as HarnessError
    from faultzone.errors import IncompleteAnswer as IncompleteAnswer
    from faultzone.errors import Inconclusive as Inconclusive
    from faultzone.errors import NoAnswer as NoAnswer
    from faultzone.errors import NotSupported as NotSupported
    from faultzone.errors import ShapeError as ShapeError
    from faultzone.errors import UndoFailed as UndoFailed
    from faultzone.errors import UnmetFault as UnmetFault
    from faultzone.errors import UsageError as UsageError
    from faultzone.errors import WaitTimeout as WaitTimeout
    from faultzone.faults import *
    from faultzone.faults.schedule import Schedule as Schedule
    from faultzone.journal.journal import Entry as Entry
    from faultzone.journal.journal import Journal as Journal
    from faultzone.journal.operations import Operation as Operation
    from faultzone.region import Chaos as Chaos
    from faultzone.region import Client as Client
    from faultzone.region import CloudOptions as CloudOptions
    from faultzone.region import DeploymentSet as DeploymentSet
    from faultzone.region import Injection as Injection
    from faultzone.region import Instance as Instance
    from faultzone.region import Region as Region
    from faultzone.region import Shape as Shape
    from faultzone.region import make_region as make_region
    from faultzone.region.assertions import assert_avoided as assert_avoided
    from faultzone.region.assertions import assert_documented as assert_documented
    from faultzone.region.assertions import assert_invocation as assert_invocation
    from faultzone.region.assertions import assert_nothing_made as assert_nothing_made
    from faultzone.region.assertions import assert_recovered as assert_recovered
    from faultzone.region.assertions import assert_refused as assert_refused
    from faultzone.region.assertions import assert_released as assert_released
    from faultzone.region.assertions import assert_spread as assert_spread
    from faultzone.region.assertions import assert_strictly_spread as assert_strictly_spread
    from faultzone.region.assertions import assert_unchanged as assert_unchanged
    from faultzone.region.assertions import one as one
    from faultzone.region.commands import Invocation as Invocation
    from faultzone.region.commands import Outcome as Outcome
    from faultzone.region.commands import failed as failed
    from faultzone.region.commands import finished as finished
    from faultzone.region.commands import running as running
    from faultzone.region.commands import stopped as stopped
    from faultzone.region.events import SystemEvent as SystemEvent
    from faultzone.region.handles import RegionClock as RegionClock
    from faultzone.region.over_time import assert_holds as assert_holds
    from faultzone.substrate.reaction import Reaction as Reaction

#: Where each public name is at home; the faults are those of the catalogue.
_HOME: Final[_Loaded[str, Any]] = _Loaded(
    {
        f"faultzone.{home}": names.split()
        for home, names in {
            "api.errors": "ApiError",
            "clock": "Duration milliseconds read_stamp stamp",
            "conditions": "Condition always eventually follows never precedes probe sometimes",
            "editions": "Edition",
            "errors": (
                "ConditionBroken FaultzoneError HarnessError IncompleteAnswer Inconclusive NoAnswer NotSupported "
                "ShapeError UndoFailed UnmetFault UsageError WaitTimeout"
            ),
            "faults.fault": "Fault",
            "faults.schedule": "Schedule",
            "journal.journal": "Entry Journal",
            "journal.operations": "Operation",
            "region": "CloudOptions DeploymentSet Instance Region make_region",
            "region.assertions": (
                "assert_avoided assert_documented assert_invocation assert_nothing_made assert_recovered "
                "assert_refused assert_released assert_spread assert_strictly_spread assert_unchanged one"
            ),
            "region.chaos": "Chaos",
            "region.client": "Client",
            "region.commands": "Invocation Outcome failed finished running stopped",
            "region.events": "SystemEvent",
            "region.handles": "RegionClock",
            "region.injection": "Injection",
            "region.over_time": "assert_holds",
            "model.core.shape": "Shape",
            "substrate.reaction": "Reaction",
        }.items()
    },
    "__dict__",
)

__all__: list[str]  # Asked for by `from faultzone import *` alone, and made then.


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return _HOME[name]
    if name == "__all__" or name[:1].isupper():  # A fault is a class.
        from faultzone.faults import HOUSE

        if name == "__all__":
            return sorted([*_HOME, *HOUSE])
        if name in HOUSE:
            return HOUSE[name]
    raise AttributeError(f"module 'faultzone' has no attribute {name!r}")
