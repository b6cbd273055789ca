"""What the operating systems of images have: programs, package tools, and directories.

What a system surely has or surely lacks is said; the rest is None: nobody knows, and nothing is guessed.
"""

from __future__ import annotations

import ntpath
import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: The first word of an operating system's name -> its family.
_FAMILIES: Final = {
    "aliyun": "redhat",
    "alibaba": "redhat",
    "almalinux": "redhat",
    "anolis": "redhat",
    "centos": "redhat",
    "fedora": "redhat",
    "red": "redhat",
    "redhat": "redhat",
    "rhel": "redhat",
    "rocky": "redhat",
    "opensuse": "suse",
    "sles": "suse",
    "suse": "suse",
    "debian": "debian",
    "ubuntu": "debian",
    "coreos": "coreos",
}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Tools of one family of systems -> which has them.
_TOOLS: Final = {
    **dict.fromkeys(_names("yum yum-config-manager"), _names("redhat")),
    **dict.fromkeys(_names("rpm rpm2cpio"), _names("redhat suse")),
    **dict.fromkeys(_names("zypper yast yast2"), _names("suse")),
    **dict.fromkeys(
        _names("apt apt-get apt-cache apt-key apt-mark dpkg dpkg-query dpkg-deb update-rc.d"), _names("debian")
    ),
}
_SYSTEMD: Final = _names("systemctl hostnamectl journalctl timedatectl loginctl localectl")

#: Programs that some systems have and others have not.
TOOLS: Final = frozenset(_TOOLS) | _SYSTEMD | {"chkconfig"}

#: Programs that a Linux system has, or that an image may well have.
_MAY_BE: Final = _names(
    "addgroup adduser ar arch arp arping as at awk b2sum base32 base64 basename bash batch bc blkid blockdev "
    "bunzip2 busybox bzcat bzip2 c++ cal cat cc cfdisk chage chattr chcon chcpu chfn chgrp chmod chown chpasswd "
    "chroot chrt chsh chvt cksum clear cloud-init cmake cmp column comm cp cpio crontab csplit ctags curl cut dash "
    "date dc dd deluser depmod df dhclient diff diff3 dig dir dircolors dirname dmesg dmidecode dnf dnsdomainname "
    "docker domainname du echo ed egrep env ethtool ex expand expr factor fallocate fdisk fgrep file find findmnt "
    "firewall-cmd flock fmt fold free fsck ftp fuser g++ gawk gcc gdb getconf getent getfacl git gpasswd gpg grep "
    "groupadd groupdel groupmod groups grub2-mkconfig gunzip gzip halt hd head hexdump host hostid hostname htop "
    "hwclock iconv id ifconfig ifdown ifup info init insmod install invoke-rc.d ionice iostat ip ipcrm ipcs "
    "iptables iptables-save java join kill killall killall5 last lastb lastlog ld ldconfig ldd less link ln locale "
    "locate logger login logname logrotate losetup ls lsattr lsblk lscpu lsmod lsof lspci lvs m4 mailx make man "
    "mawk md5sum mesg mkdir mkfifo mkfs mknod mkswap mktemp modinfo modprobe more mount mountpoint mv mysql nano nc "
    "ncat netstat networkctl newgrp nginx nice nl nmcli node nohup nologin nproc nslookup nsenter ntpdate numfmt od "
    "openssl parted partprobe passwd paste patch pathchk perl pgrep php pidof ping ping6 pinky pip pip3 pkill pmap "
    "podman poweroff pr printenv ps ptx pvs pwck pwconv pwdx python python2 python3 rcp readlink realpath reboot "
    "rename renice reset resize2fs rev rm rmdir rmmod route rsync ruby run-parts runlevel runuser sar scp screen "
    "script sed seq service sestatus setarch setenforce setfacl setsid setterm sftp sh sha1sum sha224sum sha256sum "
    "sha384sum sha512sum shred shuf shutdown slabtop sleep snap sort split ss ssh ssh-keygen sshd stat stdbuf "
    "strace strings stty su sudo sum svn swapoff swapon sync sysctl tac tail tar taskset tcpdump tee telinit telnet "
    "test time timeout tload tmux top touch tput tr traceroute truncate tsort tty tune2fs udevadm ufw ulimit umount "
    "uname uncompress unexpand uniq unlink unshare unxz unzip update-alternatives uptime useradd userdel usermod "
    "users utmpdump uuidgen vdir vi view vim visudo vmstat vgs w wall watch wc wget whatis whereis which who whoami "
    "whois write xargs xxd xz xzcat yes zcat zdiff zgrep zip zless"
)


@dataclass(frozen=True, slots=True)
class System:
    """An operating system.

    Attributes:
        kind: `linux` or `windows`.
        family: `redhat`, `suse`, `debian`, `coreos`, or empty for another.
        release: its major number; 0 where its name has none.
        systemd: whether it begins with systemd; None where that is not known.
        chkconfig: whether it has this tool; None where that is not known.
    """

    kind: str
    family: str = ""
    release: int = 0
    systemd: bool | None = None
    chkconfig: bool | None = None

    def has(self, name: str) -> bool | None:
        """Whether a program of this name is there; None where that is not known."""
        if name in _TOOLS:
            return self.family in _TOOLS[name] if self.family else None
        if name in _SYSTEMD:
            return self.systemd
        if name == "chkconfig":
            return self.chkconfig
        return None if name in _MAY_BE else False


@lru_cache(maxsize=64)  # Instances of one image share it.
def system_of(kind: str, os_name: str) -> System:
    """The system of an image, by the name that DescribeImages shows: `CentOS 7.6 64-bit`."""
    words = os_name.lower().split()
    family = _FAMILIES.get(words[0], "") if words and kind == "linux" else ""
    number = re.search(r"\b(\d+)(?:\.\d+)*(?!\S*bit)", os_name)
    release = int(number[1]) if number else 0
    if family == "redhat":
        recent = release not in (5, 6)
        return System(kind, family, release, recent, True if not recent or release in (7, 17) else None)
    if family == "suse":
        return System(kind, family, release, release >= 12, True if release in (11, 12, 42) else None)
    if family == "debian":
        return System(kind, family, release, release >= (15 if words[0] == "ubuntu" else 8), False)
    if family == "coreos":
        return System(kind, family, release, True, False)
    return System(kind)


# Directories

_LINUX_DIRECTORIES: Final = _names(
    "/ /bin /boot /dev /dev/pts /dev/shm /etc /etc/cron.d /etc/init.d /etc/profile.d /etc/ssh /etc/ssl /home "
    "/home/ecs-user /lib /lib/modules /lib64 /media /mnt /opt /proc /proc/self /proc/sys /root /run /sbin /srv /sys "
    "/sys/class /tmp /usr /usr/bin /usr/include /usr/lib /usr/local /usr/local/bin /usr/local/etc /usr/local/lib "
    "/usr/local/sbin /usr/local/share /usr/sbin /usr/share /usr/share/doc /usr/src /var /var/cache /var/lib "
    "/var/lock /var/log /var/run /var/spool /var/tmp"
)
#: Below these an image has more than anybody lists.
_LINUX_TREES: Final = tuple(
    f"{each}/" for each in "/bin /boot /dev /etc /lib /lib64 /proc /run /sbin /sys /usr /var".split()
)
_WINDOWS_DIRECTORIES: Final = (
    "C:\\",
    "C:\\Windows",
    "C:\\Windows\\System32",
    "C:\\Windows\\System32\\drivers",
    "C:\\Windows\\System32\\drivers\\etc",
    "C:\\Windows\\Temp",
    "C:\\Users",
    "C:\\Users\\Administrator",
    "C:\\Users\\Public",
    "C:\\Program Files",
    "C:\\Program Files (x86)",
    "C:\\ProgramData",
    "C:\\ProgramData\\aliyun",
    "C:\\ProgramData\\aliyun\\assist",
)
_WINDOWS_TREES: Final = (
    "c:\\windows\\",
    "c:\\users\\",
    "c:\\program files\\",
    "c:\\program files (x86)\\",
    "c:\\programdata\\",
)
#: As a system spells them, by their folded names.
_SPELT: Final = {each.lower(): each for each in _WINDOWS_DIRECTORIES}


def has_linux_directory(path: str) -> bool | None:
    """Whether a Linux system has a directory, as it comes from its image; None where that is not known."""
    if path in _LINUX_DIRECTORIES:
        return True
    hidden = posixpath.basename(path).startswith(".") or "/." in path
    return None if hidden or path.startswith(_LINUX_TREES) else False


def windows_path(path: str, directory: str) -> str:
    """A path as seen from a directory, as the system spells it where that is known."""
    whole = ntpath.normpath(ntpath.join(directory, path))
    return _SPELT.get(whole.lower(), whole)


def has_windows_directory(path: str) -> bool | None:
    """The same as `has_linux_directory` for Windows; there is no other drive than C."""
    if path in _WINDOWS_DIRECTORIES:
        return True
    return None if path.lower().startswith(_WINDOWS_TREES) else False
