"""The screen of an instance, in October 2026."""

from __future__ import annotations

import base64
from functools import partial

import pytest

from faultzone import Instance, Region, assert_refused

clause, needs = pytest.mark.clause, pytest.mark.needs

JPEG, END = b"\xff\xd8\xff", b"\xff\xd9"
#: Segments of a JPEG that say how large it is.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def screenshot(instance: Instance) -> bytes:
    """A picture of the screen of an instance, ten seconds after any other."""
    instance.region.clock.advance("10s")
    shown = instance.region.call("GetInstanceScreenshot", InstanceId=instance.id)
    assert shown["InstanceId"] == instance.id
    return base64.b64decode(shown["Screenshot"], validate=True)


def size(picture: bytes) -> tuple[int, int]:
    """How wide and how high a JPEG is."""
    at = 2
    while picture[at + 1] not in FRAMES:
        at += 2 + int.from_bytes(picture[at + 2 : at + 4], "big")
    high, wide = picture[at + 5 : at + 7], picture[at + 7 : at + 9]
    return int.from_bytes(wide, "big"), int.from_bytes(high, "big")


@clause("instance/screenshot")
@needs("consoles", "move-time")
def test_a_screenshot_shows_what_is_on_the_screen(region: Region) -> None:
    """It stays the same until something is printed, and is of one instance."""
    web, db = region.run_instances(2)
    first = screenshot(web)
    assert (first[:3], first[-2:]) == (JPEG, END)
    wide, high = size(first)
    assert min(wide, high) >= 100
    assert screenshot(web) == first
    other = screenshot(db)
    region.run_command("echo for all to see > /dev/console", on=web)
    later = screenshot(web)
    assert later != first
    assert size(later) == (wide, high)
    assert screenshot(db) == other


@clause("instance/screenshot")
@needs("consoles", "crash-guests", "move-time")
def test_a_screenshot_is_taken_after_a_failure(region: Region) -> None:
    """Once the instance runs again."""
    (instance,) = region.run_instances(1)
    region.chaos.guest_crash(instance)
    region.wait_for_event("InstanceFailure.Reboot", instance=instance, state="Executed")
    assert screenshot(instance)[:3] == JPEG


@clause("instance/screenshot")
@needs("consoles", "move-time")
def test_what_does_not_run_has_no_screen(region: Region) -> None:
    """Nor what there is not."""
    (instance,) = region.run_instances(1)
    instance.stop()
    assert_refused("IncorrectInstanceStatus", partial(screenshot, instance))
    instance.start()
    assert screenshot(instance)[:3] == JPEG
    assert_refused("MissingParameter", lambda: region.call("GetInstanceScreenshot"))
    assert_refused(
        ["InvalidInstanceId.NotFound", "InvalidParameter"],
        lambda: region.call("GetInstanceScreenshot", InstanceId="i-none"),
    )


@clause("instance/screenshot-interval")
@needs("consoles", "move-time")
def test_screenshots_are_ten_seconds_apart(region: Region) -> None:
    """Of one instance; what is refused does not count."""
    web, db = region.run_instances(2)

    def take(instance: Instance) -> None:
        region.call("GetInstanceScreenshot", InstanceId=instance.id)

    take(web)
    take(db)
    assert_refused("Throttling", lambda: take(web))
    region.clock.advance("9s")
    assert_refused("Throttling", lambda: take(web))
    region.clock.advance("1s")
    take(web)
    assert_refused("Throttling", lambda: take(web))
