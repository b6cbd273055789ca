"""Tags on commands and on invocations, sendings of files among them (assistant/tag-resources)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from faultzone.api.answer import CURRENT
from faultzone.model.assistant.state import AssistantState, Command, Invocation
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.core.tagging import Tagged, retag, tags_of


def _commands(account: AccountState) -> Mapping[str, Command]:
    return account.part(AssistantState).commands


def _invocations(account: AccountState) -> Mapping[str, Invocation]:
    state = account.part(AssistantState)
    return {**state.invocations, **state.sendings}


def _retag(region: RegionState, account: AccountState, invocation: Invocation, tags: Mapping[str, str]) -> None:
    """Give other tags to an invocation; its records are found by them too."""
    state = account.part(AssistantState)
    book = state.record_book
    before = [(record, book.values(record, "invocation")) for record in invocation.records]
    state.invocation_book.change(invocation, "tags", tags)
    if invocation.id in state.invocations:
        for record, had in before:
            book.refile(record, "invocation", had)


TAGGED: Final = {
    "command": Tagged(_commands, tags_of, retag, CURRENT),
    "invocation": Tagged(_invocations, tags_of, _retag, CURRENT),
}
