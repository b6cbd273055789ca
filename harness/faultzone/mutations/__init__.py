"""Mutations: one library of wrong requests, answers and refusals, and the wrong regions that are made of them.

A wrong region breaks one documented promise, to measure what a suite catches. It is a row of a table in `regions/`: a
name, a clause, a sentence, and what it changes. That is values of the edition, rules of the model, mutations of calls,
or a class for the rest. The model has no switch for any of them. A suite catches a wrong region when an assertion of
its clause fails; a crash is no catch.

    pytest --pyargs faultzone_specs --faultzone-backend=wrong:eight-in-a-zone
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Final

from faultzone.backends.options import BackendOptions
from faultzone.backends.registry import Kind
from faultzone.errors import UsageError
from faultzone.mutations.row import WrongRegion, row

__all__ = ["WrongRegion", "get", "load", "row"]

#: The modules of `regions` that have rows, one for each chapter or part of one.
CHAPTERS: Final = (
    "assistant",
    "assistant_runs",
    "assistant_states",
    "assistant_today",
    "assistant_details",
    "assistant_settings",
    "assistant_schedules",
    "managed_instances",
    "invocation_status",
    "billing",
    "prices",
    "charge_types",
    "spec_changes",
    "event_causes",
    "spot",
    "deployment_sets",
    "deployment_set_members",
    "deployment_set_moves",
    "deployment_set_strategies",
    "instances",
    "instance_release",
    "instance_requests",
    "instance_inputs",
    "instance_changes",
    "instance_specs",
    "offers",
    "launch_templates",
    "instance_metadata",
    "instance_diagnosis",
    "launches",
    "interfaces",
    "listings",
    "resource_groups",
    "events",
    "events_changed",
    "plan_windows",
    "disk_events",
    "recovery",
    "recovery_tasks",
    "notifications",
    "key_pairs",
    "group_rules",
    "disks",
    "snapshots",
    "own_images",
    "older_actions",
    "eips",
    "products",
    "networks",
    "cloud_monitor",
)


@cache
def load() -> Mapping[str, WrongRegion]:
    """All wrong regions by name, in the order of the chapters.

    Raises:
        UsageError: two have the same name.
    """
    found: dict[str, WrongRegion] = {}
    for chapter in CHAPTERS:
        for each in import_module(f"{__name__}.regions.{chapter}").REGIONS:
            if each.name in found:
                raise UsageError(f"two wrong regions have the name {each.name!r}: rename one")
            found[each.name] = each
    return found


def get(name: str) -> WrongRegion:
    """The wrong region of that name.

    Raises:
        UsageError: there is none; the text names close matches.
    """
    found = load().get(name)
    if found is None:
        raise UsageError.unknown("wrong region", name, load(), see="`faultzone wrong` lists them")
    return found


def _check(options: BackendOptions) -> None:
    get(options.detail)


#: The backend `wrong:NAME`.
WRONG: Final = Kind(
    lambda options: get(options.detail).backend(options.cloud), check=_check, follows_any_edition=True, sound=False
)
