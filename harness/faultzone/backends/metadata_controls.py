"""The control verb of the metadata service, and what connects scripted guests to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.backends.controls import Arguments, verb
from faultzone.errors import UsageError
from faultzone.model import metadata

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend
    from faultzone.model.cloud import Cloud


def answer(cloud: Cloud, instance_id: str, path: str) -> str | None:
    """What the metadata service answers an instance for a path; None where there is nothing."""
    for region in cloud.regions.values():
        if (instance := region.instances.get(instance_id)) is not None:
            return metadata.read(region, region.account(instance.account), instance, path)
    return None


@verb("metadata", "guest", writes=False, instance="string", path="string")
def read_metadata(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Read from inside a running instance what the metadata service has at a path; null where there is nothing."""
    instance = backend.cloud.find_instance(str(given["instance"]))
    if instance is None:
        raise UsageError(f"there is no instance {given['instance']!r}")
    if instance.status != "Running" or instance.impaired:
        raise UsageError(f"nothing inside {instance.id} can ask: it is not up")
    return {"text": answer(backend.cloud, instance.id, str(given["path"]))}
