"""PID 1 of a host container: the machine's own controller. It speaks JSON lines over stdin and stdout to the session.

It starts instances, passes on what is said to and by them, and breaks and mends the host: power, hang, wires. One
thread, one loop. When stdin ends, the session is gone, and so is the host.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass, field, replace
from typing import Any, Final

from . import netlink, sandbox, shared
from .faults import Faults, Refused
from .guest import descendants
from .limits import Limits
from .networks import Networks
from .sandbox import DISKS, LOCAL, PROCESSES, ROOTS, Spec
from .wire import Wire

#: How often a host that is well says so.
BEAT_SECONDS: Final = 0.25
_WIRE: Final = "eth0"
#: What is asked too often to be worth a line of the log.
_QUIET: Final = frozenset({"condition", "guest", "names", "network", "state", "stream"})
#: What is asked of a host that has power and does not hang.
_OF_THE_LIVING: Final = frozenset({"start", "stop", "guest", "panic", "enlist", "stream", "network"})

Message = dict[str, Any]


@dataclass
class Running:
    """An instance that runs here."""

    spec: Spec
    process: int
    wire: Wire
    #: What it said about its end before it came.
    ending: str = ""
    #: The requests that wait for its end.
    waiting: list[int] = field(default_factory=list)


class Host:
    """The state of this host and the loop that serves it."""

    def __init__(self) -> None:
        self.instances: dict[str, Running] = {}
        self._by_process: dict[int, Running] = {}
        self._powered = self._well = True
        self._kept = self._alone = False
        self._networks = Networks(_WIRE)
        self._input = b""
        self._output = b""
        os.makedirs(ROOTS, exist_ok=True)
        os.makedirs(PROCESSES, exist_ok=True)
        shared.prepare()
        self._why_plain = sandbox.probe()
        self._isolated = self._why_plain is None
        self._limits = Limits()
        self._faults = Faults(_WIRE)
        self._poll = select.poll()
        self._woken, waking = os.pipe()
        for number in (self._woken, waking, 1):
            os.set_blocking(number, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (0, self._woken):
            self._poll.register(number, select.POLLIN)

    # The loop

    def say(self, message: Message) -> None:
        """Tell the session; what cannot be written now is written later."""
        if self._alone:
            return
        self._output += json.dumps(message).encode() + b"\n"
        self._flush()

    def _flush(self) -> None:
        while self._output:
            try:
                self._output = self._output[os.write(1, self._output) :]
            except BlockingIOError:
                self._poll.register(1, select.POLLOUT)
                return
        try:
            self._poll.unregister(1)
        except KeyError:
            return

    def serve(self) -> None:
        """Run until the session is gone; for good, if the host is to be kept."""
        lost = [] if self._isolated else list(sandbox.LOST)
        if self._limits.why_not is not None:
            lost.append("own-limits")
        why = [each for each in (self._why_plain, self._limits.why_not) if each is not None]
        # What is there now stays: the forks need not look through it, and so share it.
        gc.collect()
        gc.freeze()
        self.say({"event": "hello", "lost": lost, "why": why, "state": self.state()})
        beat, wired = time.monotonic(), os.path.exists(f"/sys/class/net/{_WIRE}")
        while True:
            for number, _ in self._poll.poll(max(0.0, (beat - time.monotonic()) * 1000)):
                if number == 0 and not self._receive():
                    if not self._kept:
                        return
                    self._alone = True
                    self._poll.unregister(0)
                if number == 1:
                    self._flush()
                elif number == self._woken:
                    os.read(self._woken, 4096)
                    self._reap()
                elif number:
                    self._hear(number)
            if time.monotonic() >= beat:
                beat = time.monotonic() + BEAT_SECONDS
                if wired and not os.path.exists(f"/sys/class/net/{_WIRE}") and not self._kept:
                    log("the engine has taken the host out of its network, so it ends")
                    return
                if self._powered and self._well:
                    self.say({"event": "beat"})

    def _receive(self) -> bool:
        data = os.read(0, 1 << 20)
        *lines, self._input = (self._input + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            try:
                answer = self._handle(message)
            except Refused as why:
                answer = {"refused": str(why)}
            except (OSError, KeyError, ValueError) as error:
                answer = {"error": f"{message['op']}: {error!r}"}
            if answer is not None:
                self.say({"id": message["id"], **answer})
        return bool(data)

    def _handle(self, message: Message) -> Message | None:
        operation = message["op"]
        if operation in _OF_THE_LIVING and not (self._powered and self._well):
            return {"error": "the host has no power or hangs"}
        if operation not in _QUIET:
            log(f"{operation} {_shown(message)}")
        if operation == "start":
            self._start(Spec(**message["spec"]))
        elif operation == "stop":
            return self._stop(message)
        elif operation == "guest":
            self._pass_on(message, message["message"])
        elif operation == "panic":
            self._panic(message)
        elif operation in ("enlist", "dismiss"):
            self._know(message)
        elif operation == "stream":
            self._pass_on(message, {"op": "stream", **message["message"]})
            return None
        elif operation == "network":
            self._networks.join(message["number"], set(message["peers"]))
        elif operation == "forget":
            shutil.rmtree(f"{DISKS}/{message['disk']}", ignore_errors=True)
            shutil.rmtree(f"{LOCAL}/{message['instance']}", ignore_errors=True)
        elif operation == "names":
            _rewrite(f"{DISKS}/{message['file']}", message["text"])
        elif operation == "state":
            return {"state": self.state()}
        elif operation == "keep":
            self._kept = True
        elif operation == "condition":
            return self._faults.condition()
        elif operation == "memory":
            return self._starve(message["instance"], message["left"])
        else:
            self._break_or_mend(operation, message)
        return {}

    # Instances

    def _start(self, spec: Spec) -> None:
        if spec.instance in self.instances:
            self._kill(self.instances[spec.instance])
        try:
            process, wire = sandbox.start(spec, self._isolated, self._limits, self._networks)
        except OSError as error:
            self.say({"event": "failed", "instance": spec.instance, "epoch": spec.epoch, "why": str(error)})
            return
        running = Running(spec, process, Wire(wire))
        self.instances[spec.instance] = self._by_process[process] = running
        with open(f"{PROCESSES}/{spec.instance}", "w", encoding="ascii") as file:
            file.write(str(process))
        self._poll.register(wire.fileno(), select.POLLIN)

    def _stop(self, message: Message) -> Message | None:
        """End an instance; the answer comes once it has ended."""
        running = self.instances.get(message["instance"])
        if running is None:
            return {}
        if message["force"]:
            self._kill(running)
            return {}
        running.waiting.append(message["id"])
        self._say_to(running, {"op": "halt"})
        return None

    def _know(self, message: Message) -> None:
        """A machine outside the cloud has registered, or no longer is: from now on it has an agent, or none."""
        running = self.instances[message["instance"]]
        known, agent = message.get("known", ""), message.get("agent", "")
        running.spec = replace(running.spec, known=known, agent=agent)
        self._say_to(running, {"op": message["op"], "known": known, "agent": agent})

    def _panic(self, message: Message) -> None:
        """Let the system of an instance crash; it is told of as of one that has ended by itself."""
        running = self.instances[message["instance"]]
        if running.spec.epoch != message["epoch"]:
            raise KeyError(f"epoch {message['epoch']}")
        self._signal(running, signal.SIGKILL)

    def _signal(self, running: Running, number: int) -> None:
        """Signal all that runs in an instance."""
        targets = [running.process] if self._isolated else [*descendants(running.process), running.process]
        for target in targets:
            try:
                os.kill(target, number)
            except ProcessLookupError:
                continue

    def _kill(self, running: Running) -> None:
        """End an instance at once, and wait for it."""
        self._signal(running, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(running.process, 0)
        self._drop(running)

    def _drop(self, running: Running) -> None:
        """Forget an instance that has ended, and answer those who wait for that."""
        self._by_process.pop(running.process, None)
        self.instances.pop(running.spec.instance, None)
        self._poll.unregister(running.wire.fileno())
        running.wire.close()
        os.unlink(f"{PROCESSES}/{running.spec.instance}")
        self._limits.remove(running.spec.instance)
        for asked in running.waiting:
            self.say({"id": asked})

    def _pass_on(self, asked: Message, message: Message) -> None:
        running = self.instances[asked["instance"]]
        if running.spec.epoch != asked["epoch"]:
            raise KeyError(f"epoch {asked['epoch']}")
        self._say_to(running, message)

    def _say_to(self, running: Running, message: Message) -> None:
        """Tell an instance; what it cannot take now is written once it can."""
        running.wire.say(message)
        if running.wire.waits:
            self._poll.modify(running.wire.fileno(), select.POLLIN | select.POLLOUT)

    def _hear(self, number: int) -> None:
        running = next((each for each in self.instances.values() if each.wire.fileno() == number), None)
        if running is None:
            return
        running.wire.flush()
        messages = running.wire.hear()
        if messages is None:  # It is about to end; what is left is its process, which is reaped.
            self._poll.modify(number, 0)
            return
        self._poll.modify(number, select.POLLIN | (select.POLLOUT if running.wire.waits else 0))
        for message in messages:
            if message["event"] == "ending":
                running.ending = message["how"]
            else:
                self.say({**message, "instance": running.spec.instance, "epoch": running.spec.epoch})

    def _reap(self) -> None:
        try:
            while True:
                process, _ = os.waitpid(-1, os.WNOHANG)
                if process == 0:
                    return
                running = self._by_process.get(process)
                if running is not None:
                    self._ended(running)
        except ChildProcessError:
            return

    def _ended(self, running: Running) -> None:
        """The first process of an instance has ended by itself: it was halted, is to boot again, or has crashed."""
        self._hear(running.wire.fileno())
        spec, how = running.spec, running.ending or "crash"
        self._drop(running)
        log(f"{spec.instance} has ended by itself: {how}")
        self.say({"event": "gone", "instance": spec.instance, "epoch": spec.epoch, "how": how})
        if how == "reboot":
            self._start(Spec(**{**vars(spec), "user_data": None}))

    # Faults

    def _break_or_mend(self, operation: str, message: Message) -> None:
        if operation == "crash":
            self._crash(message.get("silent", True))
        elif operation == "power":
            netlink.set_up(_WIRE)
            self._signal_all(signal.SIGCONT)
            self._powered = self._well = True
        elif operation == "hang":
            self._well = False
            self._signal_all(signal.SIGSTOP)
        elif operation == "reset":
            self._reset()
        else:
            self._faults.handle(operation, message)

    def _starve(self, instance: str, left: int | None) -> Message:
        """Leave an instance so much memory; one that boots later gets all it may have."""
        if self._limits.why_not is not None:
            return {"refused": f"instances have no limits of their own here: {self._limits.why_not}"}
        if instance in self.instances:
            self._limits.leave(instance, left)
        elif left is not None:
            return {"unable": f"{instance} does not run"}
        return {}

    def _crash(self, silent: bool) -> None:
        """Lose power: the wire first, so that nobody hears a goodbye, then every process, then what was local."""
        self._powered = False
        if silent:
            netlink.set_up(_WIRE, False)
        self._end_everything(again=True)

    def _end_everything(self, *, again: bool) -> None:
        """End all that runs here, and remove what was made for it; with `again`, it may be asked for again at once."""
        self._signal_all(signal.SIGKILL)
        try:
            while True:
                os.waitpid(-1, 0)
        except ChildProcessError:
            pass
        for running in list(self.instances.values()):
            self._drop(running)
        self._networks.leave(at_once=again)
        self._faults.fill(False)
        for directory in (LOCAL, ROOTS):
            for entry in os.listdir(directory):
                shutil.rmtree(f"{directory}/{entry}", ignore_errors=True)

    def _reset(self) -> None:
        """Be as at the start."""
        self._end_everything(again=False)
        self._faults.mend()
        self._powered = self._well = True

    def _signal_all(self, number: int) -> None:
        """Signal every process of this host but this one."""
        try:
            os.kill(-1, number)
        except ProcessLookupError:
            return

    def state(self) -> Message:
        """What a reset must bring back to what it was: all that an instance or a fault can leave behind here."""
        with (
            open("/proc/self/mountinfo", encoding="utf-8") as mounts,
            open("/proc/net/route", encoding="utf-8") as routes,
        ):
            mounted = sorted(line.split()[4] for line in mounts)
            routed = sorted(" ".join(line.split()[:8]) for line in routes)
        return {
            "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
            "mounts": mounted,
            "routes": routed,
            "interfaces": sorted(name for _, name in socket.if_nameindex()),
            **self._faults.condition(),
            "local": sorted(os.listdir(LOCAL)),
            "roots": sorted(os.listdir(ROOTS)),
            "instances": sorted(os.listdir(PROCESSES)),
            "limits": self._limits.names(),
            "files": len(os.listdir("/proc/self/fd")),
            "host_name": socket.gethostname(),
            "temporary": sorted(os.listdir("/tmp")),
            "running": sorted(os.listdir("/run")),
            "devices": sorted(os.listdir("/dev")),
            "shared_memory": sorted(os.listdir("/dev/shm")),
            "powered": self._powered and self._well,
        }


def _rewrite(path: str, text: str) -> None:
    """Write a file in place, so that instances that have it mounted see the new text, and never none."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644), "w", encoding="utf-8") as file:
        file.write(text)
        file.truncate()


def log(text: str) -> None:
    """Write down what happens; the session keeps the last lines of each host."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}\n")


def _shown(message: Message) -> str:
    """What is asked for, in a few words."""
    if "spec" in message:
        return f"{message['spec']['instance']} epoch={message['spec']['epoch']}"
    return " ".join(f"{name}={value}" for name, value in message.items() if name not in ("id", "op"))


def main() -> None:
    """Serve until stdin ends; then everything here ends with this process."""
    try:
        Host().serve()
    except BaseException as error:
        sys.stderr.write(f"the host's agent failed: {error!r}\n")
        raise
    finally:
        sys.stderr.flush()
    os._exit(0)
