"""The processes of a running tracker: which ones, how each is started, on which ports."""

import socket
import sys
from typing import IO

from tracker.config import Settings
from tracker.worker.supervisor import Child, Supervisor


def supervisor(settings: Settings, output: IO[bytes] | None = None) -> Supervisor:
    """Receivers and the worker, not started yet. `output` is where they log; default: standard error."""
    children = [Child("receiver", index) for index in range(settings.receiver.processes)] + [Child("worker")]
    return Supervisor(children, _command, settings.model_dump_json().encode(), output=output)


def with_ports(settings: Settings) -> Settings:
    """The settings with a free port wherever they ask for any: all processes and people must agree on it."""
    receiver = settings.receiver
    chosen = {
        "port": receiver.port or _free_port(receiver.host),
        "admin_port": receiver.admin_port or _free_port(receiver.admin_host),
    }
    return settings.model_copy(update={"receiver": receiver.model_copy(update=chosen)})


def url(host: str, port: int) -> str:
    """How a person on this machine reaches a port."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def _command(child: Child) -> list[str]:
    return [sys.executable, "-m", "tracker", "child", child.role, str(child.index)]


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port
