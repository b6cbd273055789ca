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
    "a2enmod a2ensite addgroup addpart adduser agetty apache2 apache2ctl apachectl apropos ar arch arp arping "
    "arptables as at atd atq atrm auditctl auditd aureport ausearch authconfig authselect autoconf automake awk "
    "b2sum badblocks base32 base64 basename basenc bash batch bc blkdiscard blkid blkzone blockdev bridge btrfs "
    "bunzip2 busybox bwm-ng bzip2 c++ c89 c99 cal captoinfo cat cc certbot certutil cfdisk chage chattr chcon "
    "chcpu chfn chgpasswd chgrp chmem chmod chown chpasswd chronyc chronyd chroot chrt chsh chvt cksum clear "
    "cmake cmp col colcrt colrm column comm conntrack containerd cp cpan cpio cpp cpupower crictl cron crond "
    "crontab csplit ctags ctr ctrlaltdel curl curlftpfs cut dash date dc dd debugfs delgroup delpart deluser "
    "depmod devlink df dh dhclient dhclient-script diff diff3 dig dir dircolors dirname dmesg dmidecode dmsetup "
    "dnf dnsdomainname dnsmasq docker domainname dos2unix dosfslabel dracut du dumpe2fs ebtables echo ed edquota "
    "efibootmgr egrep elinks env envsubst erb ethtool ex expand exportfs expr factor fail2ban-client faillock "
    "faillog fallocate fatlabel fdisk fgrep file fincore find findfs findmnt fio firewall-cmd firewall-offline- "
    "cmd firewalld flex flock fmt fold fping free fsck fsfreeze fstrim ftp fuser g++ gawk gcc gdb gdisk "
    "genhomedircon genisoimage getcap getconf getent getfacl getopt getpcaps getsebool gettext getty git gmake go "
    "gpasswd gpg gpgv gprof gradle grep groupadd groupdel groupmems groupmod groups growpart grpck grpconv "
    "grpunconv grubby gss-server gunzip gzip halt hardlink hd head helm hexdump host hostid hostname hping3 htop "
    "httpd hwclock iconv iconvconfig id ifcfg ifconfig ifdown ifenslave ifstat ifup info infocmp init initctl "
    "inotifywait insmod insserv "
    "ip6tables install invoke-rc.d ionice iostat iotop ip ipcalc ipcmk ipcrm ipcs iperf iperf3 "
    "ipmitool ipset iptables iptraf ipvsadm irqbalance isosize iw jar java javac jcmd jmap join jps jq jstack "
    "kdumpctl kernel-install kexec keytool kill killall killall5 kpartx kubeadm kubectl kubelet last lastb "
    "lastlog ld ldattach ldconfig ldd less lesskey lftp link links linux32 linux64 lldpad ln lnstat locale "
    "localedef locate logger login logname logrotate logsave look losetup ls lsattr lsb_release lsblk lscgroup "
    "lscpu lshw lsipc lslocks lslogins lsmem lsmod lsns lsof lspci lsscsi lsusb lynx lz4 lzma lzop m4 mail mailq "
    "mailx make makeinfo man mandb mariadb mawk mcookie md5sum mdadm mdmon memcached mesg mii-tool minicom mkdir "
    "mkdosfs mke2fs mkfifo mkfs mkhomedir_helper mkinitramfs mkinitrd mkisofs mklost+found mknod mkswap mktemp "
    "mlocate modinfo modprobe mokutil mongo mongod mongosh more mount mountpoint mpstat mtr multipath multipathd "
    "mv mvn mysql mysqladmin mysqld mysqldump named namei nano nc ncat needrestart nethogs netplan netstat "
    "networkctl newgidmap newgrp newuidmap newusers nft nginx ngrep nice nisdomainname nl nm nmap nmcli nmtui "
    "node nohup nologin npm nproc npx nscd nsenter nslookup nstat ntpd ntpdate ntpq ntpstat ntsysv numactl "
    "numastat numfmt nvme objcopy objdump od openssl pager parsechangelog parted partprobe partx passwd paste "
    "patch pathchk pcre-config perf perl pgbench pgrep php php-fpm pidof pidstat pidwait pigz ping ping6 pinky "
    "pip pivot_root pkexec pkill pkttyagent plymouth pmap podman postconf postfix poweroff powertop pr printenv "
    "prlimit prove ps psql pstree ptx pwck pwconv pwdx pwmake pwscore pwunconv pydoc python quota quotacheck "
    "quotaoff quotaon ranlib rbash rcp readelf readlink readprofile realpath reboot redis-cli redis-server rename "
    "renice reset resize2fs restorecon rev rm rmdir rmmod rngd route rpcbind rpcinfo rsync rsyslogd rtcwake ruby "
    "run-one run-parts runlevel runuser sa1 sadf sar saslauthd scp screen screenfetch script scriptreplay sdiff "
    "secon sed seinfo select-editor semanage semodule sendmail seq service sestatus setarch setcap setenforce "
    "setfacl setpci setpriv setquota setsebool setsid setterm setup sfdisk sftp sg sh sha1sum sha224sum sha256sum "
    "sha384sum sha512hmac sha512sum showmount shred shuf shutdown size skill slabtop sleep smartctl snap sntp "
    "socat sort sos sosreport split sqlite3 ss ssh sshd start-stop-daemon stat stdbuf strace stress stress-ng "
    "strings strip stty su subscription-manager sudo sudoedit sudoreplay sulogin sum svn swaplabel swapoff swapon "
    "switch_root sync sysctl tabs tac tail tar taskset tc tcpdump tcptraceroute tee telinit telnet tempfile test "
    "testparm tic time timedatex timeout tipc tload tmpwatch tmux toe top touch tput tr tracepath tracepath6 "
    "traceroute traceroute6 tree truncate tset tshark tsort tty tune2fs tuned tuned-adm tzselect udevadm ufw ul "
    "ulimit umount uname uncompress unexpand uniq unix2dos unix_chkpwd unlink unlzma unshare unsquashfs unxz "
    "unzip uptime usb-devices useradd userdel usermod users utmpdump uuidd uuidgen uuserver vconfig vdir vi view "
    "vigr vim vim.tiny vipw virt-what visudo vmstat vmtoolsd vsftpd w w3m wall watch wc wg wg-quick wget whatis "
    "whereis which whiptail who whoami whois wipefs write xargs xkbcomp xtables-multi xxd xz yes zdump zforce zfs "
    "zic zip zpool zramctl zstd"
)
#: Families of such programs: `mkfs.ext4`, `systemd-run`, `python3.6`, `lvcreate`.
_FAMILY_MAY_BE: Final = re.compile(
    r"(?:fsck|mkfs|mount|umount)\..+"
    r"|(?:apt|cloud|dbus|deb|debconf|docker|dpkg|g\+\+|gcc|git|gpg|grub2?|ip6?tables|mysql|nft|nvidia|pam|perl|pg|pkg"
    r"|ssh|systemd|update|x86_64|yum)[-_].+"
    r"|(?:bz|lz|xz|z|zstd)(?:cat|cmp|diff|egrep|fgrep|grep|less|more)"
    r"|(?:btrfs-|e2|e4|lv|pv|vg|xfs_)[a-z]+"
    r"|(?:g\+\+|gcc|java|lua|node|perl|php|pip|pydoc|python|ruby|tclsh)[0-9.]+"
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
        if name == "aliyun-service":
            return True
        return None if name in _MAY_BE or _FAMILY_MAY_BE.fullmatch(name) else False


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


def absolute(path: str, directory: str) -> str:
    """A path as seen from a directory, without `.`, `..` and repeated slashes."""
    return "/" + posixpath.normpath(posixpath.join(directory, path)).lstrip("/")


def windows_path(path: str, directory: str) -> str:
    """A path as seen from a directory, as the system spells it where that is known."""
    whole = ntpath.normpath(ntpath.join(directory, path))
    return _SPELT.get(whole.lower(), whole)


def has_windows_directory(path: str) -> bool | None:
    """The same as `has_linux_directory` for Windows; there is no other drive than C."""
    if path in _WINDOWS_DIRECTORIES:
        return True
    return None if path.lower().startswith(_WINDOWS_TREES) else False
