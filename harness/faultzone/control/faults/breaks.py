"""How a generator that breaks something is declared.

    @breaks(HostCrash, MEMORY, of=host_of, locked=True)
    def crash(backend, fault, host):
        backend.substrate.crash(*host.place, reversible=fault.reversible)
        yield lambda: host.state != "down"
        backend.substrate.repair(*host.place)

What stands before `yield` breaks, what stands after it mends, and what it yields tells whether the end is as promised.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

from faultzone.faults.fault import Fault

#: Whether the target is as the undo promises; None where that cannot be seen.
Proof = Callable[[], object] | None
#: Breaks one target, yields the proof of the end, and mends. Mending that may be tried again yields why it failed.
Breaking = Generator[Proof | Exception, None, None]

F = TypeVar("F", bound=Callable[..., Breaking])


class Breaker(NamedTuple):
    """What breaks one kind of fault.

    Attributes:
        function: takes the backend and the fault, and the target where it has `of`.
        of: the targets of a fault, each of which is broken and mended by itself; None for a fault of no target that
            others may hit, too.
        shared: whether a target is mended only once no other fault is in force on it; else its generator sees to what
            is left.
        locked: whether it runs with the lock of the backend, as what changes the model must.
        check: sees that a fault can be brought about, when it is planned and when it comes; None where its targets say
            all.
        answer: lets the owner make it good by himself, where that is not what its end does.
        meets: what meets a fault that has just come into force; `met.by_fields` where it is None.
    """

    function: Callable[..., Breaking]
    of: Callable[[Any, Any], Iterable[Hashable]] | None
    shared: bool
    locked: bool
    check: Callable[[Any, Any], object] | None = None
    answer: Callable[[Any, Any], None] | None = None
    meets: Callable[[Any, Any], Callable[[], bool]] | None = None

    def targets(self, backend: object, fault: Fault) -> list[Hashable]:
        """What a fault hits.

        Raises:
            UsageError: it names nothing that is there.
        """
        return [None] if self.of is None else list(self.of(backend, fault))

    def begin(self, backend: object, fault: Fault, target: Hashable) -> Breaking:
        """The generator for one target."""
        return self.function(backend, fault) if self.of is None else self.function(backend, fault, target)


#: What breaks each kind of fault.
Breakers = dict[type[Fault], Breaker]

#: What breaks the faults of a test's own; every backend in this process has these besides its own.
OWN: Final[Breakers] = {}


def breaks(
    kind: type[Fault],
    table: Breakers = OWN,
    *,
    of: Callable[[Any, Any], Iterable[Hashable]] | None = None,
    shared: bool = True,
    locked: bool = False,
    check: Callable[[Any, Any], object] | None = None,
    answer: Callable[[Any, Any], None] | None = None,
    meets: Callable[[Any, Any], Callable[[], bool]] | None = None,
) -> Callable[[F], F]:
    """Let a generator break a kind of fault; see `Breaker`.

    Args:
        kind: the class of the fault.
        table: where a backend finds it; that of a test's own when left out.
        of: the targets of a fault.
        shared: whether a target is mended only once no other fault is in force on it.
        locked: whether it runs with the lock of the backend. Such a generator may use neither door of the backend.
        check: raises `UsageError` for a fault that can never be brought about.
        answer: what its owner does by himself, after the time in the fault's field `answered`, before it ends.
        meets: returns, of a fault that has just come into force, what tells whether anything has met it by then: a
            function of `met`, or one of its own. Left out, what meets it follows from its fields: an instance, or the
            places of hosts. A fault without such fields counts as met.
    """

    def add(function: F) -> F:
        table[kind] = Breaker(function, of, shared, locked, check, answer, meets)
        return function

    return add
