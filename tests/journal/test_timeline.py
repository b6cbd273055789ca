"""The timeline of one instance."""

from __future__ import annotations

from contextlib import suppress

from faultzone import ApiError, make_region
from faultzone.journal.journal import Journal
from faultzone.journal.timeline import timeline


def test_a_timeline_says_what_was_not_kept() -> None:
    with make_region() as region:
        (instance,) = region.run_instances(1)
        region.journal.append(1_551_398_400_000, "summary", {"invocation": "t-1", "began": 0, "runs": 3})
        for _ in range(1003):
            with suppress(ApiError):
                region.call("StopInstance", InstanceId="i-none")
        assert "not kept: 3 more of refusal StopInstance InvalidInstanceId.NotFound" in timeline(
            region.journal, instance.id
        )


def test_a_timeline_tells_what_happened_to_one_instance() -> None:
    region = make_region(recovery="immediate")
    first, other = region.run_instances(2, zone=region.zones[0])
    with region.chaos.crash(str(first.host), reversible=False):
        region.clock.advance("10s")
    region.run_command("echo hello", on=first)
    first.stop()
    first.delete()
    lines = timeline(region.journal, first.id).splitlines()
    said = [" ".join(line[37:].split()[1:]) for line in lines]
    assert lines[0] == "2019-03-01T00:00:00Z           +0 s  call       RunInstances"
    wanted = [
        "none -> Pending, host none -> cn-hangzhou-a-h01",
        "Starting -> Running",
        "HostCrash host=cn-hangzhou-a-h01 reversible=False",
        "Running -> Running, host cn-hangzhou-a-h01 -> cn-hangzhou-a-h03",
        "Starting -> Running",
        "StopInstance",
        "Stopping -> Stopped",
        "DeleteInstance",
        "Stopped -> Released (user), host cn-hangzhou-a-h03 -> none",
    ]
    assert [line for line in said if line in wanted] == wanted
    assert any(line.startswith("e-") and "SystemFailure.Reboot: none -> Executing" in line for line in said)
    assert not any(other.id in line for line in lines[1:])


def test_refusals_and_unknown_instances_are_told() -> None:
    region = make_region()
    (instance,) = region.run_instances(1)
    region.instance("i-none").exists  # noqa: B018
    assert timeline(region.journal, "i-none") == "the journal has nothing of i-none"
    journal = Journal()
    journal.append(0, "refusal", {"action": "StartInstance", "parameters": {"InstanceId": instance.id}, "code": "No"})
    assert timeline(journal, instance.id).endswith("refusal    StartInstance refused: No")
