"""Exceptions cross processes: pytest-xdist, multiprocessing and concurrent.futures pickle them."""

from __future__ import annotations

import ast
import copy
import importlib
import pickle
from collections.abc import Callable, Iterator

import pytest

from faultzone.api.errors import ApiError
from faultzone.errors import Unanswered
from tests.quality.sources import modules, tree

Copy = Callable[[Exception], Exception]

COPIES: dict[str, Copy] = {
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}


def _kinds() -> Iterator[type[Exception]]:
    """Every class of exception that the packages have; each has a parent whose name says so."""
    for name, path in modules().items():
        for each in tree(path).body:
            bases = [ast.unparse(base) for base in each.bases] if isinstance(each, ast.ClassDef) else []
            if isinstance(each, ast.ClassDef) and any(base.endswith(("Error", "Exception")) for base in bases):
                kind = getattr(importlib.import_module(name), each.name)
                assert issubclass(kind, Exception)
                yield kind


KINDS = sorted(set(_kinds()), key=lambda kind: kind.__qualname__)


def test_the_public_tree_is_among_them() -> None:
    assert {"ApiError", "UsageError", "UnknownClause", "ViolationError", "WaitTimeout"} <= {
        each.__name__ for each in KINDS
    }


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_copy_says_the_same(kind: type[Exception], how: str) -> None:
    error = kind("what was said")
    error.add_note("a note")
    again = COPIES[how](error)
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_a_refusal_has_all_that_it_had(how: str) -> None:
    error = ApiError("InvalidInstanceId.NotFound", "It is not there.", 410)
    error.request_id, error.retry_after = "a-request", 1500
    again = COPIES[how](error)
    assert isinstance(again, ApiError)
    assert (again.code, again.message, again.status) == ("InvalidInstanceId.NotFound", "It is not there.", 410)
    assert (again.request_id, again.retry_after) == ("a-request", 1500)
    assert str(again) == "InvalidInstanceId.NotFound (410): It is not there."


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_a_call_without_an_answer_knows_what_became_of_it(how: str) -> None:
    again = COPIES[how](Unanswered("It was late.", "late", status=302, location="http://elsewhere"))
    assert isinstance(again, Unanswered)
    assert (again.kind, again.status, again.location) == ("late", 302, "http://elsewhere")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ApiError.of("MissingParameter", name="InstanceId"),
            'The input parameter "InstanceId" that is mandatory for processing this request is not supplied.',
        ),
        (
            ApiError.of("InvalidParameter", name="PageSize", why="it must be between 1 and 100"),
            'The specified parameter "PageSize" is not valid: it must be between 1 and 100.',
        ),
        (ApiError("InvalidInstanceName.Malformed"), 'The specified parameter "InstanceName" is not valid.'),
    ],
)
def test_a_message_has_the_name_of_the_parameter_in_quotation_marks(error: ApiError, said: str) -> None:
    assert error.message == said
