"""The receiver: requests in, durable hits out. A 2xx is sent only after `append` has returned."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http import RawRequestMessage

from tracker.clock import Clock
from tracker.config import Properties, ReceiverSettings
from tracker.metrics import Metrics
from tracker.model import Hit, RawRequest
from tracker.receiver.address import ClientAddresses
from tracker.receiver.admin import Admin
from tracker.receiver.answer import Renderer, cors, refused
from tracker.receiver.body import BodyReader
from tracker.receiver.commit import Append, Committer
from tracker.receiver.connection import Patience, Sent, Server
from tracker.receiver.exchange import Answered, Desk, Exchange
from tracker.receiver.limits import Limits, Refusal
from tracker.receiver.request import RequestReader
from tracker.receiver.routes import AnyProtocol, Routes
from tracker.receiver.sockets import BACKLOG, listen
from tracker.receiver.tally import Complaints, Tally

_BROKEN = Refusal(500, "The tracker failed at this request.", "unavailable")


class Receiver:
    """Listens, cuts requests into hits, has them committed, and answers.

    `append` is called from one thread of the receiver's own; everything else on the event loop. `stamp` gives a hit's
    session stamp; `log_state` the log's (used, quota) bytes; `health` and `more_metrics` speak for the rest of the
    program and may raise. Only the process with `index` 0 opens the admin port. After `start`, `port` and `admin_port`
    are what was bound.
    """

    def __init__(
        self,
        *,
        settings: ReceiverSettings,
        protocols: Sequence[AnyProtocol],
        properties: Properties[Any],
        append: Append,
        encode: Callable[[Hit], bytes],
        partition_of: Callable[[Hit], int],
        secret: bytes,
        stamp: Callable[[RawRequest, str], bytes | None],
        clock: Clock,
        metrics: Metrics,
        kept_headers: frozenset[str],
        log_state: Callable[[], tuple[int, int]],
        health: Callable[[], Awaitable[Mapping[str, Any]]],
        more_metrics: Callable[[], Awaitable[bytes]],
        index: int = 0,
        patience: Patience | None = None,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._patience = patience or Patience()
        self.port, self.admin_port = settings.port, settings.admin_port
        self.limits = limits = Limits(settings)
        addresses = ClientAddresses(settings.trusted_proxies)
        complaints = Complaints(clock)
        self.committer = committer = Committer(
            append, settings=settings, metrics=metrics, clock=clock, complaints=complaints
        )
        self._desk = Desk(
            routes=Routes(protocols, settings.paths),
            limits=limits,
            reader=RequestReader(
                clock=clock,
                secret=secret,
                addresses=addresses,
                kept_headers=kept_headers | frozenset(settings.kept_headers),
                stamp=stamp,
            ),
            renderer=Renderer(clock.now()),
            committer=committer,
            tally=Tally(metrics),
            complaints=complaints,
            properties=properties,
            encode=encode,
            partition_of=partition_of,
        )
        self._bodies = BodyReader(limits, self._patience.body)
        self._admin = Admin(
            clock=clock,
            metrics=metrics,
            tally=self._desk.tally,
            committer=committer,
            trusts_a_proxy=addresses.trusts_any,
            log_state=log_state,
            health=health,
            more_metrics=more_metrics,
        )
        self._has_admin_port = index == 0

    async def start(self) -> None:
        """Open the ports. Raises `PortHeld` (a `Retry`) where another process has one; may then be called again."""
        settings = self._settings
        sock = listen(settings.host, settings.port, is_shared=settings.processes > 1)
        try:
            if self._has_admin_port:
                self.admin_port = await self._admin.start(settings.admin_host, settings.admin_port)
        except BaseException:
            sock.close()
            raise
        self.committer.start()
        self._web = Server(self, self._handle_slowly)
        self.port = sock.getsockname()[1]
        self._listener = await asyncio.get_running_loop().create_server(self._web, sock=sock, backlog=BACKLOG)
        self._ticking = asyncio.create_task(self._tick_for_ever())
        structlog.get_logger().info("receiver listens", host=settings.host, port=self.port)

    async def stop(self) -> None:
        """Stop accepting, answer what waits for its commit, close. Does nothing the second time."""
        if self._admin.is_stopping:
            return
        self._admin.is_stopping = True
        self._listener.close()
        self._web.pre_shutdown()
        await self.committer.drain()
        await self._web.shutdown(self._patience.stop)
        await self.committer.close()
        self._ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._ticking
        self._desk.tally.flush()
        await self._admin.stop()

    def tick(self) -> None:
        """Called every second: the Date header, counters, lone rejections, silent connections."""
        self._desk.renderer.tick(self._clock.now())
        self._desk.tally.flush()
        self.committer.tick()
        self._web.sweep(asyncio.get_running_loop().time(), self._patience)

    def saw_peer(self, peer: str) -> None:
        """Note the address of a new connection."""
        self._admin.saw_peer(peer)

    def take_whole(self, message: RawRequestMessage, body: bytes, peer: str, received: int, answered: Answered) -> None:
        """Handle a request that arrived whole; `answered` is called once, perhaps after a commit."""
        exchange = Exchange(self._desk, message, peer, answered)
        if exchange.screen(received):
            exchange.receive(body)

    def refuse_unparsed(self, refusal: Refusal) -> bytes:
        """The answer to what could not be parsed: nothing is known of the sender."""
        self._desk.tally.answered("", refusal.status)
        return self._desk.renderer.render(refused(refusal, cors(None)), keep=False)

    def broke(self, error: BaseException) -> bytes:
        """The answer to a request that our own code failed at."""
        self._desk.complaints.add("a request failed", type(error).__name__, error)
        return self.refuse_unparsed(_BROKEN)

    async def _handle_slowly(self, request: web.BaseRequest) -> web.StreamResponse:
        """Handle a request whose body is still on its way, or is compressed, or that came together with others."""
        answer: asyncio.Future[tuple[bytes, bool]] = asyncio.get_running_loop().create_future()

        def answered(data: bytes, keep: bool) -> None:
            if not answer.done():
                answer.set_result((data, keep))

        exchange = Exchange(self._desk, request._message, request.remote or "", answered)
        if exchange.screen(self._settings.max_headers + 1) and not exchange.announces_too_much():
            async with self._bodies.read(request) as body:
                if isinstance(body, Refusal):
                    exchange.refuse(body, keep=False)
                else:
                    exchange.receive(body)
        data, keep = await answer
        return Sent(data, keep=keep)

    async def _tick_for_ever(self) -> None:
        while True:
            await asyncio.sleep(1)
            try:
                self.tick()
            except Exception as error:  # the clockwork must go on
                self._desk.complaints.add("housekeeping failed", type(error).__name__, error)
