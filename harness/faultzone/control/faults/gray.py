"""What makes the API fail in gray: old answers, pages that slip, batches done in part, throttling, lost connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import Rows, Structure
from faultzone.api.errors import ApiError
from faultzone.clock import milliseconds
from faultzone.control.faults.api import Failing, check_actions, in_force
from faultzone.control.faults.breaks import Breakers, Breaking, breaks
from faultzone.control.faults.copies import Copies
from faultzone.control.targets import find_instance
from faultzone.errors import NoAnswer, UsageError
from faultzone.faults.gray import BATCHES, BrokenConnection, PageSlip, PartialSuccess, StaleReads, ThrottlingBursts
from faultzone.faults.targets import is_described
from faultzone.journal.timeline import names
from faultzone.model.core.dispatch import find_actions, requests_of
from faultzone.model.core.listing import FIRST_PAGE, left_from

if TYPE_CHECKING:
    from faultzone.control.faults.failing import Made
    from faultzone.control.local import Local
    from faultzone.model.cloud import Cloud

BREAKERS: Final[Breakers] = {}

#: A row of a listing.
Row = Mapping[str, Any]


def _asks_for(page: int | None, call: Made, backend: Local) -> bool:
    """Whether a call asks for the page of a number; the first, where it says none."""
    if page is None:
        return True
    by_token = _page_by_token(call, backend) if call.parameters.get("NextToken") else None
    return str(by_token or call.parameters.get("PageNumber") or 1) == str(page)


def _page_by_token(call: Made, backend: Local) -> int | None:
    """The number of the page that a token stands for; None where all is on one page, or the region refuses the call.

    It is the nearest one, since items may have come or gone before it after the token was given out.
    """
    try:
        left = left_from(str(call.parameters["NextToken"]))
        first, following = _read(call, {**call.parameters, "NextToken": FIRST_PAGE}, backend)
    except ApiError:
        return None
    if not following:
        return None
    return 1 + max(0, round(1 + (left_from(following) - left) / len(first)))


def _read(call: Made, parameters: Mapping[str, Any], backend: Local) -> tuple[list[Row], str]:
    """The rows of a page, and the token of the next; the journal does not tell of it."""
    cloud = backend.cloud
    with backend.locked():
        entry = cloud.find(call.product, call.action)
        answer = cloud.call(entry, parameters, call.account or cloud.accounts[0])
    return _rows(answer), str(answer.get("NextToken") or "")


def _is_of(item: str, row: Row) -> bool:
    """Whether a row is of something: one of its own fields is its ID."""
    return item in row.values()


def _with_rows(answer: dict[str, Any], change: Callable[[list[Row]], list[Row]]) -> dict[str, Any]:
    """An answer with its list of rows changed; one that has none is as it was."""
    for name, holder in answer.items():
        for inner, rows in holder.items() if isinstance(holder, dict) else ():
            if isinstance(rows, list) and all(isinstance(each, dict) for each in rows):
                return {**answer, name: {**holder, inner: change(rows)}}
    return answer


def _rows(answer: dict[str, Any]) -> list[Row]:
    found: list[Row] = []

    def look(rows: list[Row]) -> list[Row]:
        found.extend(rows)
        return rows

    _with_rows(answer, look)
    return found


class _Stale(Failing):
    """Calls that see what was."""

    fault: StaleReads

    def __init__(self, backend: Local, fault: StaleReads, copies: Copies) -> None:
        super().__init__(backend, fault)
        self._copies, self._by = copies, milliseconds(fault.by)

    def concerns(self, call: Made) -> bool:
        return super().concerns(call) and _asks_for(self.fault.page, call, self.backend)

    def answer(self, call: Made) -> dict[str, Any]:
        backend, item = self.backend, self.fault.item
        with backend.locked():
            then = self._copies.at(backend.clock.now - self._by)
            writes = then is not None and _writes(then, call)
        if then is None:
            return backend.carry_out(call)
        if writes:
            with backend.locked():
                unseen = self._names_unseen(then, call)
            if unseen:
                raise self.refuse(call, ApiError.of("InvalidInstanceId.NotFound"))
            return backend.carry_out(call)
        if item is None:
            return backend.carry_out(call, then)
        return self._with_item(call, then, item)

    def _names_unseen(self, then: Cloud, call: Made) -> bool:
        """Whether a call names an instance that is there, and is not seen yet."""
        item = self.fault.item
        there = (id for region in self.backend.cloud.regions.values() for id in region.instances)
        new = [id for id in there if item in (None, id) and then.find_instance(id) is None]
        return any(names(call.parameters, each) for each in new)

    def _with_item(self, call: Made, then: Cloud, item: str) -> dict[str, Any]:
        """The answer of now, but for one item."""
        if names(call.parameters, item):
            return self.backend.carry_out(call, then)
        with self.backend.locked():
            entry = then.find(call.product, call.action)
            before = _rows(then.call(entry, call.parameters, call.account or then.accounts[0]))
        answer = self.backend.carry_out(call)
        old = [(place, row) for place, row in enumerate(before) if _is_of(item, row)]
        now = sum(_is_of(item, row) for row in _rows(answer))

        def change(rows: list[Row]) -> list[Row]:
            if len(old) == now:
                was = iter(row for _, row in old)
                return [next(was) if _is_of(item, row) else row for row in rows]
            kept = [row for row in rows if not _is_of(item, row)]
            for place, row in old:
                kept.insert(place, row)
            return kept

        changed = _with_rows(answer, change)
        if isinstance(answer.get("TotalCount"), int):
            changed["TotalCount"] += len(old) - now
        return changed


def _writes(cloud: Cloud, call: Made) -> bool:
    """Whether a call is of an action that changes something; one that there is not does not."""
    try:
        return cloud.find(call.product, call.action).request.writes
    except ApiError:
        return False


def _lists(action: str) -> bool:
    """Whether an action answers a list of items."""
    return any(
        isinstance(inner, Rows)
        for request in requests_of(action)
        for field in request.answer.table.values()
        if isinstance(field, Structure) and not isinstance(field, Rows)
        for inner in field.table.values()
    )


def _has_pages(action: str) -> bool:
    """Whether an action has pages, by number or by token."""
    return any({"PageNumber", "NextToken"} & request.parameters.keys() for request in requests_of(action))


def _see_one(fault: StaleReads | PageSlip, is_such: Callable[[str], bool], what: str) -> None:
    """See that one of the actions of a fault is such a one.

    Raises:
        UsageError: none is.
    """
    if not any(map(is_such, find_actions(fault.action))):
        raise UsageError.expected("action", fault.action, f"an action that {what}, such as DescribeInstances")


def _check_reads(backend: Local, fault: StaleReads) -> None:
    check_actions(backend, fault)
    if fault.page is not None:
        _see_one(fault, _has_pages, "has pages, since page is given")


@breaks(StaleReads, BREAKERS, check=_check_reads)
def lag(backend: Local, fault: StaleReads) -> Breaking:
    """Keep what was, and let calls see it."""
    copies = Copies(backend, milliseconds(fault.by))
    ending = in_force(backend, _Stale(backend, fault, copies))
    yield next(ending)
    next(ending, None)
    copies.close()


def _is_later(call: Made) -> bool:
    """Whether a call asks for a later page than the first."""
    return bool(call.parameters.get("NextToken")) or str(call.parameters.get("PageNumber") or 1) != "1"


class _Slip(Failing):
    """Pages that lack an item, or repeat one."""

    fault: PageSlip

    def concerns(self, call: Made) -> bool:
        if self.fault.border and not _is_later(call):
            return False
        return super().concerns(call) and _asks_for(self.fault.page, call, self.backend)

    def answer(self, call: Made) -> dict[str, Any]:
        answer = self.backend.carry_out(call)
        if not self.fault.border:
            return _with_rows(answer, self._change)
        before = self._page_before(call) if self.fault.how == "repeats" else []
        return _with_rows(answer, lambda rows: self._change_border(before, rows))

    def _change(self, rows: list[Row]) -> list[Row]:
        item = self.fault.item
        of = [place for place, row in enumerate(rows) if item is None or _is_of(item, row)]
        if not of:
            return rows
        chosen = self.chance.choice(of)
        return rows[:chosen] + ([rows[chosen]] * 2 if self.fault.how == "repeats" else []) + rows[chosen + 1 :]

    def _change_border(self, before: list[Row], rows: list[Row]) -> list[Row]:
        """A page that begins with the end of the page before, or without its own first row."""
        item, repeats = self.fault.item, self.fault.how == "repeats"
        at = before[-1:] if repeats else rows[:1]
        if not at or (item is not None and not _is_of(item, at[0])):
            return rows
        return [*at, *rows] if repeats else rows[1:]

    def _page_before(self, call: Made) -> list[Row]:
        """The rows of the page before the one that a call asks for."""
        asked = dict(call.parameters)
        token = asked.get("NextToken")
        if not token:
            return _read(call, {**asked, "PageNumber": int(asked["PageNumber"]) - 1}, self.backend)[0]
        rows, following = _read(call, {**asked, "NextToken": FIRST_PAGE}, self.backend)
        while following not in ("", token):
            rows, following = _read(call, {**asked, "NextToken": following}, self.backend)
        return rows if following else []


def _check_slips(backend: Local, fault: PageSlip) -> None:
    check_actions(backend, fault)
    _see_one(fault, _lists, "lists items")
    if fault.border or fault.page not in (None, 1):
        why = "border" if fault.border else "page"
        _see_one(
            fault, lambda action: _lists(action) and _has_pages(action), f"lists items by pages, since {why} is given"
        )


@breaks(PageSlip, BREAKERS, check=_check_slips)
def slip(backend: Local, fault: PageSlip) -> Breaking:
    """Let pages lack an item, or repeat one."""
    yield from in_force(backend, _Slip(backend, fault))


class _Partial(Failing):
    """Batches that are done in part."""

    fault: PartialSuccess

    def concerns(self, call: Made) -> bool:
        return call.action in BATCHES and super().concerns(call)

    def answer(self, call: Made) -> dict[str, Any]:
        fault, backend = self.fault, self.backend
        request = self._read(call)
        # What the region refuses, and what changes nothing, is its own.
        if request is None or request.dry_run:
            return backend.carry_out(call)
        asked = list(dict.fromkeys(request.instance_ids))
        if fault.item is None:
            refused = self.chance.sample(asked, min(fault.fails, len(asked)))
        else:
            refused = [each for each in asked if each == fault.item]
        if not refused:
            return backend.carry_out(call)
        error = ApiError(fault.code)
        if request.batch_optimization == "AllTogether":
            raise self.refuse(call, error)
        answered = self._rest(call, [each for each in asked if each not in refused])
        shown = {row["InstanceId"]: row for row in _rows(answered)}
        for each in refused:
            shown[each] = self._response(each, error)
        return {**answered, "InstanceResponses": {"InstanceResponse": [shown[each] for each in asked]}}

    def _read(self, call: Made) -> Any:
        """The request of a batch whose instances are all there; None for another."""
        cloud = self.backend.cloud
        try:
            request: Any = cloud.find(call.product, call.action).request
            read = request.parse(call.parameters, edition=cloud.edition.date, unknown=[])
        except ApiError:
            return None
        account = call.account or cloud.accounts[0]
        region = cloud.regions.get(str(call.parameters.get("RegionId") or cloud.default_region))
        if region is None:
            return None
        found = [region.instances.get(each) for each in read.instance_ids]
        return read if all(each is not None and each.account == account for each in found) else None

    def _rest(self, call: Made, ids: list[str]) -> dict[str, Any]:
        """The answer to the batch of the others."""
        if not ids:
            return {"RequestId": self.request_id()}
        others = {name: value for name, value in call.parameters.items() if name.partition(".")[0] != "InstanceId"}
        return self.backend.carry_out(call._replace(parameters={**others, "InstanceId": ids}))

    def _response(self, instance_id: str, error: ApiError) -> dict[str, str]:
        instance = self.backend.cloud.find_instance(instance_id)
        status = "" if instance is None else instance.status
        said = {"PreviousStatus": status, "CurrentStatus": status}
        return {"InstanceId": instance_id, "Code": error.code, "Message": error.message, **said}


def _check_batches(backend: Local, fault: PartialSuccess) -> None:
    check_actions(backend, fault)
    if not set(find_actions(fault.action)) & set(BATCHES):
        raise UsageError.expected_one_of("action", fault.action, BATCHES)
    if fault.item is not None and not is_described(fault.item):
        find_instance(backend, fault.item)


@breaks(PartialSuccess, BREAKERS, check=_check_batches)
def do_in_part(backend: Local, fault: PartialSuccess) -> Breaking:
    """Let batches be done in part."""
    yield from in_force(backend, _Partial(backend, fault))


class _Bursts(Failing):
    """Calls that are too many for a minute."""

    fault: ThrottlingBursts

    def __init__(self, backend: Local, fault: ThrottlingBursts) -> None:
        super().__init__(backend, fault)
        self._every = milliseconds(fault.every)
        self._minute, self._passed = -1, Counter[str]()

    def concerns(self, call: Made) -> bool:
        if not super().concerns(call):
            return False
        minute = self.backend.clock.now // self._every
        if minute != self._minute:
            self._minute, self._passed = minute, Counter()
        self._passed[call.action] += 1
        return self._passed[call.action] > self.fault.calls

    def answer(self, call: Made) -> dict[str, Any]:
        raise self.refuse(call, ApiError(self.fault.code))


@breaks(ThrottlingBursts, BREAKERS, check=check_actions)
def throttle(backend: Local, fault: ThrottlingBursts) -> Breaking:
    """Let only so many calls of a minute pass."""
    yield from in_force(backend, _Bursts(backend, fault))


class _Broken(Failing):
    """Calls whose connection breaks."""

    fault: BrokenConnection

    def __init__(self, backend: Local, fault: BrokenConnection) -> None:
        super().__init__(backend, fault)
        self.after_effect = fault.after_effect

    def answer(self, call: Made) -> dict[str, Any]:
        fault = self.fault
        answer = None
        if fault.after_effect:
            with suppress(ApiError):  # A refusal is an answer like another, and does not arrive.
                answer = self.backend.carry_out(call)
        if fault.how == "silent" and call.caller is not None and call.caller.patience is not None:
            self.backend.advance(call.caller.patience)
        raise NoAnswer(f"{call.action} was not answered: the connection was {fault.how}", fault.how, answer)


@breaks(BrokenConnection, BREAKERS, check=check_actions)
def break_connections(backend: Local, fault: BrokenConnection) -> Breaking:
    """Let connections break before their client has its answer."""
    yield from in_force(backend, _Broken(backend, fault))
