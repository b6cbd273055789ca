"""What of /proc and /sys is the kernel's, and so every instance's and the engine's machine's: nothing there is written.

Whatever is no process's own in /proc is read-only, known by name or not, and so is /sys. What tells of the machine more
than a program needs is hidden, as engines do for containers. This holds for the first process too, which is to have
less power only later. Nothing in an instance may mount, and it has no user namespace to do it in: the kernel makes none
for a process whose root is not that of its mounts.
"""

from __future__ import annotations

import os
from typing import Final

from . import kernel

#: What is hidden of /proc: the machine's memory, keys, timers and devices.
_HIDDEN: Final = frozenset(
    "acpi asound kcore keys key-users kmsg kpagecgroup kpagecount kpageflags latency_stats sched_debug scsi slabinfo"
    " timer_list timer_stats vmallocinfo".split()
)
#: What is hidden of /sys.
_HIDDEN_OF_SYS: Final = ("firmware", "devices/virtual/powercap", "kernel/debug", "kernel/tracing", "kernel/security")
#: What stands in their places: empty, and a host's own.
_NO_DIRECTORY: Final = "/run/nothing"
_NO_FILE: Final = "/run/no-file"
_CAREFUL: Final = kernel.NO_SUID | kernel.NO_DEVICES | kernel.NO_PROGRAMS


def prepare() -> None:
    """Make on this host what hides the machine from its instances."""
    os.makedirs(_NO_DIRECTORY, 0o555, exist_ok=True)
    with open(_NO_FILE, "ab"):
        os.chmod(_NO_FILE, 0o444)


def mount_proc(place: str) -> None:
    """Mount the processes of this process's namespace, with nothing of the kernel's that can be written.

    Raises:
        OSError: it cannot be mounted, or something stays that can be written.
    """
    kernel.mount("proc", place, "proc", _CAREFUL)
    # The kernel is to tell neighbours where an address is now: a socket for packets takes ten milliseconds to close.
    # It is a setting of this network namespace; no more than this one is made.
    with open(f"{place}/sys/net/ipv4/conf/all/arp_notify", "w", encoding="ascii") as file:
        file.write("1")
    for entry in os.scandir(place):
        if entry.is_symlink() or entry.name.isdigit():
            continue
        if entry.name in _HIDDEN:
            _hide(entry.path, entry.is_dir())
        else:
            kernel.read_only(entry.path)


def mount_sys(place: str) -> None:
    """Mount what the kernel tells of devices, to be read alone.

    Raises:
        OSError: the kernel refuses.
    """
    kernel.mount("sysfs", place, "sysfs", _CAREFUL | kernel.READ_ONLY)
    for name in _HIDDEN_OF_SYS:
        if os.path.isdir(f"{place}/{name}"):
            _hide(f"{place}/{name}", True)


def _hide(path: str, directory: bool) -> None:
    """Show nothing at a path."""
    kernel.mount(_NO_DIRECTORY if directory else _NO_FILE, path, None, kernel.BIND)
    kernel.mount("none", path, None, kernel.REMOUNT | kernel.BIND | kernel.READ_ONLY | _CAREFUL)
