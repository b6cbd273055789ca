"""Websites that are banned: an event tells of each, and nothing is locked.

Source: API reference 2026-10, the types of DescribeInstanceHistoryEvents (event/website-banned).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from faultzone.model.core import events

if TYPE_CHECKING:
    from faultzone.model.core.events import SystemEvent
    from faultzone.model.core.state import Instance, RegionState

TYPE: Final = "SecurityPunish.WebsiteBanned"


def ban(region: RegionState, instance: Instance, domain: str, url: str) -> SystemEvent:
    """Ban a website on an instance: a domain or a page, each empty where it is not told; the event of it."""
    event = events.begin(region, instance, TYPE)
    event.about = {name: said for name, said in (("PunishDomain", domain), ("PunishUrl", url)) if said}
    events.settle(region, event, events.EXECUTED)
    return event
