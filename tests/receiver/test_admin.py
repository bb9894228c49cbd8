"""What the receiver says of itself."""

from typing import Any

import orjson
import pytest

from tests.receiver.world import MemoryLog, Serve, request
from tracker.clock import SECOND
from tracker.errors import LogFull
from tracker.receiver.admin import STUCK
from tracker.testing.clock import FakeClock


async def test_live(serve: Serve) -> None:
    """The process runs."""
    answer = await (await serve()).admin("/live")
    assert (answer.status, answer.body) == (200, b"live\n")


async def test_an_idle_receiver_is_ready(serve: Serve) -> None:
    """Nothing speaks against it."""
    answer = await (await serve()).admin("/ready")
    assert (answer.status, answer.body) == (200, b"ready\n")


async def test_a_full_log_is_not_ready_until_it_is_trimmed(serve: Serve) -> None:
    """From 80 % on; below it at once again, though no hit came in between."""
    world = await serve()
    world.log.used, world.log.error = 80, LogFull(80, 100)
    await world.send()
    answer = await world.admin("/ready")
    assert (answer.status, answer.body[:16]) == (503, b"The log is full:")
    world.log.used = 79
    assert (await world.admin("/ready")).status == 200


async def test_a_failed_commit_is_not_ready_until_one_succeeds(serve: Serve) -> None:
    """The next success is enough."""
    world = await serve()
    world.log.error = OSError("disk gone")
    await world.send()
    answer = await world.admin("/ready")
    assert (answer.status, answer.body) == (503, b"The last commit failed: disk gone.\n")
    world.log.error = None
    await world.send()
    assert (await world.admin("/ready")).status == 200


async def test_a_failed_commit_is_forgiven_after_a_while(serve: Serve) -> None:
    """A receiver that gets no requests because it is not ready must be given one to try."""
    clock = FakeClock()
    world = await serve(clock=clock)
    world.log.error = OSError("disk gone")
    await world.send()
    clock.move(STUCK)
    assert (await world.admin("/ready")).status == 200


async def test_a_stuck_commit_is_not_ready(serve: Serve) -> None:
    """A disk that hangs raises nothing."""
    clock = FakeClock()
    world = await serve(clock=clock)
    world.log.gate.clear()
    client = await world.connect()
    client.write(request())
    await world.appending()
    clock.move(STUCK + SECOND)
    answer = await world.admin("/ready")
    assert (answer.status, answer.body) == (503, b"A commit has been running for 11 seconds.\n")


async def test_an_unreadable_log_is_not_ready(serve: Serve) -> None:
    """Whatever it raises."""

    def fail() -> tuple[int, int]:
        raise OSError("no such file")

    world = await serve(log_state=fail)
    answer = await world.admin("/ready")
    assert (answer.status, answer.body) == (503, b"The log cannot be read: no such file.\n")
    assert orjson.loads((await world.admin("/health")).body)["receiver"]["log_error"] == "no such file"


async def test_a_failing_program_leaves_the_receiver_ready(serve: Serve) -> None:
    """`/ready` asks nobody else; `/health` says it."""

    async def fail() -> dict[str, Any]:
        raise RuntimeError("worker away")

    world = await serve(health=fail)
    assert (await world.admin("/ready")).status == 200
    answer = await world.admin("/health")
    report = orjson.loads(answer.body)
    assert (answer.status, report["status"]) == (200, "degraded")
    assert report["problems"] == ["The rest of the program does not say how it is: RuntimeError: worker away."]


async def test_health_is_everything_in_words(serve: Serve) -> None:
    """The receiver's facts, and what the rest of the program says; its problems join the list."""

    async def health() -> dict[str, Any]:
        return {"worker": {"open": 3}, "problems": ["A sink is away."]}

    clock = FakeClock()
    world = await serve(health=health, clock=clock, trusted_proxies=("127.0.0.1",))
    await world.send()
    clock.move(2 * SECOND)
    report = orjson.loads((await world.admin("/health")).body)
    assert report["receiver"].pop("last_commit_seconds") >= 0
    assert report == {
        "status": "degraded",
        "problems": ["A sink is away."],
        "warnings": [],
        "receiver": {
            "uptime_seconds": 2.0,
            "hits_waiting": 0,
            "last_commit_age_seconds": 2.0,
            "last_commit_failure": None,
            "log_used_bytes": 0,
            "log_quota_bytes": 100,
        },
        "worker": {"open": 3},
    }


async def test_health_tells_the_clock_drift(serve: Serve) -> None:
    """Where the clock can tell it."""
    report = orjson.loads((await (await serve()).admin("/health")).body)
    assert abs(report["receiver"]["clock_drift_seconds"]) < 60


async def test_a_forgotten_proxy_is_a_warning(serve: Serve) -> None:
    """Private peers and no trusted proxy: nothing is wrong yet, but probably will be."""
    world = await serve()
    await world.send()
    report = orjson.loads((await world.admin("/health")).body)
    assert report["status"] == "ok"
    assert report["warnings"][0].endswith("all visitors may look like one address.")


async def test_metrics_of_all(serve: Serve) -> None:
    """The receiver's own, up to date, and those of the rest of the program."""

    async def more() -> bytes:
        return b"more_total 1\n"

    world = await serve(more_metrics=more)
    await world.send()
    answer = await world.admin("/metrics")
    assert b'tracker_requests_total{protocol="toy",status="204"} 1.0\n' in answer.body
    assert answer.body.endswith(b"more_total 1\n")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_own_metrics_survive_the_failure_of_others(serve: Serve) -> None:
    """They are what one looks at when something fails."""

    async def fail() -> bytes:
        raise RuntimeError

    answer = await (await serve(more_metrics=fail)).admin("/metrics")
    assert b"tracker_commit_seconds" in answer.body


@pytest.mark.parametrize("path", ["/", "/toy/collect"])
async def test_other_paths_are_unknown(serve: Serve, path: str) -> None:
    """The admin port receives no hits."""
    assert (await (await serve()).admin(path)).status == 404


async def test_only_the_first_process_has_an_admin_port(serve: Serve) -> None:
    """The others are asked through it."""
    world = await serve(index=1, log=MemoryLog())
    assert world.receiver.admin_port == 0
