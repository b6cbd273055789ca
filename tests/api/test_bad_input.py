"""Bad parameters of any implemented action: a documented refusal, nothing changed, nothing sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultzone import ApiError, Region, make_region
from faultzone.api.errors import CODES
from faultzone.backends.local import LocalBackend
from faultzone.model.core.dispatch import ACTIONS

SEEDED = make_region(hosts_per_zone=2)
(INSTANCE,) = SEEDED.run_instances(HostName="web-1", Tag=[{"Key": "a", "Value": "b"}])
SET = SEEDED.create_deployment_set("set")


QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)


def digest(region: Region) -> object:
    """All that the public API and the harness can see of a region, and how much was journalled besides refusals and
    reads."""
    backend = region.backend
    assert isinstance(backend, LocalBackend)
    state = next(iter(backend.cloud.regions.values()))
    return (
        region.control("hosts"),
        [region.instance(each).describe() for each in sorted(state.instances)],
        region.call("DescribeDeploymentSets")["DeploymentSets"],
        [sorted(vars(account)["launch_templates"]) for account in state.accounts.values()],
        [entry[2:] for entry in backend.journal.entries if entry[2] not in ("refusal", "read")],
        backend.clock.next_due(),
        state.outbox,
    )


#: What callers send by mistake: other ids, types and notations, what is too long, and what no text can carry.
VALUES = st.sampled_from(
    [
        *(
            INSTANCE.id,
            SET.id,
            "i-bp1nosuchinstance000",
            "ds-bp1nosuchset0000000",
            "cn-nowhere",
            "1.2.3.4",
            "10.0.0.10",
        ),
        *("-1", "0", "101", "9" * 40, -1, 0, 10**30, 1.5, float("nan"), float("inf"), "true", "True", True, False),
        *("null", "[]", "{}", "['i-1']", '["i-1"]', "[[]]", [], {}, [None], [[]], [{}], {"Key": []}, {"a": {"b": "c"}}),
        *("2019-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "0000-01-01T00:00Z", "a" * 200, "名" * 130, "http://x", " "),
        *(
            "a\x00b",
            "\ud800",
            "../../etc",
            "'; --",
            "%00",
            "\r\n",
            b"raw",
            object(),
            ("a",) * 200,
            "QQ==",
            "0 0 12 * * ?",
        ),
    ]
)


@st.composite
def bad_calls(draw: st.DrawFn, product: str, action: str) -> dict[str, Any]:
    """Parameters of an action of which at least one cannot be right."""
    request = ACTIONS[product, action].request
    names = [*request.parameters, *(f"{name}.1" for name in request.parameters)] or ["Nonsense"]
    asked = draw(st.dictionaries(st.sampled_from(names), VALUES, max_size=4))
    wrong: Mapping[str, object] = draw(
        st.sampled_from(
            [
                {"RegionId": "cn-nowhere"},
                *({f"{name}{part}": "1"} for name in [*request.parameters][:3] for part in (".1.1.1.1.1.1", "..B")),
            ]
        )
    )
    return {"RegionId": SEEDED.id, **asked, **wrong}


@pytest.mark.parametrize(("product", "action"), sorted(ACTIONS))
def test_bad_parameters_change_nothing(product: str, action: str) -> None:
    backend, before = SEEDED.backend, digest(SEEDED)

    @QUICK
    @given(bad_calls(product, action))
    def refused(parameters: dict[str, Any]) -> None:
        with pytest.raises(ApiError) as refusal:
            backend.call(action, parameters, product=product)
        assert refusal.value.code in CODES
        assert refusal.value.request_id

    refused()
    assert digest(SEEDED) == before


@pytest.mark.parametrize(("product", "action"), sorted(ACTIONS))
def test_any_parameters_are_answered_or_refused(product: str, action: str) -> None:
    """Here some calls are right by chance; none may end in anything but an answer or a documented refusal."""
    region = make_region(hosts_per_zone=1, host_vcpus=8)
    (instance,) = region.run_instances()
    request = ACTIONS[product, action].request
    names = [*request.parameters, *(f"{name}.1" for name in request.parameters)] or ["Nonsense"]
    likely = {name: instance.id if name == "InstanceId" else "x" for name in (each.name for each in request.required)}

    @QUICK
    @given(st.dictionaries(st.sampled_from(names), VALUES, min_size=1, max_size=4))
    def answered(parameters: dict[str, Any]) -> None:
        journal = region.journal.entries
        began = len(journal)
        code = ""
        try:
            region.backend.call(action, {"RegionId": region.id, **likely, **parameters}, product=product)
        except ApiError as refusal:
            code = refusal.code
        if code:
            assert code in CODES
            assert [kind for _, _, kind, _ in journal[began:]] == ["refusal"]

    answered()
