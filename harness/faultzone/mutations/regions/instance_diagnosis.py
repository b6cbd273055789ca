"""Wrong regions of the chapter on instances: consoles, places, and what an account has."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

from faultzone.model.instances.picture import picture
from faultzone.mutations.library import (
    Answer,
    Next,
    Parameters,
    accept,
    after,
    answer,
    at,
    becomes,
    decoded,
    drop,
    emptied,
    put,
    request,
    swallow,
    where,
    without,
)
from faultzone.mutations.row import row

CONSOLE: Final = "GetInstanceConsoleOutput"
SCREEN: Final = "GetInstanceScreenshot"
#: The picture of a screen on which nothing is.
EMPTY: Final = base64.b64encode(picture("")).decode()
INTERRUPT: Final = "SendDiagnosticInterrupt"
TOPOLOGY: Final = "DescribeInstanceTopology"
PLACES: Final = "Topologys.Topology"
ACCOUNT: Final = "DescribeAccountAttributes"
ITEMS: Final = "AccountAttributeItems.AccountAttributeItem"
VALUES: Final = f"{ITEMS}[].AttributeValues.ValueItem[].Value"


def lines_without(word: bytes) -> Callable[[str], str]:
    """Leaves the lines out that have a word."""
    return decoded(lambda raw: b"".join(line for line in raw.splitlines(keepends=True) if word not in line))


def zone_less(told: Answer) -> Answer:
    """What is answered, with the time of UTC for that of China."""
    day, _, time = told["LastUpdateTime"].partition(" ")
    hour = (int(time[:2]) - 8) % 24
    return {**told, "LastUpdateTime": f"{day} {hour:02d}{time[2:]}"}


def crash_another(on: Next, given: Parameters, answer: object) -> None:
    """Crash all other systems too."""
    shown = on("DescribeInstances", {name: given[name] for name in ("RegionId",) if name in given})
    for each in shown["Instances"]["Instance"]:
        if each["InstanceId"] != given["InstanceId"] and each["Status"] == "Running":
            on(INTERRUPT, {**given, "InstanceId": each["InstanceId"]})


REGIONS: Final = (
    row("console-is-plain", "instance/console-output", "answers what was printed without Base64",
        answer(CONSOLE, "ConsoleOutput", lambda text: base64.b64decode(text).decode())),
    row("console-is-empty", "instance/console-output", "has nothing on the console",
        answer(CONSOLE, "ConsoleOutput", emptied())),
    row("console-lacks-the-program", "instance/console-output", "does not show the output of user data",
        answer(CONSOLE, "ConsoleOutput", lines_without(b"the program"))),
    row("console-lacks-the-end", "instance/console-output", "shows the beginning of user data alone",
        answer(CONSOLE, "ConsoleOutput", lines_without(b"has ended"))),
    row("console-lacks-what-is-written", "instance/console-output", "does not show what is written to it",
        answer(CONSOLE, "ConsoleOutput", lines_without(b"for all"))),
    row("console-is-backwards", "instance/console-output", "shows the last line first",
        answer(CONSOLE, "ConsoleOutput", decoded(lambda raw: b"\n".join(raw.split(b"\n")[::-1])))),
    row("console-keeps-symbols", "instance/console-output", "ignores RemoveSymbols",
        request(CONSOLE, drop("RemoveSymbols"))),
    row("console-never-has-symbols", "instance/console-output", "always removes symbols",
        request(CONSOLE, put(RemoveSymbols=True))),
    row("console-has-one-line", "instance/console-output", "removes ends of lines like symbols",
        answer(CONSOLE, "ConsoleOutput", decoded(lambda raw: raw.replace(b"\n", b" ")),
               when=lambda given: given.get("RemoveSymbols"))),
    row("console-is-told-in-utc", "instance/console-output", "tells the time in UTC", answer(CONSOLE, "", zone_less)),
    row("console-is-of-another", "instance/console-output", "names another instance",
        answer(CONSOLE, "InstanceId", becomes("i-another"))),
    row("windows-has-a-console", "instance/console-output-of-linux", "answers success for Windows",
        swallow(CONSOLE, "NotSupported")),
    row("nothing-has-a-console", "instance/console-output-of-linux", "answers success before the first start",
        swallow(CONSOLE, "IncorrectInstanceStatus")),
    row("nobody-has-a-console", "instance/console-output-of-linux", "answers success for what there is not",
        swallow(CONSOLE, "InvalidInstanceId.NotFound")),
    row("interrupt-is-lost", "instance/diagnostic-interrupt", "answers success, and interrupts nothing",
        accept(INTERRUPT)),
    row("interrupt-is-dry", "instance/diagnostic-interrupt", "crashes in a dry run",
        request(INTERRUPT, drop("DryRun"))),
    row("interrupt-in-any-state", "instance/diagnostic-interrupt", "answers success in every state",
        swallow(INTERRUPT, "IncorrectInstanceStatus")),
    row("interrupt-of-all", "instance/diagnostic-interrupt", "crashes all", after(INTERRUPT, crash_another)),
    row("all-share-a-host", "instance/topology", "tells one host of all",
        answer(TOPOLOGY, f"{PLACES}[].HostId", becomes("h-1"))),
    row("nobody-shares-a-host", "instance/topology", "tells a host of its own of each",
        answer(TOPOLOGY, f"{PLACES}[]", lambda each: {**each, "HostId": each["InstanceId"]})),
    row("nothing-is-above-a-host", "instance/topology", "tells no nodes of the network",
        answer(TOPOLOGY, f"{PLACES}[].NetworkNodes", put(NetworkNodes=[]))),
    row("topology-is-of-all", "instance/topology", "tells of all whoever is named",
        request(TOPOLOGY, drop("InstanceIds"))),
    row("topology-is-of-named", "instance/topology", "tells of nobody if none is named",
        answer(TOPOLOGY, PLACES, becomes([]), when=lambda given: "InstanceIds" not in given)),
    row("topology-leaves-one-out", "instance/topology", "leaves the last one out",
        answer(TOPOLOGY, PLACES, lambda all: all[:-1])),
    row("no-vcpu-is-used", "instance/account-attributes", "counts nothing",
        answer(ACCOUNT, VALUES, lambda value: "0" if value.isdigit() else value)),
    row("zone-does-not-count", "instance/account-attributes", "counts in all zones", request(ACCOUNT, drop("ZoneId"))),
    row("spot-is-pay-as-you-go", "instance/account-attributes", "does not tell spot vCPUs",
        answer(ACCOUNT, ITEMS, without(lambda each: "spot" in each["AttributeName"]))),
    row("attributes-are-all", "instance/account-attributes", "answers all whatever is named",
        request(ACCOUNT, drop("AttributeName"))),
    row("attributes-are-named", "instance/account-attributes", "answers nothing if none is named",
        answer(ACCOUNT, ITEMS, becomes([]), when=lambda given: not given.get("AttributeName"))),
    row("any-attribute", "instance/account-attributes", "takes any name",
        request(ACCOUNT, at("AttributeName", where(lambda names: "max-happiness" in names, becomes([]))))),

    row("screen-is-blank", "instance/screenshot", "answers no picture", answer(SCREEN, "Screenshot", emptied())),
    row("screen-never-changes", "instance/screenshot", "shows every screen as empty",
        answer(SCREEN, "Screenshot", becomes(EMPTY))),
    row("screen-is-text", "instance/screenshot", "answers the text of a screen",
        answer(SCREEN, "Screenshot", becomes(base64.b64encode(b"login:").decode()))),
    row("screen-of-another", "instance/screenshot", "names no instance of a screen",
        answer(SCREEN, "InstanceId", emptied())),
    row("screen-of-what-is-stopped", "instance/screenshot", "shows the screen of what does not run",
        swallow(SCREEN, "IncorrectInstanceStatus")),
    row("screens-at-any-time", "instance/screenshot-interval", "shows a screen as often as it is asked for",
        swallow(SCREEN, "Throttling")),
)  # fmt: skip
