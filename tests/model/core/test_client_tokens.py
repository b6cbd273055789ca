from __future__ import annotations

import pytest

from faultzone import editions, make_region
from faultzone.api.errors import ApiError
from faultzone.model.core.client_tokens import REMEMBERED, ClientTokens
from faultzone.model.rules import Rules


@pytest.fixture
def tokens() -> ClientTokens:
    return ClientTokens(Rules(editions.load()))


def test_the_same_request_has_the_same_answer(tokens: ClientTokens) -> None:
    assert tokens.replay("RunInstances", "t", {"a": 1}) is None
    answer = tokens.remember("RunInstances", "t", {"a": 1}, {"Id": "i-1"})
    assert answer == {"Id": "i-1"}
    answer["RequestId"] = "that of the first"
    assert tokens.replay("RunInstances", "t", {"a": 1}) == {"Id": "i-1"}
    assert tokens.replay("CreateInstance", "t", {"a": 1}) is None
    assert tokens.replay("RunInstances", "T", {"a": 1}) is None


def test_other_parameters_are_refused_by_the_code_of_the_action(tokens: ClientTokens) -> None:
    tokens.remember("RenewInstance", "t", {"a": 1}, {})
    with pytest.raises(ApiError, match="IdempotentParameterMismatch"):
        tokens.replay("RenewInstance", "t", {"a": 2})
    with pytest.raises(ApiError, match="IdempotenceParamNotMatch"):
        tokens.replay("RenewInstance", "t", {"a": 2}, mismatch="IdempotenceParamNotMatch")


def test_a_token_that_cannot_be_is_refused(tokens: ClientTokens) -> None:
    for token in ("t" * 65, "é"):
        with pytest.raises(ApiError, match="InvalidClientToken"):
            tokens.replay("RunInstances", token, {})


def test_a_request_without_a_token_is_not_remembered(tokens: ClientTokens) -> None:
    tokens.remember("RunInstances", None, {}, {"Id": "i-1"})
    assert tokens.replay("RunInstances", None, {}) is None


def test_of_too_many_the_oldest_is_forgotten(tokens: ClientTokens) -> None:
    for number in range(REMEMBERED + 1):
        tokens.remember("RunInstances", str(number), {}, {"Id": number})
    assert tokens.replay("RunInstances", "0", {}) is None
    assert tokens.replay("RunInstances", "1", {}) == {"Id": 1}


def test_a_token_of_another_request_is_refused_before_that_request_is_looked_at() -> None:
    with make_region() as region:
        region.call("CreateDeploymentSet", ClientToken="t")
        with pytest.raises(ApiError, match="IdempotentParameterMismatch"):
            region.call("CreateDeploymentSet", ClientToken="t", DeploymentSetName="1")
