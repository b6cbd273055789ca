"""Why a test says nothing of the region: in one line, and whether the tests after it would meet the same."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Final

import faultzone
from faultzone.errors import FaultzoneError, HarnessError, UndoFailed
from faultzone.verdicts import NOT_SUPPORTED

if TYPE_CHECKING:
    import pytest

    from pytest_faultzone.regions import RegionMaker

#: Where an exception comes from: a test, the model of the region, or what else faultzone consists of.
TEST: Final = "test"
MODEL: Final = "model"
HARNESS: Final = "harness"

#: How the reason of a test begins that the backend does not let run.
NOT_RUN: Final = f"{NOT_SUPPORTED}: "

_PACKAGE: Final = Path(faultzone.__file__).parent
_LIBRARIES: Final = tuple({*map(Path, sysconfig.get_paths().values()), Path(sys.base_prefix) / "lib"})
#: Of the conformance suite, which may be among the libraries.
_SUITE: Final = "faultzone_specs"
#: So many regions in a row that could not be made are enough to know that none can be.
_ENOUGH: Final = 3
_LENGTH: Final = 300


def origin(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """Who raised an exception: what a library raises is raised by who called it."""
    for entry in reversed(excinfo.traceback):
        path = Path(entry.path)
        if path.is_relative_to(_PACKAGE):
            return MODEL if path.is_relative_to(_PACKAGE / "model") else HARNESS
        if _SUITE in path.parts or not any(path.is_relative_to(each) for each in _LIBRARIES):
            return TEST
    return TEST


def of(
    call: pytest.CallInfo[None], report: pytest.TestReport, verdict: str, maker: RegionMaker | None
) -> dict[str, object]:
    """What is added to what a test says: `because`, where it says nothing of the region; `spreads`, if the
    harness failed in a way that the next tests would meet too; and `stop`, the reason to run no more tests."""
    if verdict == NOT_SUPPORTED:
        return {"because": _skipped(report), **_cannot(maker)}
    if verdict not in ("harness-error", "not-undone") or call.excinfo is None:
        return {}
    error = call.excinfo.value
    first = (str(error).splitlines() or [""])[0][:_LENGTH]
    because = first if isinstance(error, FaultzoneError) else f"{type(error).__name__}: {first}"
    where = origin(call.excinfo)
    if error.__cause__ is not None and (at := _in_the_model(error.__cause__)):
        because += f" ({at})"
    ours = isinstance(error, HarnessError) and not isinstance(error, UndoFailed)
    broken = where != TEST and not isinstance(error, FaultzoneError)
    says: dict[str, object] = {"because": because}
    if ours or broken:
        says["spreads"] = True
    if maker is not None and maker.budget is not None and maker.budget.used_up:
        says["stop"] = maker.budget.verdict
    return says


def _in_the_model(error: BaseException) -> str:
    """The last file and line of the model that an exception passed through, if there is one."""
    passed = [
        each for each in extract_tb(error.__traceback__) if Path(each.filename).is_relative_to(_PACKAGE / "model")
    ]
    return f"{Path(passed[-1].filename).relative_to(_PACKAGE)}:{passed[-1].lineno}" if passed else ""


def _skipped(report: pytest.TestReport) -> str:
    """Why a test was skipped."""
    written: Any = report.longrepr
    reason = str(written[2]) if isinstance(written, tuple) else str(written)
    return reason.removeprefix("Skipped: ").removeprefix(NOT_RUN)


def _cannot(maker: RegionMaker | None) -> dict[str, object]:
    """The reason to stop, where no region of the run can be made."""
    if maker is None or len(maker.cannot) < _ENOUGH:
        return {}
    return {"stop": f"No region can be made with this backend, so the run was stopped:\n{maker.cannot[-1]}"}
