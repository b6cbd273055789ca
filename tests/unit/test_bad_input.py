"""Bad parameters of any implemented action: a documented refusal, nothing changed, nothing sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultzone import ApiError, Region, make_region
from faultzone.backends.local import LocalBackend
from faultzone.ecs.errors import CODES
from faultzone.model.dispatch import ACTIONS

SEEDED = make_region(hosts_per_zone=2)
(INSTANCE,) = SEEDED.run_instances(HostName="web-1", Tag=[{"Key": "a", "Value": "b"}])
SET = SEEDED.create_deployment_set("set")


def digest(region: Region) -> object:
    """All that the public API and the harness can see of a region, and how much was journalled besides refusals and
    reads."""
    backend = region.backend
    assert isinstance(backend, LocalBackend)
    state = next(iter(backend.cloud.regions.values()))
    return (
        region.control("hosts"),
        [region.instance(each).describe() for each in sorted(state.instances)],
        region.call("DescribeDeploymentSets"),
        [sorted(vars(account)["launch_templates"]) for account in state.accounts.values()],
        [entry[2:] for entry in backend.journal.entries if entry[2] not in ("refusal", "read")],
        backend.clock.next_due(),
        state.outbox,
    )


VALUES = st.one_of(
    st.sampled_from(
        [
            INSTANCE.id, SET.id, "i-bp1nosuchinstance000", "ds-bp1nosuchset0000000", "cn-nowhere", "-1", "0", "101", "9" * 40,
            "true", "True", "null", "[]", "{}", "['i-1']", '["i-1"]', "[[]]", "2019-13-45T99:99:99Z", "9999-12-31T23:59:59Z",
            "a" * 200, "a\x00b", "\ud800", "名" * 130, "http://x", "../../etc", "'; --", "%00", "\r\n", " ", "1.2.3.4", "10.0.0.10",
            True, False, 0, -1, 10**30, 1.5, float("nan"), float("inf"), b"raw", object(),
        ]
    ),
    st.text(max_size=12),
    st.integers(),
    st.lists(st.text(max_size=4) | st.integers() | st.none(), max_size=3),
    st.dictionaries(st.text(max_size=4), st.text(max_size=4) | st.lists(st.integers(), max_size=2), max_size=2),
)  # fmt: skip


@st.composite
def bad_calls(draw: st.DrawFn, action: str) -> dict[str, Any]:
    """Parameters of an action of which at least one cannot be right."""
    request = ACTIONS[action].request
    names = [*request.parameters, *(f"{name}.1" for name in request.parameters)]
    asked = draw(st.dictionaries(st.sampled_from(names) | st.text(max_size=8), VALUES, max_size=5))
    wrong: Mapping[str, object] = draw(
        st.sampled_from([{"Nonsense": "1"}, {"Tag.1.1.1.1.1.1": "1"}, {"RegionId": "cn-nowhere"}, {"A..B": "1"}])
    )
    return {"RegionId": SEEDED.id, **asked, **wrong}


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_bad_parameters_change_nothing(action: str) -> None:
    backend, before = SEEDED.backend, digest(SEEDED)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(bad_calls(action))
    def refused(parameters: dict[str, Any]) -> None:
        with pytest.raises(ApiError) as refusal:
            backend.call(action, parameters)
        assert refusal.value.code in CODES
        assert refusal.value.request_id

    refused()
    assert digest(SEEDED) == before


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_any_parameters_are_answered_or_refused(action: str) -> None:
    """Here some calls are right by chance; none may end in anything but an answer or a documented refusal."""
    region = make_region(hosts_per_zone=1, host_vcpus=8)
    (instance,) = region.run_instances()
    request = ACTIONS[action].request
    names = [*request.parameters, *(f"{name}.1" for name in request.parameters)]
    likely = {name: instance.id if name == "InstanceId" else "x" for name in (each.name for each in request.required)}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    @given(st.dictionaries(st.sampled_from(names), VALUES, min_size=1, max_size=4))
    def answered(parameters: dict[str, Any]) -> None:
        journal = region.journal.entries
        began = len(journal)
        try:
            answer = region.backend.call(action, {"RegionId": region.id, **likely, **parameters})
        except ApiError as refusal:
            assert refusal.code in CODES
            assert [kind for _, _, kind, _ in journal[began:]] == ["refusal"]
        else:
            assert answer["RequestId"]

    answered()
