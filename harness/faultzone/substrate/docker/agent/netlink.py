"""Just enough of rtnetlink: links up and down, VXLAN and its flood list, an interface of an instance, addresses, and
routes that swallow what goes to a peer."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from contextlib import suppress
from typing import Final

from . import kernel

_NEW_LINK, _DEL_LINK = 16, 17
_NEW_ADDRESS, _NEW_ROUTE, _DEL_ROUTE, _NEW_NEIGHBOUR, _DEL_NEIGHBOUR = 20, 24, 25, 28, 29
_NEW_QUEUE, _DEL_QUEUE, _GET_QUEUE = 36, 37, 38
_DONE: Final = 3
_REQUEST_ACK: Final = 5
_REQUEST_ALL: Final = 0x301
_ROOT: Final = 0xFFFFFFFF
#: A shaped wire holds back what is sent in this many seconds; more is lost.
_QUEUE_SECONDS: Final = 0.4
_FRAME: Final = 1514
_CREATE, _EXCLUSIVE, _APPEND, _REPLACE = 0x400, 0x200, 0x800, 0x100
_ANY_MAC: Final = b"\0" * 6
_VXLAN_PORT: Final = 4789
#: The interfaces of a space are numbered from here on, so that none has the number of one of the host's.
_FIRST_INDEX: Final = 1 << 30


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("HH", 4 + len(value), kind) + value + b"\0" * (-len(value) % 4)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("I", value))


def _ask(kind: int, flags: int, body: bytes) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
        _ask_over(netlink, kind, flags, body)


def _ask_over(netlink: socket.socket, kind: int, flags: int, body: bytes) -> None:
    netlink.send(struct.pack("IHHII", 16 + len(body), kind, flags | _REQUEST_ACK, 1, 0) + body)
    answer = netlink.recv(65536)
    error = -int(struct.unpack_from("i", answer, 16)[0])
    if error:
        raise OSError(error, os.strerror(error))


def _link(index: int = 0, flags: int = 0, change: int = 0) -> bytes:
    return struct.pack("BBHiII", 0, 0, 0, index, flags, change)


def address_of(name: str) -> str:
    """The first IPv4 address of an interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return socket.inet_ntoa(fcntl.ioctl(probe, 0x8915, struct.pack("256s", name.encode()))[20:24])


def set_up(name: str, up: bool = True) -> None:
    """Switch an interface on or off."""
    _ask(_NEW_LINK, 0, _link(socket.if_nametoindex(name), 1 if up else 0, 1))


def add_pair(name: str, space: int) -> None:
    """Make a wire: one end here, the other in the network namespace that an open file stands for, both of this name."""
    peer = _link() + _text(3, name) + _number(28, space)
    wire = _text(1, "veth") + _attribute(2, _attribute(1, peer))
    _ask(_NEW_LINK, _CREATE | _EXCLUSIVE, _link() + _text(3, name) + _attribute(18, wire))


def lead(address: str | None, name: str) -> None:
    """Send what is for an address over an interface; for every address there is no other way for, if None."""
    to = b"" if address is None else _attribute(1, socket.inet_aton(address))
    body = struct.pack("BBBBBBBBI", 2, 32 if to else 0, 0, 0, 254, 4, 253, 1, 0) + to
    _ask(_NEW_ROUTE, _CREATE | _EXCLUSIVE, body + _number(4, socket.if_nametoindex(name)))


def add_address(name: str, address: str, prefix: int) -> None:
    """Give an interface an address."""
    raw = socket.inet_aton(address)
    body = struct.pack("BBBBI", 2, prefix, 0, 0, socket.if_nametoindex(name)) + _attribute(2, raw) + _attribute(1, raw)
    _ask(_NEW_ADDRESS, _CREATE | _EXCLUSIVE, body)


def swallow(peer: str, on: bool = True) -> None:
    """Let everything that is sent to a peer vanish, or no longer."""
    body = struct.pack("BBBBBBBBI", 2, 32, 0, 0, 254, 4, 0, 6, 0) + _attribute(1, socket.inet_aton(peer))
    _ask(_NEW_ROUTE if on else _DEL_ROUTE, _CREATE | _REPLACE if on else 0, body)


def close_way_out() -> None:
    """Remove the default route, if there is one."""
    with suppress(ProcessLookupError):
        _ask(_DEL_ROUTE, 0, struct.pack("BBBBBBBBI", 2, 0, 0, 0, 254, 0, 255, 0, 0))


def _queue(name: str) -> bytes:
    return struct.pack("BxxxiIII", 0, socket.if_nametoindex(name), 0, _ROOT, 0)


def shape(name: str, kilobits: int | None) -> None:
    """Let an interface send no more than so many kilobits a second; None for all it can.

    Raises:
        OSError: the kernel has no token buckets.
    """
    if kilobits is None:
        if queueing(name) == "tbf":
            _ask(_DEL_QUEUE, 0, _queue(name))
        return
    rate = kilobits * 1000 // 8
    bucket = max(2 * _FRAME, rate // 100)
    held = max(10 * _FRAME, int(rate * _QUEUE_SECONDS))
    speed, none = struct.pack("BBHhHI", 0, 1, 0, -1, 0, rate), bytes(12)
    settings = _attribute(1, speed + none + struct.pack("III", held, 0, 0)) + _number(6, bucket)
    _ask(_NEW_QUEUE, _CREATE | _REPLACE, _queue(name) + _text(1, "tbf") + _attribute(2, settings))


def queueing(name: str) -> str:
    """The kind of queue at which an interface's packets wait to be sent."""
    index = socket.if_nametoindex(name)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        netlink.bind((0, 0))
        netlink.send(struct.pack("IHHII", 36, _GET_QUEUE, _REQUEST_ALL, 1, 0) + struct.pack("BxxxiIII", 0, 0, 0, 0, 0))
        while True:
            answer = netlink.recv(65536)
            at = 0
            while at < len(answer):
                size, kind = struct.unpack_from("IH", answer, at)
                if kind == _DONE:
                    return "none"
                if kind == _NEW_QUEUE and struct.unpack_from("i", answer, at + 20)[0] == index:
                    length = struct.unpack_from("H", answer, at + 36)[0]
                    return answer[at + 40 : at + 36 + length].rstrip(b"\0").decode()
                at += size + -size % 4


class Space:
    """A network namespace for the host's ends of networks that span hosts. Once it is closed they go by and by.

    Raises:
        OSError: there can be none.
    """

    def __init__(self) -> None:
        with kernel.new_network():
            self._file = os.open(kernel.NETWORK, os.O_RDONLY)
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            self._socket.bind((0, 0))

    def add_vxlan(self, number: int, parent: str) -> None:
        """Make the host's end of a network, which goes by an interface of the host's own namespace."""
        local = _attribute(4, socket.inet_aton(address_of(parent)))
        data = _number(1, number) + _number(3, socket.if_nametoindex(parent)) + local
        data += _attribute(7, b"\1") + _attribute(15, struct.pack("!H", _VXLAN_PORT))
        index = _FIRST_INDEX + number
        body = _link(index) + _text(3, f"vx{number}") + _number(28, self._file)
        _ask(_NEW_LINK, _CREATE | _EXCLUSIVE, body + _attribute(18, _text(1, "vxlan") + _attribute(2, data)))
        _ask_over(self._socket, _NEW_LINK, 0, _link(index, 1, 1))

    def flood(self, number: int, peer: str, on: bool = True) -> None:
        """Send to a peer, or no longer, what goes to everybody on a network."""
        body = struct.pack("BBHiHBB", 7, 0, 0, _FIRST_INDEX + number, 0x80 | 0x40, 2, 0)
        body += _attribute(2, _ANY_MAC) + _attribute(1, socket.inet_aton(peer))
        _ask_over(self._socket, _NEW_NEIGHBOUR if on else _DEL_NEIGHBOUR, _CREATE | _APPEND if on else 0, body)

    def add_child(self, number: int, mac: bytes, process: int) -> None:
        """Give the network namespace of a process an `eth0` on a network; siblings on it hear one another."""
        mode = _attribute(18, _text(1, "macvlan") + _attribute(2, _number(1, 4)))
        body = _link() + _number(5, _FIRST_INDEX + number) + _text(3, "eth0") + _attribute(1, mac)
        _ask_over(self._socket, _NEW_LINK, _CREATE | _EXCLUSIVE, body + _number(19, process) + mode)

    def delete(self, number: int) -> None:
        """Remove the host's end of a network, and wait until it is gone."""
        _ask_over(self._socket, _DEL_LINK, 0, _link(_FIRST_INDEX + number))

    def close(self) -> None:
        """Let it go with all that is in it."""
        self._socket.close()
        os.close(self._file)
