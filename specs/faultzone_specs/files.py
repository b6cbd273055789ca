"""What tests of files that are sent have in common."""

from __future__ import annotations

from typing import Any, Final

from faultzone import Instance, Region

#: How a file is called, and what is in it: text of several scripts.
NAME: Final = "配置-конфиг.conf"
CONTENT: Final = "端口=80 # порт\n"


def send(region: Region, *instances: Instance, **given: object) -> str:
    """Send a file and wait until it is there, or will not be."""
    asked = {"Name": NAME, "TargetDir": "/srv", "Content": CONTENT, **given}
    invoke_id: str = region.call("SendFile", InstanceId=[each.id for each in instances], **asked)["InvokeId"]
    region.wait(lambda: sent(region, invoke_id)["InvocationStatus"] not in ("Pending", "Running"), "2m", what="sent")
    return invoke_id


def sent(region: Region, invoke_id: str) -> dict[str, Any]:
    """What is told of a file that was sent."""
    shown: dict[str, Any] = region.call("DescribeSendFileResults", InvokeId=invoke_id)["Invocations"]["Invocation"][0]
    return shown


def found(region: Region, **filters: object) -> list[str]:
    """The files that are listed, the latest first."""
    answer = region.call("DescribeSendFileResults", **filters)
    return [each["InvokeId"] for each in answer["Invocations"]["Invocation"]]
