"""Cloud Assistant: files that are sent to instances, as of today."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import Instance, Region

clause, needs = pytest.mark.clause, pytest.mark.needs
pytestmark = [pytest.mark.region(edition="2026-10"), needs("shape-region")]


def send(region: Region, *instances: Instance, **given: object) -> str:
    """Send a file and wait until it is there, or will not be."""
    asked = {"Name": "app.conf", "TargetDir": "/srv", "Content": "port=80\n", **given}
    invoke_id: str = region.call("SendFile", InstanceId=[each.id for each in instances], **asked)["InvokeId"]
    region.wait(lambda: sent(region, invoke_id)["InvocationStatus"] not in ("Pending", "Running"), "2m", what="sent")
    return invoke_id


def sent(region: Region, invoke_id: str) -> dict[str, Any]:
    shown: dict[str, Any] = region.call("DescribeSendFileResults", InvokeId=invoke_id)["Invocations"]["Invocation"][0]
    return shown


def found(region: Region, **filters: object) -> list[str]:
    answer = region.call("DescribeSendFileResults", **filters)
    return [each["InvokeId"] for each in answer["Invocations"]["Invocation"]]


@clause("assistant/files-kept")
@needs("move-time")
def test_what_became_of_a_file_is_told_for_a_day(region: Region) -> None:
    (instance,) = region.run_instances()
    first = send(region, instance)
    region.clock.advance("23h")
    second = send(region, instance, Name="b.conf")
    assert found(region) == [second, first]
    region.clock.advance("65m")
    assert found(region) == [second]
