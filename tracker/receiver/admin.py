"""What the receiver says of itself: `/live`, `/ready`, `/health` and `/metrics`, on a port of its own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from tracker.clock import SECOND, Clock
from tracker.errors import LogFull
from tracker.metrics import Metrics
from tracker.receiver.address import is_private
from tracker.receiver.commit import Committer
from tracker.receiver.sockets import listen
from tracker.receiver.tally import Tally

FULL = 0.8
"""Share of the log's quota from which receivers accept nothing."""
STUCK = 10 * SECOND
"""A commit that runs longer than this, or failed more recently, says that hits cannot be accepted."""
_ASIDE = 5.0
_TEXT = "text/plain"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"


class Admin:
    """Answers for one receiver. `/ready` means "I can accept durably" and nothing else."""

    def __init__(
        self,
        *,
        clock: Clock,
        metrics: Metrics,
        tally: Tally,
        committer: Committer,
        trusts_a_proxy: bool,
        log_state: Callable[[], tuple[int, int]],
        health: Callable[[], Awaitable[Mapping[str, Any]]],
        more_metrics: Callable[[], Awaitable[bytes]],
    ) -> None:
        self._clock, self._metrics, self._tally, self._committer = clock, metrics, tally, committer
        self._trusts_a_proxy, self._log_state = trusts_a_proxy, log_state
        self._health, self._more_metrics = health, more_metrics
        self._started_at = clock.now()
        self._private = self._public = 0
        self._web: web.Server | None = None
        self.is_stopping = False

    async def start(self, host: str, port: int) -> int:
        """Open the port; returns which it is. Raises as `listen` does."""
        sock = listen(host, port)
        self._web = web.Server(self._handle, access_log=None)
        self._listener = await asyncio.get_running_loop().create_server(self._web, sock=sock)
        bound: int = sock.getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Close the port, if it was opened."""
        if self._web is not None:
            self._listener.close()
            await self._web.shutdown(1)

    def saw_peer(self, peer: str) -> None:
        """Note the address of a new connection."""
        if is_private(peer):
            self._private += 1
        else:
            self._public += 1

    def trouble(self) -> str:
        """Why hits cannot be accepted durably, in a sentence; empty: they can."""
        if self.is_stopping:
            return "The receiver is stopping."
        try:
            used, quota = self._log_state()
        except Exception as error:  # said, not raised
            return f"The log cannot be read: {error}."
        if used >= FULL * quota:
            return f"The log is full: {used:,} of {quota:,} bytes are used, and receivers stop at {FULL:.0%}."
        committer, now = self._committer, self._clock.now()
        if committer.running_since is not None and now - committer.running_since > STUCK:
            return f"A commit has been running for {(now - committer.running_since) / SECOND:.0f} seconds."
        failure = committer.failure
        if failure is not None and not isinstance(failure, LogFull) and now - committer.failed_at < STUCK:
            return f"The last commit failed: {failure}."
        return ""

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return web.Response(status=405, text="Only GET may be used here.\n", headers={"Allow": "GET, HEAD"})
        match request.path:
            case "/live":
                return web.Response(text="live\n")
            case "/ready":
                trouble = self.trouble()
                return web.Response(status=503 if trouble else 200, text=(trouble or "ready") + "\n")
            case "/health":
                return web.Response(body=await self._report(), content_type="application/json")
            case "/metrics":
                return web.Response(body=await self._exposition(), headers={"Content-Type": _METRICS})
        return web.Response(status=404, text="Here are /live, /ready, /health and /metrics.\n")

    async def _report(self) -> bytes:
        """Everything, in words. `problems` and `warnings` of the rest of the program join the receiver's own."""
        problems, warnings = [trouble] if (trouble := self.trouble()) else [], self._warnings()
        rest: dict[str, Any] = {}
        try:
            async with asyncio.timeout(_ASIDE):
                rest = dict(await self._health())
        except Exception as error:  # said, not raised
            problems.append(f"The rest of the program does not say how it is: {type(error).__name__}: {error}.")
        problems += rest.pop("problems", ())
        warnings += rest.pop("warnings", ())
        report = {
            "status": "degraded" if problems else "ok",
            "problems": problems,
            "warnings": warnings,
            "receiver": self._facts(),
            **rest,
        }
        return orjson.dumps(report, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)

    def _facts(self) -> dict[str, Any]:
        committer, now = self._committer, self._clock.now()
        facts: dict[str, Any] = {
            "uptime_seconds": (now - self._started_at) / SECOND,
            "hits_waiting": committer.waiting,
            "last_commit_age_seconds": None
            if committer.committed_at is None
            else (now - committer.committed_at) / SECOND,
            "last_commit_seconds": committer.seconds,
            "last_commit_failure": None if committer.failure is None else str(committer.failure),
        }
        try:
            facts["log_used_bytes"], facts["log_quota_bytes"] = self._log_state()
        except Exception as error:  # `trouble` says it in words
            facts["log_error"] = str(error)
        drift = getattr(self._clock, "drift", None)
        if drift is not None:
            facts["clock_drift_seconds"] = drift() / SECOND
        return facts

    def _warnings(self) -> list[str]:
        if self._private and not self._public and not self._trusts_a_proxy:
            return [
                "Every connection comes from a private address and no proxy is trusted (receiver.trusted_proxies): "
                "all visitors may look like one address."
            ]
        return []

    async def _exposition(self) -> bytes:
        self._tally.flush()
        own = self._metrics.of_receiver()
        try:
            async with asyncio.timeout(_ASIDE):
                return own + await self._more_metrics()
        except Exception as error:  # the receiver's own metrics are still worth having
            return own + f"# the rest of the program gave no metrics: {type(error).__name__}\n".encode()
