"""Backends that have `call`, `control` and `close` alone, as somebody else may write one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.backends import CAPABILITIES, Backend, Doors
from faultzone.backends.answers import kept
from faultzone.clock import SECOND
from faultzone.errors import FaultzoneError, HarnessError, IncompleteAnswer, NotSupported, UsageError
from faultzone.journal.journal import Journal
from faultzone.journal.redaction import quoted, recorded

_DOORS: Final = ("call", "control", "close")
_ATTRIBUTES: Final = ("name", "capabilities", "outlives_tests", "journal", "delaying")


def complete(made: Doors, name: str) -> Backend:
    """The backend itself if it has all that a `Backend` has, else with what it lacks.

    Args:
        made: what a factory or a hook gave.
        name: what it was asked for by.

    Raises:
        UsageError: it has no `call`, `control` or `close`, is a class, or has a capability that there is not.
    """
    if missing := [each for each in _DOORS if not callable(getattr(made, each, None))]:
        raise UsageError(
            f"backend {name!r}: expected an object with {', '.join(_DOORS)}; "
            f"{type(made).__name__} lacks {', '.join(missing)}"
        )
    if isinstance(made, type):
        raise UsageError(
            f"backend {name!r}: expected an object, got the class {made.__name__}: write {made.__name__}()"
        )
    said: object = getattr(made, "capabilities", ())
    if isinstance(said, str) or not isinstance(said, Iterable) or not all(isinstance(each, str) for each in said):
        raise UsageError.expected("capabilities", said, "a set of names, such as {'see-hosts'}")
    backend = cast("Backend", made) if all(hasattr(made, each) for each in _ATTRIBUTES) else Foreign(made, name)
    if unknown := sorted(set(backend.capabilities) - CAPABILITIES.keys()):
        raise UsageError.unknown("capability", unknown[0], CAPABILITIES, where=f"of backend {backend.name!r}")
    return backend


class Foreign:
    """A backend with what its author left out: its name is what it was asked for by, it has no capabilities, it ends
    with its region, and its calls are journalled here.

    Args:
        inner: what answers.
        name: what it was asked for by.
    """

    def __init__(self, inner: Doors, name: str) -> None:
        self._inner = inner
        self.name: str = getattr(inner, "name", name)
        self.capabilities: frozenset[str] = frozenset(getattr(inner, "capabilities", ()))
        self.outlives_tests: bool = getattr(inner, "outlives_tests", False)
        own: Journal | None = getattr(inner, "journal", None)
        self.journal = Journal() if own is None else own
        self._records = own is None

    @property
    def delaying(self) -> bool:
        """Whether a fault delays calls."""
        return getattr(self._inner, "delaying", False)

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Answer one action; see `Backend.call`.

        Raises:
            IncompleteAnswer: the answer is no mapping.
        """
        said: dict[str, Any] = {"action": action, "parameters": recorded(parameters)}
        try:
            answer: object = self._inner.call(action, parameters, product=product, account=account)
        except ApiError as refusal:
            self._record("refusal", {**said, "code": refusal.code})
            raise
        if not isinstance(answer, dict):
            self._record("call", said)
            raise IncompleteAnswer(f"{self.name} answered {action} with {quoted(answer)}, which is no mapping")
        self._record("call", {**said, "answer": kept(answer)})
        return answer

    def _record(self, kind: str, data: Mapping[str, Any]) -> None:
        if self._records:
            self.journal.append(int(time.time() * SECOND), kind, data)

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Do what only a harness may do; see `Backend.control`.

        Raises:
            NotSupported: also where it raises `NotImplementedError`.
            HarnessError: it fails: whoever looks at a failed test goes on without what it would have said.
        """
        try:
            return self._inner.control(verb, arguments)
        except NotImplementedError as error:
            raise NotSupported(f"{self.name} has no control verb {verb!r}") from error
        except (FaultzoneError, ApiError):
            raise
        except Exception as error:
            raise HarnessError(f"{self.name} failed at the control verb {verb!r}: {error!r}") from error

    def close(self) -> None:
        """End what the backend holds."""
        self._inner.close()
