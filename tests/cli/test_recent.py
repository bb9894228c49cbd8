"""What became of each hit is read from the log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import numpy as np
import pytest

from tracker.cli.recent import Recent, described, recent
from tracker.clock import MINUTE, SECOND
from tracker.config import Properties, PropertySettings
from tracker.model import Carried, Closed, Outcomes, Plan, StartPoint
from tracker.testing.hits import NOW, make_hit
from tracker.worker.codec import encode
from tracker.worker.lmdb_log import LmdbLog

PROPERTIES = Properties({}, PropertySettings.model_validate({"timeout": "30m"}))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LmdbLog]:
    """An empty log."""
    log = LmdbLog.open(tmp_path, quota=1 << 24, partitions=1, archive=None)
    yield log
    log.close()


def hit(seconds: int, client: str = "1.1", **fields: Any) -> tuple[int, bytes]:
    query = "en=page_view&dl=https%3A%2F%2Fa.test%2F"
    return 0, encode(make_hit(query, client_id=client, received_at=NOW + seconds * SECOND, **fields))


def plan(log: LmdbLog, n: int, *offsets: int) -> None:
    log.put_plan(0, Plan(n, NOW, [Closed(np.array(offsets, np.int64), "timeout")], 0), StartPoint(0, 0))


def look(log: LmdbLog, since: int = NOW) -> list[Recent]:
    return recent(log, since, PROPERTIES)


def test_a_hit_in_no_plan_is_open_until_its_client_falls_silent(log: LmdbLog) -> None:
    """Every hit of the client waits for the last one and the property's timeout."""
    log.append([hit(0), hit(60), hit(90, "2.2")])
    assert [one.until for one in look(log)] == [NOW + 31 * MINUTE, NOW + 31 * MINUTE, NOW + 90 * SECOND + 30 * MINUTE]


def test_a_property_has_its_own_timeout(log: LmdbLog) -> None:
    """As the fold has it."""
    own = Properties({"G-1": PropertySettings.model_validate({"timeout": "1m"})}, PROPERTIES.default)
    log.append([hit(0)])
    assert [one.until for one in recent(log, NOW, own)] == [NOW + MINUTE]


def test_a_planned_hit_is_written_when_every_sink_has_its_plan(log: LmdbLog) -> None:
    """One sink that lags keeps it planned."""
    log.append([hit(0), hit(1)])
    plan(log, 1, 0)
    plan(log, 2, 1)
    log.commit(0, "main", 2)
    log.commit(0, "other", 1)
    assert [one.state for one in look(log)] == ["written", "planned"]


def test_how_a_hit_ended_is_told(log: LmdbLog) -> None:
    """Duplicates, filtered ones, and the dead with their reason."""
    log.append([hit(second) for second in range(4)])
    plan(log, 1, 0, 1, 2, 3)
    log.put_outcomes(0, Outcomes(1, duplicate=[0], filtered=[1], dead={2: "decode"}))
    log.commit(0, "main", 1)
    assert [(one.state, one.detail) for one in look(log)] == [
        ("duplicate", ""),
        ("filtered", ""),
        ("dead", "decode"),
        ("written", ""),
    ]


def test_what_was_refused_is_told_with_its_reason(log: LmdbLog) -> None:
    """In its place among the hits, by time."""
    refused = {
        "t": NOW + SECOND,
        "r": "no_property",
        "d": "idsite is missing",
        "pi": None,
        "ci": None,
        "pa": "/matomo.php",
    }
    log.append([hit(0), hit(2)], [cbor2.dumps(refused)])
    assert [(one.state, one.detail, one.page) for one in look(log)][1] == (
        "rejected",
        "no_property: idsite is missing",
        "/matomo.php",
    )


def test_only_what_is_recent(log: LmdbLog) -> None:
    """Older hits and refusals are left out."""
    log.append([hit(second) for second in range(0, 600, 10)], [cbor2.dumps({"t": NOW, "r": "x"})])
    assert [one.at for one in look(log, NOW + 570 * SECOND)] == [NOW + second * SECOND for second in (570, 580, 590)]


def test_a_hit_behind_the_start_point_was_written(log: LmdbLog) -> None:
    """Its plan may have left the log; a carried one is still open."""
    log.append([hit(0), hit(1, "2.2"), hit(2)])
    log.carry(0, [Carried(0, hit(0)[1], NOW, NOW)], StartPoint(2, NOW))
    assert [one.state for one in look(log)] == ["open", "written", "open"]


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        (b"en=page_view&dl=http%3A%2F%2Fa%2F", b"", ("page_view", "http://a/")),
        (b"dl=http%3A%2F%2Fa%2F&en=x", b"en=scroll", ("scroll", "http://a/")),
        (b"idsite=1&rec=1&url=http%3A%2F%2Fa%2Fb&action_name=x", b"", ("page_view", "http://a/b")),
        (b"idsite=1&e_c=video&e_a=play", b"", ("custom_event", "")),
        (b"idsite=1&idgoal=0&ec_id=O1", b"", ("ecommerce_order", "")),
        (b"idsite=1&ma_id=x&ma_mt=video&ma_st=5", b"", ("video_play", "")),
        (b"idsite=1&ma_id=x&ma_mt=video&ma_st=0", b"", ("media_impression", "")),
        (b"idsite=1&cra=boom&ca=1", b"", ("crash", "")),
        (b"", b"idsite=1&search=x&url=http://a/", ("site_search", "http://a/")),
        (b"", b'{"events":[{"name":"signup","params":{"page_location":"http://m/"}}]}', ("signup", "http://m/")),
        (b"en=x", b"{broken", ("x", "")),
        (b"\xff\xfe", b"", ("", "")),
        (b"", b'{"events": 5}', ("", "")),
    ],
)
def test_event_and_page_at_a_glance(query: bytes, body: bytes, expected: tuple[str, str]) -> None:
    """Whatever the protocol; nothing where the payload does not say."""
    assert described(query, body) == expected
