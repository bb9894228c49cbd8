"""Listening sockets, and who holds a port that we want."""

import errno
import socket

import psutil

from tracker.errors import Misconfigured, Retry

BACKLOG = 2_048
"""Connections that may wait to be accepted."""


class PortHeld(Retry):
    """Another process listens on our port."""

    def __init__(self, host: str, port: int, pid: int | None, name: str = "") -> None:
        super().__init__(host, port, pid, name)
        self.host, self.port, self.pid, self.name = host, port, pid, name

    def __str__(self) -> str:
        who = (
            "another process"
            if self.pid is None
            else f"process {self.pid} ({self.name})"
            if self.name
            else f"process {self.pid}"
        )
        return f"{self.host}:{self.port} is held by {who}"


class BadAddress(Misconfigured):
    """An address that this machine cannot listen on."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(host, port, reason)
        self.host, self.port, self.reason = host, port, reason

    def __str__(self) -> str:
        return f"cannot listen on {self.host}:{self.port}: {self.reason}"


def listen(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A listening socket. `is_shared`: other processes of ours bind the same port, and the kernel spreads connections.

    Raises `PortHeld`, which may pass, or `BadAddress`, which will not.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
    except OSError as error:
        raise BadAddress(host, port, str(error)) from None
    sock = socket.socket(family, kind)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        sock.bind(address)
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise PortHeld(host, port, *holder(port)) from None
        raise BadAddress(host, port, error.strerror or str(error)) from None
    return sock


def holder(port: int) -> tuple[int | None, str]:
    """Process id and name of who listens on `port`, as far as this user may see; (None, "") otherwise."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                return connection.pid, psutil.Process(connection.pid).name() if connection.pid else ""
    except (psutil.Error, OSError):
        pass
    return None, ""
