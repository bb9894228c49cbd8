"""The real receiver over HTTP, every request durable before it is answered: its CPU microseconds per request.

Beside it, in the same run, aiohttp's low-level server that answers 204 and does nothing else.

Run: python -m bench.receive [seconds] [connections]
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from threading import Event

import psutil

from bench.decode import query

REQUEST = (
    "POST /g/collect?{} HTTP/1.1\r\nHost: t.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0.0.0\r\n"
    "Accept: */*\r\nAccept-Language: de-DE,de;q=0.9,en;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "Origin: https://shop.example.com\r\nReferer: https://shop.example.com/\r\nSec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Site: cross-site\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
)


def serve_tracker(port: int, folder: str) -> None:
    """The receiver of `tracker serve`, alone."""
    from tracker import app
    from tracker.config import Settings

    receiver = {"port": port, "admin_port": port + 1}
    app.run_receiver(Settings.model_validate({"data": folder, "receiver": receiver}), 0, Event())


def serve_nothing(port: int, folder: str) -> None:
    """The low-level server of aiohttp on uvloop, answering 204."""
    import uvloop
    from aiohttp import web

    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=204)

    async def run() -> None:
        server = web.Server(handler)
        await asyncio.get_running_loop().create_server(server, "127.0.0.1", port)
        await asyncio.sleep(3600)

    uvloop.run(run())


async def load(port: int, seconds: float, connections: int) -> int:
    """Requests answered with 2xx by `connections` clients, each waiting for its answer before it asks again."""
    rng = random.Random(1)
    requests = [REQUEST.format(query(rng).decode()).encode() for _ in range(500)]
    end = time.monotonic() + seconds

    async def client(number: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answered = 0
        while time.monotonic() < end:
            writer.write(requests[(number + answered * 7) % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            answered += head.startswith(b"HTTP/1.1 204")
        writer.close()
        return answered

    return sum(await asyncio.gather(*(client(number) for number in range(connections))))


def measure(name: str, server: Callable[[int, str], None], port: int, seconds: float, connections: int) -> None:
    """Print the CPU of the server process per request."""
    with tempfile.TemporaryDirectory() as folder:
        process = get_context("spawn").Process(target=server, args=(port, folder), daemon=True)
        process.start()
        try:
            wait_for(port)
            asyncio.run(load(port, 1, connections))
            watched = psutil.Process(process.pid)
            before = watched.cpu_times()
            answered = asyncio.run(load(port, seconds, connections))
            after = watched.cpu_times()
        finally:
            process.kill()
            process.join()
    spent = after.user + after.system - before.user - before.system
    print(
        f"{name:36s} {spent / answered * 1e6:6.1f} us CPU per request, {answered / seconds:8,.0f} requests/s",
        flush=True,
    )


def wait_for(port: int) -> None:
    """Until somebody listens."""
    import socket

    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on {port}")


def main(seconds: float, connections: int) -> None:
    """Both servers, one after the other."""
    measure("aiohttp low-level, 204, nothing else", serve_nothing, 18_790, seconds, connections)
    measure("receiver: GA4, LMDB, fsync", serve_tracker, 18_792, seconds, connections)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5, int(sys.argv[2]) if len(sys.argv) > 2 else 64)
