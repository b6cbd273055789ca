"""The local backend: model, substrate and clock behind one lock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from weakref import finalize

from faultzone import editions
from faultzone.api.callers import CALLER
from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.api.request import COMMON
from faultzone.backends import key_pairs
from faultzone.clock import CLOCK_END, VIRTUAL_START, Clock, Timer, stamp
from faultzone.control import tables
from faultzone.control.faults.failing import FailingCalls, Made
from faultzone.editions import Edition
from faultzone.errors import FaultzoneError, HarnessError, NotSupported, UsageError
from faultzone.journal import ignored
from faultzone.journal.ignored import NOT_SIMULATED
from faultzone.journal.journal import Journal, copied
from faultzone.journal.redaction import hidden, hide, noted, quoted, recorded, text
from faultzone.model.cloud import Cloud
from faultzone.model.core.catalog import Catalog, default_catalog
from faultzone.model.core.effects import Boot, Effect, PutFile, Report, RunScript, is_routine
from faultzone.model.core.shape import Shape
from faultzone.model.rules import Rules
from faultzone.substrate import RealHosts, Substrate
from faultzone.substrate.memory import MemorySubstrate, Timings
from faultzone.world import World

if TYPE_CHECKING:
    from faultzone.api.request import Request
    from faultzone.backends.publishing import Publisher
    from faultzone.control.faults.active import ActiveFaults
    from faultzone.control.faults.breaks import Breakers
    from faultzone.control.registry import Verbs
    from faultzone.model.assistant.managed import Registering
    from faultzone.model.core.dispatch import Entry

#: The account of the key pair testid/testsecret.
DEFAULT_ACCOUNT: Final = "1000000000000001"

_ACCOUNTS_MOST: Final = 10_000

#: How many timers an advance fires before it lets a waiting call through; with real hosts one, so that they carry out
#: what each instant asks of them before the next.
_STEPS: Final = 64
#: What effects and reports call a host.
_HOSTS: Final = frozenset({"host", "to"})


def account_ids(count: int) -> tuple[str, ...]:
    """The ids of a cloud's accounts: sixteen digits, counted up."""
    return tuple(str(int(DEFAULT_ACCOUNT) + n) for n in range(count))


def _edition(given: Edition | str) -> Edition:
    if not isinstance(given, Edition | str):
        raise UsageError.expected_one_of("edition", given, editions.names())
    return editions.load(given) if isinstance(given, str) else given


def _check(accounts: object, seed: object) -> None:
    if type(accounts) is not int or not 1 <= accounts <= _ACCOUNTS_MOST:
        raise UsageError.expected_whole("accounts", accounts, 1, _ACCOUNTS_MOST)
    if not isinstance(seed, int | str):
        raise UsageError.expected("seed", seed, "a whole number or a text")


def _all_regions(edition: Edition) -> tuple[str, ...]:
    from faultzone.editions.regions import region_ids  # Most clouds have those that they name.

    return region_ids(edition.date)


def _is_strict(unknown: str) -> bool:
    if unknown not in ("ignore", "refuse"):
        raise UsageError.expected_one_of("unknown", unknown, ("ignore", "refuse"))
    return unknown == "refuse"


class _Turn:
    """A `with` block that holds the lock of a backend. Every call opens one, so it is no generator, and made once.

    Args:
        backend: whose lock.
        planned: whether this thread may do what was planned; else the next one does.
    """

    __slots__ = ("_backend", "_planned")

    def __init__(self, backend: LocalBackend, planned: bool) -> None:
        self._backend, self._planned = backend, planned

    def __enter__(self) -> None:
        """Take the lock, and let time catch up.

        Raises:
            HarnessError: the model failed at what fell due.
        """
        backend = self._backend
        # Whoever comes first waits at the lock, all others behind it: an advance that releases the lock cannot take it
        # again before the caller that has been waiting.
        with backend._queue:
            if not backend._lock.acquire(blocking=False):
                backend._wait_for_turn()
        try:
            clock = backend.clock
            target = clock.target()
            if target > clock.now:
                while clock.step(target):
                    backend._commit()
        except BaseException as error:
            backend._fail_turn(error)
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        # A refusal has changed nothing, yet time may have, and the journal has it.
        if error is None or isinstance(error, ApiError):
            self._backend._leave_turn(self._planned)
        else:
            self._backend._fail_turn(error)


class LocalBackend:
    """A cloud in this process.

    Args:
        shapes: one for each region.
        accounts: how many accounts.
        edition: the edition of the documentation that it follows.
        unknown: what becomes of parameters that an action has in no edition: `ignore`, as the service does, or
            `refuse`.
        all_regions: whether the other regions of the edition are there too, each made when it is first asked for.
        rules: makes the rules from the edition; a wrong region passes its own.
        seed: of ids, addresses and names.
        clock: virtual unless given.
        timings: how long guests and hosts take.
        catalog: types and images; the edition's unless given.
        delays: how the substrate's reports are delayed, doubled and lost; see `MemorySubstrate`.
        hosts: makes hosts that take real time; guests are entries of a table unless it is given.
        name: the backend's name, if it is not memory.
        capabilities: what it lets a test do, if that is not what memory does.
        verbs: the control verbs that it has.
        breakers: gives what breaks each kind of fault here, when the first is asked for.
    """

    name = "memory"
    outlives_tests = False
    capabilities = frozenset(
        {
            "see-hosts",
            "break-hosts",
            "break-api",
            "move-time",
            "set-supply",
            "change-account",
            "shape-region",
            "reach-guests",
            "break-agents",
            "outside-machines",
            "launchers",
            "crash-guests",
            "consoles",
            "log-in",
            "guest-time",
            "old-agents",
            "windows",
            "guest",
            "live-migration",
        }
    )

    def __init__(
        self,
        shapes: Sequence[Shape] = (),
        *,
        accounts: int = 1,
        edition: Edition | str | None = None,
        unknown: str = "ignore",
        all_regions: bool = False,
        rules: Callable[[Edition], Rules] = Rules,
        seed: int | str = 0,
        clock: Clock | None = None,
        timings: Timings | None = None,
        catalog: Catalog | None = None,
        delays: Callable[[Report], Sequence[float]] | None = None,
        hosts: Callable[[LocalBackend], RealHosts] | None = None,
        name: str = "",
        capabilities: frozenset[str] | None = None,
        verbs: Verbs = tables.MEMORY,
        breakers: Callable[[], Breakers] = tables.memory_breakers,
    ) -> None:
        _check(accounts, seed)
        chosen = _edition(editions.followed() if edition is None else edition)
        self.name = name or self.name
        if capabilities is not None:
            self.capabilities = capabilities
        self.clock = clock or Clock(VIRTUAL_START)
        self.verbs = verbs
        self.journal = Journal()
        self.cloud = Cloud(
            shapes or (Shape(),),
            account_ids(accounts),
            catalog=catalog or default_catalog(chosen.date),
            edition=chosen,
            rules=rules(chosen),
            clock=self.clock,
            world=World(seed),
            strict=_is_strict(unknown),
            beside=_all_regions(chosen) if all_regions else (),
        )
        #: One of the two, which is the substrate.
        self.memory: MemorySubstrate | None = None
        self.real: RealHosts | None = None
        self.substrate: Substrate
        if hosts is not None:
            self.substrate = self.real = real = hosts(self)
            if "consoles" in self.capabilities:
                self.cloud.watch_regions(lambda region: setattr(region, "console", real.console))
            # Whoever runs the collector may hold a lock that the hosts' thread wants, so nothing is waited for then.
            self._end = finalize(self, self.real.abandon)
        else:
            self.substrate = self.memory = MemorySubstrate(self.clock, self._on_report, timings, delays)
            self.memory.guests.belong_to(self.cloud)
        self.failing_calls = FailingCalls(self)
        self._breakers = breakers
        self._active_faults: ActiveFaults | None = None
        self._loading = threading.Lock()
        self._subscriptions: Publisher | None = None
        self._fallen_due: deque[Callable[[], object]] = deque()
        # The first region has the rules of all.
        self.cloud.regions[self.cloud.default_region].rule_observers.append(self._follow)
        #: The thread that advances time, and by how much a jump has put off the instant that it is to reach.
        self._advancer: int | None = None
        self._jumped = 0
        self._closed = False
        #: What was filled into the scripts of runs, and must not be written down where they write it.
        self._filled_in: dict[str, tuple[str, ...]] = {}
        self._lock, self._queue = threading.Lock(), threading.Lock()
        self._turns = (_Turn(self, planned=False), _Turn(self, planned=True))
        self._advancing = threading.Lock()
        self.journal.append(self.clock.now, "region", self._told(chosen, seed))

    @property
    def keyrings(self) -> list[Callable[[], Iterable[str]]]:
        """What gives the IDs of the access keys that each endpoint of it takes."""
        return self.failing_calls.keyrings

    @property
    def access_keys(self) -> list[str]:
        """The IDs of the access keys that clients of it have: as long as it is served by no endpoint, those that one
        would give them."""
        given = [id for ids in self.keyrings for id in ids()]
        return list(dict.fromkeys(given or (id for id, _ in key_pairs(len(self.cloud.accounts)))))

    def _told(self, edition: Edition, seed: int | str) -> dict[str, Any]:
        """What the journal begins with."""
        return {
            "backend": self.name,
            "guests_are_virtual": self.real is None,
            "regions": list(self.cloud.regions),
            "edition": edition.name,
            "recovery": edition.recovery._asdict(),
            "seed": seed,
            "clock": self.clock.kind,
        }

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Answer one action; see `Backend.call`. A fault of the API that delays lets region time pass.

        Raises:
            NoAnswer: a fault of the API drops the call, or delays it for longer than its client waits.
            UsageError: the action or a parameter is nothing that can be sent, or there is no such product.
            HarnessError: the hosts failed.
        """
        if type(action) is not str and not isinstance(action, str):
            raise UsageError(f"action={quoted(action)}: expected the name of an action, such as 'DescribeInstances'")
        if account is not None and not isinstance(account, str):
            raise UsageError(f"account={quoted(account)}: expected the ID of an account, such as {DEFAULT_ACCOUNT!r}")
        if product != ECS:
            from faultzone.api.products import version_of

            version_of(product)
        if self.real is not None:
            self.real.check()
        calls = self.failing_calls
        if not calls.faults and not calls.awaiting:
            return self._call(product, action, parameters, account, self.cloud)
        return calls.answer(Made(action, parameters, CALLER.get(), product, account))

    def carry_out(self, call: Made, cloud: Cloud | None = None) -> dict[str, Any]:
        """Carry out a call, whatever faults there are; see `Local`."""
        return self._call(call.product, call.action, call.parameters, call.account, cloud or self.cloud)

    @property
    def delaying(self) -> bool:
        """Whether a fault delays calls; see `Backend`."""
        return self.failing_calls.delaying

    def note_refused(self, call: Made, refusal: ApiError, fault: str) -> None:
        """Let the journal have the refusal of a call by a fault, which is not carried out; see `Local`."""
        said = self._said(call.product, call.action, call.parameters, call.account)
        self.note("refusal", {**said, "code": refusal.code, "request": refusal.request_id, "fault": fault})

    def _said(self, product: str, action: str, parameters: Mapping[str, object], account: str | None) -> dict[str, Any]:
        """What the journal has of every call."""
        said: dict[str, Any] = {"action": action, "parameters": recorded(parameters)}
        if account is not None and account != self.cloud.accounts[0]:
            said["account"] = account
        if product != ECS:
            said["product"] = product
        return said

    def _note_ignored(self, said: dict[str, Any], request: type[Request], names: list[str]) -> None:
        """Let the record of a call name what was ignored, without the values: nobody knows what they mean, and one can
        be a secret under a name that nobody can know."""
        said["ignored"] = names
        said["parameters"] = {
            name: value for name, value in said["parameters"].items() if request.has(name) or name in COMMON
        }
        ignored.note(self.journal.ignored, request.__name__, names)

    def _call(
        self, product: str, action: str, parameters: Mapping[str, object], account: str | None, cloud: Cloud
    ) -> dict[str, Any]:
        journal = self.journal
        said = self._said(product, action, parameters, account)
        with self._turn():
            request_id = self.cloud.world.request_id()
            entry: Entry | None = None
            try:
                entry = cloud.find(product, action)
                answer = cloud.call(entry, parameters, account or cloud.accounts[0])
            except ApiError as refusal:
                refusal.request_id = request_id
                if entry is not None and cloud.ignored:
                    self._note_ignored(said, entry.request, cloud.ignored)
                if not cloud.clean:
                    raise HarnessError(
                        f"the model changed something before it refused {action} with {refusal.code}"
                    ) from refusal
                said["code"], said["request"] = refusal.code, request_id
                if refusal.code in NOT_SIMULATED:
                    said["why"] = text(refusal.message)
                journal.append(self.clock.now, "refusal", said)
                raise
            answer["RequestId"] = request_id
            if cloud.ignored:
                self._note_ignored(said, entry.request, cloud.ignored)
            if not entry.request.writes:
                said["total"] = answer.get("TotalCount")
                journal.append(self.clock.now, "read", said)
                return answer
            said["answer"] = recorded(answer) if entry.request.tells_secrets else answer
            journal.append(self.clock.now, "call", said)
            self._commit()
        # The journal and the memory of client tokens keep the answer; the caller may do to his copy what he likes.
        return copied(answer)

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        """Do what only a harness may do; see `Backend.control` and `faultzone.control`.

        Raises:
            HarnessError: the hosts failed.
            NotSupported: the hosts are of a kind that cannot do it.
        """
        if not isinstance(verb, str):
            raise UsageError(f"verb={quoted(verb)}: expected one of {', '.join(sorted(self.verbs))}")
        said = recorded(arguments, "arguments")
        found = self.verbs.get(verb)
        if found is None:
            raise tables.unknown(verb, self.name, self.verbs)
        if self.real is not None:
            if not found.last:
                self.real.check()
            if found.capability and found.capability not in self.capabilities:
                raise NotSupported.lacking(verb, self.name, found.capability)
        if found.takes_lock:
            return found.run(self, arguments)
        with self._turn():
            answer = found.run(self, arguments)
            if found.writes:
                self.journal.append(self.clock.now, "control", {"verb": verb, "arguments": said})
            if found.writes or not self.cloud.clean:
                self._commit()
        return answer

    def advance(self, length: int, *, await_hosts: bool = True) -> int:
        """Let `length` milliseconds of region time pass, timer by timer; other callers get their turn between.

        With `await_hosts`, real hosts carry out what falls due at each instant before time goes on. Two threads that
        advance do so one after the other: what they ask for adds up. So does an advance that falls due in one.

        Returns:
            How many timers fired.

        Raises:
            UsageError: that is further than region time goes.
        """
        return self._pass(length, await_hosts=await_hosts, to_notice=False)[0]

    def advance_to_notice(self, length: int) -> tuple[int, int]:
        """The same, but no further than to the instant of the next notice.

        Returns:
            How many timers fired, and how many milliseconds are left.
        """
        return self._pass(length, await_hosts=True, to_notice=True)

    def _pass(self, length: int, *, await_hosts: bool, to_notice: bool) -> tuple[int, int]:
        if self.clock.now + length > CLOCK_END:
            raise UsageError(f"milliseconds={length}: expected less, because region time ends at {stamp(CLOCK_END)}")
        if self._advancer == threading.get_ident():
            self._jumped += length
            return 0, 0
        with self._advancing:
            self._advancer, self._jumped = threading.get_ident(), 0
            try:
                passed = self._advance(length, await_hosts=await_hosts, to_notice=to_notice)
            finally:
                self._advancer = None
        return passed

    def _follow(self, rules: Mapping[Any, Callable[[Any], bool]]) -> None:
        """Send notifications where event rules want them, once the lock is released: what it ends is waited for."""
        self._fallen_due.append(lambda: self.subscriptions.follow(rules))

    @property
    def subscriptions(self) -> Publisher:
        """The subscribers to notifications."""
        from faultzone.backends.publishing import Publisher

        with self._loading:
            if self._subscriptions is None:
                self._subscriptions = Publisher(self.cloud, self.note)
            return self._subscriptions

    @property
    def active_faults(self) -> ActiveFaults:
        """The faults in force."""
        from faultzone.control.faults.active import ActiveFaults

        with self._loading:
            if self._active_faults is None:
                self._active_faults = ActiveFaults(self, self._breakers())
            return self._active_faults

    def _advance(self, length: int, *, await_hosts: bool, to_notice: bool) -> tuple[int, int]:
        fired, seen = 0, self.subscriptions.since(None)[1] if to_notice else 0
        with self._turn():
            instant = self.clock.now + length
        going, reached, stopped, left = True, 0, False, 0
        while not stopped and (going or reached != self._jumped):
            if await_hosts:
                self.await_hosts()
            with self._turn():
                if self._closed:
                    raise HarnessError("the region was closed before this time had passed")
                reached = self._jumped
                for _ in range(_STEPS if self.real is None else 1):
                    going = self.clock.step(instant + reached)
                    if not going:
                        self.clock.jump(instant + reached)
                        break
                    self._commit()
                    fired += 1
                    if to_notice and self.subscriptions.end > seen:
                        stopped = True
                        break
                    # Notifications are delivered, and what a test has planned happens, before more time passes.
                    if self._fallen_due or (self._subscriptions is not None and self._subscriptions.waiting):
                        break
                left = max(0, instant + reached - self.clock.now) if stopped else 0
                if stopped or not going:
                    said = {"milliseconds": length + reached - left, "timers": fired}
                    self.journal.append(self.clock.now, "advance", said)
        if await_hosts:
            self.await_hosts()
        return fired, left + (self._jumped - reached if stopped else 0)

    def call_later(self, delay: int, action: Callable[[], None]) -> Timer:
        """Run something of a test's once `delay` milliseconds of region time have passed, and before more pass.

        It runs outside the lock and may use both doors. What it raises comes out of the advance.
        """
        with self._turn():
            return self.plan(delay, action)

    def plan(self, delay: int, action: Callable[[], object], *, soon: bool = False) -> Timer:
        """The same for a control verb, which has the lock. Of no delay, it runs once time is next looked at, or as
        `soon` as the lock is free."""
        if soon and not delay:
            timer = Timer(self.clock.now, lambda: None)
            self._fallen_due.append(lambda: action() if timer.live else None)
            return timer
        return self.clock.call_later(delay, lambda: self._fallen_due.append(action))

    def reach(self, instance: str, port: int, data: bytes, seconds: float) -> bytes:
        """Send a request to what serves in an instance, from outside the region, and give its answer.

        In memory it is known at once whether anything answers, so no time passes.

        Args:
            seconds: for which an answer is awaited.

        Raises:
            ConnectionRefusedError: the system is up, and nothing serves at the port.
            TimeoutError: nothing is heard: no system is up, or its host is dead, hangs or is cut off.
            UsageError: what a test lets it answer are no bytes.
        """
        if self.real is not None:  # Whatever hosts still owe: one may just have been lost.
            return self.real.reach(instance, port, data, seconds)
        assert self.memory is not None
        with self._turn():
            services = self.memory.services(instance)
            answer = None if services is None else services.get(port)
        if services is None:
            raise TimeoutError(f"{instance}:{port} is silent")
        if answer is None:
            raise ConnectionRefusedError(f"{instance}:{port} refuses: nothing serves there")
        answered: object = answer(data)
        if not isinstance(answered, bytes):  # A test's own function gives it.
            raise UsageError.expected(f"answer of the service at {instance}:{port}", answered, "bytes")
        return answered

    def _wait_for_turn(self) -> None:
        """Take the lock once it is free.

        Raises:
            UsageError: it would never be: this thread has it, and answers a guest.
        """
        if self.memory is not None and self.memory.guests.asking == threading.get_ident():
            raise UsageError(
                "the function that answers a guest's request called the region, which waits for that answer: "
                "read the values before, and let the function return them"
            )
        self._lock.acquire()

    def await_hosts(self) -> None:
        """Let what was asked of the hosts happen, where that takes real time: in memory, none.

        Raises:
            SubstrateSilent: hosts have said nothing for too long.
        """
        if self.real is not None:
            self.real.await_hosts()

    def pause(self, seconds: float) -> None:
        """Where hosts take real time, let it pass until something is heard of them, and so many seconds at most."""
        if self.real is not None:
            self.real.pause(seconds)

    def waits(self) -> Mapping[str, float]:
        """What a wait needs to know of hosts that take real time; in memory, nothing."""
        return {} if self.real is None else self.real.waits()

    def metadata(self, instance_id: str, path: str, method: str, headers: Mapping[str, str]) -> tuple[int, str]:
        """What the metadata service answers an instance now; see `Cloud.metadata`."""
        with self._turn():
            return self.cloud.metadata(instance_id, path, method, headers)

    def register_machine(self, region: str, asked: Registering) -> str:
        """Register a machine outside the cloud, from any thread; the id of its managed instance.

        Raises:
            RegistrationRefused: its text says why; nothing has changed.
        """
        from faultzone.model.assistant.managed import RegistrationRefused

        with self.locked():
            try:
                return self.cloud.register_machine(region, asked)
            except RegistrationRefused as error:
                refused = error  # The lock is released as after any answer.
        raise refused

    def note(self, kind: str, data: Mapping[str, Any]) -> None:
        """Put something that happened outside the model into the journal, from any thread."""
        data = noted(data)
        with self._turn():
            self.journal.append(self.clock.now, kind, data)

    def release(self) -> None:
        """End what the cloud holds besides itself: callbacks, once they have delivered what they can, queues, hosts."""
        if self._subscriptions is not None:
            self._subscriptions.close()
        if self.real is not None and self._end.detach():
            self.real.close()

    def close(self) -> None:
        """End what runs, an advance included, and finish the journal's file."""
        self._closed = True
        self.release()
        if self.memory is not None:
            self.memory.close()
        self.journal.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock, and commit at the end what changed."""
        with self._turn():
            yield
            self._commit()

    def _turn(self, *, planned: bool = True) -> _Turn:
        """Hold the lock in a `with` block, with time caught up; see `_Turn`."""
        return self._turns[planned]

    def _fail_turn(self, error: BaseException) -> None:
        """Release the lock after an error; what the model was about to say and do is dropped, unless it refused.

        Raises:
            HarnessError: the model failed, by itself and not on purpose.
        """
        try:
            if isinstance(error, Exception) and not isinstance(error, ApiError):
                if self._subscriptions is not None:
                    self._subscriptions.drop()
                self.cloud.drop()
                if not isinstance(error, FaultzoneError):
                    raise HarnessError(f"the model failed: {error!r}") from error
        finally:
            self._lock.release()

    def _leave_turn(self, planned: bool) -> None:
        """Release the lock; then deliver notifications, and do what was planned for by now."""
        self._lock.release()
        if self._subscriptions is not None and self._subscriptions.waiting:
            self._subscriptions.deliver()
        while planned and self._fallen_due:
            self._fallen_due.popleft()()

    def _commit(self) -> None:
        """Journal what the model said and asked for, then hand its effects to the substrate."""
        self.cloud.react()
        if self._subscriptions is not None:
            self._subscriptions.commit()
        now, append = self.clock.now, self.journal.append
        said = self.cloud.said
        if said:
            for kind, data in said:
                append(now, kind, data)
            said.clear()
        for region, effects in self.cloud.drain():
            for effect in effects:
                if not is_routine(effect):
                    fields = self._named(region, self._recorded(effect))
                    append(now, "effect", {"effect": type(effect).__name__, "region": region, **fields})
            self.substrate.apply(region, effects)

    def _recorded(self, effect: Effect) -> dict[str, Any]:
        """The fields of an effect without what must not be written down."""
        fields = effect._asdict()
        kind = type(effect)
        if kind is Boot or kind is PutFile:
            return hidden(fields)
        if kind is RunScript:
            shown, filled_in = fields.pop("shown"), fields.pop("filled_in")
            for name in ("launcher", "termination", "check"):
                if not fields[name]:
                    del fields[name]
            # Which kind of entry it is, is said of the entry.
            fields["type"] = fields.pop("kind")
            fields["script"] = text(shown if filled_in else fields["script"])
            if filled_in:
                self._filled_in[fields["run"]] = filled_in
        return fields

    def _named(self, region: str, fields: dict[str, Any]) -> dict[str, Any]:
        """What an effect or a report says, with hosts named as everywhere else and not by their numbers."""
        hosts = self.cloud.regions[region].placement.hosts
        return {name: hosts[value].id if name in _HOSTS else value for name, value in fields.items()}

    def take_report(self, region: str, report: Report) -> None:
        """Take a report in from any thread, as an input of its own."""
        with self._turn(planned=False):  # What was planned may wait for the hosts, whose thread this may be.
            self._on_report(region, report)
            self._commit()

    def _on_report(self, region: str, report: Report) -> None:
        """Take a report of the memory substrate in; it comes from a timer, so the lock is held."""
        taken = self.cloud.report(region, report)
        if taken and is_routine(report):
            return
        said = {"report": type(report).__name__, "region": region, **self._named(region, report._asdict())}
        if said.get("zone") == "":
            del said["zone"]
        if said.get("output"):
            said["output"] = text(hide(said["output"], self._filled_in.get(str(said.get("run")), ())))
        self.journal.append(self.clock.now, "report" if taken else "stale", said)
