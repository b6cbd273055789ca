"""Stop conditions as tests hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faultzone.journal.journal import Entry

if TYPE_CHECKING:
    from faultzone.backends import Backend


class StopCondition:
    """What ends an experiment: with the first entry that its sentence describes, all faults are undone.

    The end of its `with` block, or `end`, lets it wait no longer.

    Attributes:
        number: its number.
        sentence: what it waits for.
    """

    def __init__(self, backend: Backend, sentence: str) -> None:
        record = backend.control("stop-when", {"condition": sentence})
        self.number, self.sentence, self._backend = int(record["number"]), str(record["condition"]), backend

    def __repr__(self) -> str:
        return f"StopCondition({self.sentence!r})"

    @property
    def record(self) -> dict[str, Any]:
        """Its record; see the control verb `stops`."""
        found: dict[str, Any] = self._backend.control("stops", {"number": self.number})["stops"][0]
        return found

    @property
    def state(self) -> str:
        """`waiting`, `reached`, or `ended`."""
        return str(self.record["state"])

    @property
    def entry(self) -> Entry | None:
        """The entry that was described; None if none was."""
        found = self.record["entry"]
        return None if found is None else Entry(**found)

    def end(self) -> None:
        """Let it wait no longer; what it has done stays."""
        self._backend.control("end-stop", {"number": self.number})

    def __enter__(self) -> StopCondition:
        return self

    def __exit__(self, *ended: object) -> None:
        self.end()
