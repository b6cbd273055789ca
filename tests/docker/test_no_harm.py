"""What runs in an instance changes nothing of the machine that the engine runs on, whatever root there tries.

No test here changes anything if it fails: files are opened and not written, and what is written is what was there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from faultzone.region import CloudOptions, Instance, docker_backend, make_region
from faultzone.substrate.docker.session import Session, Settings
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import out, shell

pytestmark = [pytest.mark.docker, pytest.mark.slow]

#: Looks at every file of the kernel's that is no process's: what can be opened to be written, and what is in a mount
#: that is not read-only. Also by the root of every process it sees.
WALK = """
import json, os, stat, sys
MUST_REFUSE_ALL = sys.argv[1] == "all"
seen, found = 0, []
def look(path, kind):
    global seen
    seen += 1
    if stat.S_ISREG(kind):
        if not MUST_REFUSE_ALL and not kind & 0o222:
            return  # It has nothing that could be written.
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return
        found.append(path)
    elif stat.S_ISDIR(kind):
        if MUST_REFUSE_ALL and os.path.dirname(path) != path and not os.statvfs(path).f_flag & os.ST_RDONLY:
            found.append(path + "/")
    elif MUST_REFUSE_ALL and not stat.S_ISLNK(kind):
        found.append(f"{path}: {stat.filemode(kind)}")
def walk(path):
    try:
        status = os.lstat(path)
        look(path, status.st_mode)
        names = os.listdir(path) if stat.S_ISDIR(status.st_mode) else ()
    except OSError:
        return
    for name in names:
        walk(f"{path}/{name}")
roots = [""] + [f"/proc/{name}/root" for name in os.listdir("/proc") if name.isdigit() or name == "self"]
for root in roots if MUST_REFUSE_ALL else roots[:1]:
    try:
        tops = os.listdir(f"{root}/proc")
    except OSError:
        continue
    for name in tops:
        if not name.isdigit() and name not in ("self", "thread-self", "net", "mounts"):
            walk(f"{root}/proc/{name}")
    walk(f"{root}/sys")
print(json.dumps([seen, found]))
"""

#: What would let root get round that: each has to fail.
WAYS = (
    "mount -o remount,rw /proc/sys",
    "mount -o remount,rw,bind /proc/sys",
    "mount -o remount,rw /proc",
    "mount -o remount,rw /sys",
    "mount -o remount,rw /etc/hosts",
    "umount /proc/sys",
    "umount -l /proc/sys",
    "umount -l /proc/sysrq-trigger",
    "mkdir -p /tmp/p && mount -t proc proc /tmp/p",
    "mkdir -p /tmp/s && mount -t sysfs sysfs /tmp/s",
    "mkdir -p /tmp/c && mount -t cgroup -o memory cgroup /tmp/c",
    "mkdir -p /tmp/c && mount -t cgroup2 cgroup2 /tmp/c",
    "mkdir -p /tmp/b && mount --bind /proc /tmp/b",
    "mkdir -p /tmp/b && mount -t tmpfs x /tmp/b",
    "mount -t debugfs x /sys/kernel/debug",
    "mount -t securityfs x /sys/kernel/security",
    "chroot /proc/1/root true",
    "mknod /root/memory c 1 1",
    "mknod /root/disk b 254 0",
    "mknod /run/kmsg c 1 11",
    "mknod /dev/disk b 254 0",
    "chmod 600 /dev/null",
    "chown 1 /dev/null",
    "mv /dev/null /dev/other",
    "date -s @$(date +%s)",
    "dmesg | grep .",
)

#: The same by system calls: what each gives is zero where it works.
CALLS = """
import ctypes, json, os
c = ctypes.CDLL(None, use_errno=True)
NEW = dict(time=0x80, mounts=0x20000, groups=0x02000000, names=0x04000000, ipc=0x08000000, users=0x10000000,
    processes=0x20000000, network=0x40000000)
done = []
def child(what, call):
    pid = os.fork()
    if pid == 0:
        try:
            code = 1 if call() < 0 else 0
        except OSError:
            code = 1
        os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0:
        done.append(what)
for name, flag in NEW.items():
    child(f"unshare {name}", lambda: c.unshare(flag))
    child(f"unshare users and {name}", lambda: c.unshare(flag | NEW["users"]))
for each in os.listdir("/proc/1/ns") if os.access("/proc/1/ns", os.R_OK) else ():
    child(f"setns {each}", lambda: c.setns(os.open(f"/proc/1/ns/{each}", os.O_RDONLY), 0))
child("ptrace the first process", lambda: c.ptrace(16, 1, None, None))
child("the memory of the first process", lambda: os.open("/proc/1/mem", os.O_RDWR))
child("the program of the first process", lambda: os.open("/proc/1/exe", os.O_WRONLY))
child("reboot", lambda: c.reboot(0x89ABCDEF))  # Control-Alt-Delete alone, which is as it is.
child("sethostname", lambda: c.sethostname(b"other", 5))
child("pivot_root", lambda: c.pivot_root(b"/", b"/"))
child("umount", lambda: c.umount2(b"/proc/sys", 2))
child("capabilities", lambda: c.prctl(23, 21, 0, 0, 0) - 1)
child("inherited capabilities", lambda: -1 if int(next(l.split()[1] for l in open("/proc/1/status")
    if l.startswith("CapInh")), 16) == 0 else 0)
print(json.dumps(done))
"""


def walked(instance: Instance, how: str) -> list[str]:
    instance.put("/root/walk.py", WALK)
    seen, found = json.loads(out(instance, f"python3 -S -E /root/walk.py {how}"))
    assert seen > 1000  # It has looked at something.
    return list(found)


def test_nothing_of_the_kernel_can_be_opened_to_be_written(make: MakeRegion) -> None:
    (one,) = make(zones=1, hosts_per_zone=1).run_instances(1)
    assert walked(one, "all") == []


def test_what_belongs_to_a_process_can_still_be_written(make: MakeRegion) -> None:
    (one,) = make(zones=1, hosts_per_zone=1).run_instances(1)
    out(one, "echo 600 > /proc/self/oom_score_adj; echo x > /dev/null; echo ok > /dev/stdout; head -c4 /dev/urandom")


@pytest.mark.parametrize("setting", ["kernel/core_pattern", "vm/swappiness", "net/core/somaxconn", "fs/file-max"])
def test_a_setting_can_be_read_and_not_changed(make: MakeRegion, setting: str) -> None:
    """What is written is what is there, so that nothing changes where this fails."""
    (one,) = make(zones=1, hosts_per_zone=1).run_instances(1)
    code, said = shell(one, f'value=$(cat /proc/sys/{setting}) && printf %s "$value" > /proc/sys/{setting}')
    assert (code, "Read-only file system" in said) == (2, True), said


def test_the_first_process_cannot_change_a_setting_either(make: MakeRegion) -> None:
    """It writes the files that an instance is given."""
    (one,) = make(zones=1, hosts_per_zone=1).run_instances(1)
    value = out(one, "cat /proc/sys/vm/swappiness")
    with pytest.raises(Exception, match="Read-only file system"):
        one.put("/proc/sys/vm/swappiness", value)


def test_what_tells_of_the_machine_is_hidden(make: MakeRegion) -> None:
    (one,) = make(zones=1, hosts_per_zone=1).run_instances(1)
    hidden = "for each in keys timer_list kcore acpi scsi kmsg; do test ! -s /proc/$each || ls -A /proc/$each; done"
    assert out(one, f"{hidden}; ls -A /sys/firmware") == ""


def test_there_is_no_way_round(make: MakeRegion) -> None:
    (one,) = make(zones=1, hosts_per_zone=1).run_instances(1)
    done = [each for each in WAYS if shell(one, each)[0] == 0]
    one.put("/root/calls.py", CALLS)
    assert done + json.loads(out(one, "python3 -S -E /root/calls.py")) == []


def test_no_process_of_another_instance_or_host_is_seen(make: MakeRegion) -> None:
    region = make(zones=1, hosts_per_zone=1)
    one, other = region.run_instances(2)
    out(other, "setsid sleep 4322 </dev/null >/dev/null 2>&1 &")
    seen = out(one, "for each in /proc/[0-9]*; do tr '\\0' ' ' < $each/cmdline; echo; done")
    assert "sleep 4322" not in seen
    assert "dockerd" not in seen
    outer = {each.stat().st_ino for each in Path("/proc/self/ns").iterdir() if each.name != "user"}
    inner = out(one, "stat -L -c %i /proc/self/ns/pid /proc/self/ns/mnt /proc/self/ns/net /proc/self/ns/ipc").split()
    assert not outer & set(map(int, inner))


@pytest.fixture
def plain(hosts: Session) -> Iterator[Instance]:
    """An instance that is a plain process tree."""
    options = CloudOptions.of(zones=1, hosts_per_zone=1)
    with make_region(docker_backend(options, Settings(plain=True)), zones=1, hosts_per_zone=1) as region:
        yield region.run_instances(1)[0]


def test_a_plain_process_tree_cannot_write_what_the_kernel_would_take_either(plain: Instance) -> None:
    assert walked(plain, "those-that-take-it") == []
    done = [each for each in WAYS if "/dev/null" not in each and shell(plain, each)[0] == 0]
    assert done == []
