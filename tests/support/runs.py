"""Runs with something of everything in their journals."""

from __future__ import annotations

from contextlib import suppress

from faultzone import make_region
from faultzone.api.errors import ApiError
from faultzone.journal.journal import Entry, Journal

#: What a page must show as text, and a picture as characters.
HOSTILE = "<img src=x onerror=\"document.title='run'\"></script><script>document.title='run'</script>&amp;'\x00\x1b"


def busy(*, stumbles: bool = False) -> Journal:
    """A crash and its recovery, a plan, a command, a refusal, money, and an instance that is deleted; a run that
    stumbles has one more refusal in the midst, and leaves the last instance."""
    with make_region(zones=2, hosts_per_zone=3, seed=1, edition="2020-12") as region:
        group = region.create_deployment_set("web")
        web = region.run_instances(3, deployment_set=group)
        with suppress(ApiError):
            region.call("StartInstance", InstanceId="i-none")
        region.run_command("ls | wc -l", on=web)
        with region.chaos.crash(web[0].host or ""):
            region.clock.advance("1h")
        if stumbles:
            with suppress(ApiError):
                region.call("StopInstance", InstanceId="i-none")
        region.chaos.crash(web[1].host or "", reversible=False)
        region.clock.advance("1h")
        web[2].stop()
        if not stumbles:
            web[2].delete()
        region.control("top-up", amount="100.00")
        region.chaos.undo_all()
        return region.journal


def hostile() -> list[Entry]:
    """Entries whose every text is markup, or nothing that a version writes."""
    texts: list[tuple[str, dict[str, object]]] = [
        ("region", {"regions": HOSTILE, "edition": HOSTILE, "backend": HOSTILE, "seed": HOSTILE}),
        ("call", {"action": HOSTILE, "parameters": {HOSTILE: HOSTILE}, "answer": HOSTILE}),
        ("transition", {"instance": HOSTILE, "from": None, "to": "Pending", "host": HOSTILE}),
        ("transition", {"instance": HOSTILE, "from": "Pending", "to": HOSTILE, "host": None}),
        ("event", {"event": HOSTILE, "type": HOSTILE, "instance": HOSTILE, "to": "Scheduled", "not_before": 9}),
        ("effect", {"effect": "RunScript", "run": HOSTILE, "instance": HOSTILE, "script": HOSTILE}),
        ("fault", {"fault": HOSTILE, "number": 1, "host": HOSTILE}),
        ("bill", {"what": HOSTILE, "amount": HOSTILE, "balance": HOSTILE, "account": HOSTILE}),
        ("report", {"report": "HostLost", "host": HOSTILE}),
        ("transition", {}),
        ("event", {}),
        ("undo", {}),
        ("fault", {}),
        ("bill", {}),
        ("refusal", {}),
        (HOSTILE, {HOSTILE: [HOSTILE]}),
    ]
    return [Entry(number, 1551398400000 + number, kind, data) for number, (kind, data) in enumerate(texts)]
