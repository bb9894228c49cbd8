"""The whole path in one process: requests of real tags over HTTP, through log, fold and columns, into DuckDB."""

import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pyarrow.parquet as pq
import pytest
from yarl import URL

from tracker import app
from tracker.clock import HOUR, SystemClock
from tracker.config import Settings
from tracker.metrics import new_metrics
from tracker.worker import codec
from tracker.worker.log import Log
from tracker.worker.sink import Sink

CAPTURED = Path(__file__).resolve().parents[1] / "../shared/fixtures/captured-hits.jsonl"
HAS_CAPTURED = CAPTURED.exists()
SECRETS = (b"t" * 32, b"33dc3f253", b"203.0.113.9", b"198.51.100.7", b"supersecret")
Answer = tuple[int, str, bytes]


def settings(folder: Path, **more: Any) -> Settings:
    """Free ports, and the token that some captured clients send."""
    return Settings.model_validate(
        {
            "data": folder,
            "receiver": {"port": 0, "admin_port": 0},
            "worker": {"flush_interval": "0s"},
            "defaults": {"tokens": ["t" * 32], "mask_address": 1},
            **more,
        }
    )


async def send(chosen: Settings, log: Log, requests: Sequence[dict[str, Any]]) -> list[Answer]:
    """Send requests to a real receiver, one after the other: status, type and body of each answer."""
    found = app.registry(chosen)
    receiver = app.receiver(chosen, 0, log, found, app.properties(chosen, found))
    await receiver.start()
    answers: list[Answer] = []
    try:
        async with aiohttp.ClientSession() as session:
            for one in requests:
                url = URL(f"http://127.0.0.1:{receiver.port}{one['url']}", encoded=True)
                headers = {"Content-Type": "text/plain", **one.get("headers", {})}
                body = one.get("body", "").encode()
                async with session.request(one.get("method", "GET"), url, headers=headers, data=body or None) as reply:
                    answers.append((reply.status, reply.headers.get("Content-Type", ""), await reply.read()))
    finally:
        await receiver.stop()
    return answers


def write(chosen: Settings, log: Log, sql: str) -> list[dict[str, Any]]:
    """Let time pass, fold, plan, compute, write, trim; then ask the warehouse."""
    found, metrics, stop = app.registry(chosen), new_metrics(), threading.Event()
    known = app.properties(chosen, found)
    log.append_own(0, codec.tick(SystemClock().now() + 3 * HOUR))
    owner = app.consumer(chosen, log, 0, known, metrics)
    while owner.step():
        pass
    compute = app.computer(chosen, found, known, metrics)
    driver = app.driver(chosen, found, "main", chosen.warehouse.sinks["main"])
    writer = app.writer(chosen, known, compute, metrics, stop, "main", driver)
    sink = Sink("main", log, compute, writer, 3, metrics, stop, stop)
    sink.open()
    while sink.advance(0):
        pass
    owner.trim(sink.cursors[0])
    rows: list[dict[str, Any]] = driver.query(sql).to_pylist()
    driver.close()
    return rows


def test_properties_without_a_section_share_a_quota(tmp_path: Path) -> None:
    """Those with one have a quota of their own, also where the section is empty."""
    chosen = settings(tmp_path, properties={"G-KNOWN": {}})
    known = app.properties(chosen, app.registry(chosen))
    limits = [app.fold_limits(chosen, known, property_id) for property_id in ("G-KNOWN", "G-STRANGER")]
    assert [one.shares_quota for one in limits] == [False, True]


def secrets_in_files(folder: Path) -> list[tuple[str, bytes]]:
    """Which file holds which secret."""
    stores = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in stores} >= {".mdb", ".duckdb", ".parquet"}
    return [(path.name, secret) for path in stores for secret in SECRETS if secret in path.read_bytes()]


def archived(folder: Path) -> list[bytes]:
    """The records in the archive, which is compressed."""
    return [r for path in folder.rglob("hits-*.parquet") for r in pq.read_table(path)["record"].to_pylist()]


def captured() -> list[dict[str, Any]]:
    """Requests of real tags and clients."""
    if not CAPTURED.exists():
        pytest.skip("the captured requests are not beside this repository")
    return [json.loads(line) for line in CAPTURED.read_text().splitlines()]


async def test_requests_of_real_tags_become_rows(tmp_path: Path) -> None:
    """Each is answered as its tag expects, and every hit is a row, with nothing left over."""
    chosen, requests = settings(tmp_path), captured()
    with app.opened_log(chosen) as log:
        answers = await send(chosen, log, requests)
        ledger = "SELECT outcome, sum(hits)::BIGINT AS hits FROM tracker_ledger GROUP BY ALL ORDER BY ALL"
        ended = {row["outcome"]: row["hits"] for row in write(chosen, log, ledger)}
        totals = log.totals(0)
    assert {status for status, _, _ in answers} <= {200, 204, 400}
    assert all(
        status == (200 if one["url"].startswith("/debug/") else 204)
        for (status, _, _), one in zip(answers, requests, strict=True)
        if one["protocol"] != "matomo"
    )
    assert totals.hits == totals.planned == sum(ended.values())
    assert ended.get("dead", 0) == 0
    assert ended["written"] > 100


async def test_secrets_reach_no_store(tmp_path: Path) -> None:
    """Tokens, hashed personal data and unmasked addresses are in no byte of log, archive and warehouse."""
    chosen = settings(tmp_path)
    bulk = json.dumps({"requests": ["?idsite=1&rec=1&token_auth=supersecret"]})
    private = {"Cookie": "s=supersecret", "Authorization": "supersecret"}
    mine: list[dict[str, Any]] = [
        {"url": "/g/collect?v=2&tid=G-1&cid=1.1&en=a&em=tv.1~supersecret&_uip=203.0.113.9"},
        {"url": f"/matomo.php?idsite=1&rec=1&url=https://a.example/&token_auth={'t' * 32}&cip=203.0.113.9"},
        {"url": "/matomo.php", "method": "POST", "body": bulk},
        {"url": "/g/collect?v=2&tid=G-1&cid=1.1&en=a", "headers": private},
        {"url": "/matomo.php?idsite=1&token_auth=supersecret&cip=203.0.113.9&cid=short"},
    ]
    shared = [row for row in captured() if row["protocol"] == "matomo"] if HAS_CAPTURED else []
    with app.opened_log(chosen) as log:
        await send(chosen, log, mine + shared)
        assert write(chosen, log, "SELECT count(*) AS n FROM events")[0]["n"] >= 4
    assert secrets_in_files(tmp_path) == []
    assert [secret for secret in SECRETS for record in archived(tmp_path) if secret in record] == []


async def test_one_bad_line_rejects_only_itself(tmp_path: Path) -> None:
    """Its neighbours are rows, and the refusal is counted by reason."""
    chosen = settings(tmp_path)
    batch = {"url": "/g/collect?v=2&tid=G-1&cid=1.1", "method": "POST", "body": "en=a\r\ndt=nameless\r\n\r\nen=b"}
    with app.opened_log(chosen) as log:
        answers = await send(chosen, log, [batch])
        names = [row["name"] for row in write(chosen, log, "SELECT name FROM events ORDER BY event_number")]
        refused = dict(log.rejected())
    assert answers[0][0] == 204
    assert names == ["a", "b"]
    assert refused == {"no_event": 1}


async def test_strangers_are_refused_without_telling_them(tmp_path: Path) -> None:
    """With `properties_only` the tag of another site is answered as ever."""
    chosen = settings(tmp_path, properties_only=True, properties={"G-1": {}})
    requests: list[dict[str, Any]] = [{"url": f"/g/collect?v=2&tid={tid}&cid=1.1&en=a"} for tid in ("G-1", "G-2")]
    with app.opened_log(chosen) as log:
        answers = await send(chosen, log, requests)
        rows = write(chosen, log, "SELECT property_id FROM events")
    assert [status for status, _, _ in answers] == [204, 204]
    assert rows == [{"property_id": "G-1"}]


async def test_addresses_are_masked_before_the_log(tmp_path: Path) -> None:
    """As the property asks; the loopback address of this test becomes its network."""
    chosen = settings(tmp_path)
    with app.opened_log(chosen) as log:
        await send(chosen, log, [{"url": "/g/collect?v=2&tid=G-1&cid=1.1&en=a"}])
        record = log.read(0, 0, 1)[0][1]
    assert codec.decode_hit(record).ip == "127.0.0.0"
