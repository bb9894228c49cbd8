"""How Matomo's requests are answered over HTTP: every row of its table of responses."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from tests.receiver.world import Answer, Serve, World, request
from tracker.clock import SECOND
from tracker.config import Properties
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.protocols.matomo.reply import GIF, NOTE
from tracker.testing import FakeClock

TOKEN = "t" * 32
HIT = "idsite=1&rec=1"
HTML, IMAGE, JSON = "text/html; charset=utf-8", "image/gif", "application/json"
PAGE = {"Origin": "https://site.example"}
NOW = FakeClock().now() // SECOND
OLD = NOW - 86_400
"""The youngest time that needs a token."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def start(serve: Serve, **options: Any) -> World:
    """A receiver of Matomo hits for the sites 1 and 2."""
    own = MatomoSettings(tokens=(SecretStr(TOKEN),), respect_do_not_track=True, excluded_addresses=("127.0.0.0/8",))
    known = {"1": MatomoSettings(tokens=(SecretStr(TOKEN),)), "2": own}
    properties = Properties(known, MatomoSettings(), properties_only=True)
    return await serve(**{"clock": FakeClock(), "protocols": [MatomoProtocol()], "properties": properties, **options})


async def get(world: World, query: str, **headers: str) -> Answer:
    return await world.send(request(f"/matomo.php?{query}" if query else "/matomo.php", headers=headers))


async def post(world: World, body: str | bytes, query: str = "", headers: Mapping[str, str] = FORM) -> Answer:
    content = body.encode() if isinstance(body, str) else body
    return await world.send(request(f"/matomo.php?{query}", method="POST", body=content, headers=headers))


RECORDED = [HIT, f"{HIT}&send_image=1", f"{HIT}&cdt={OLD + 1}", f"{HIT}&cdt={OLD}&token_auth={TOKEN}"]
LEFT_OUT = ["idsite=1", "idsite=1&rec=0", "idsite=2&rec=1", f"{HIT}&recMode=1"]
FAULTS = [
    "idsite=3&rec=1", "idsite=0&rec=1", "idsite=-1&rec=1", "idsite=abc&rec=1", "idsite=1.5&rec=1",
    f"{HIT}&cid=123", f"{HIT}&cid=0123456789abcdef0", f"{HIT}&cip=192.0.2.1", f"{HIT}&cip=192.0.2.1&token_auth=wrong",
    f"{HIT}&country=de", f"{HIT}&region=BY", f"{HIT}&city=Ulm", f"{HIT}&lat=48", f"{HIT}&long=10",
    f"{HIT}&cdt={OLD}", f"{HIT}&cdo=86400", f"{HIT}&pf_net=-2", f"{HIT}&pf_onl=-9", f"{HIT}&e_c=%20&e_a=x",
    f"{HIT}&e_c=x&e_a=+",
]  # fmt: skip


@pytest.mark.parametrize("query", RECORDED)
async def test_recorded(serve: Serve, query: str) -> None:
    """An image of one pixel, by GET and POST, that GET must not find in a cache; the hit is stored."""
    world = await start(serve)
    by_get, by_post, form = await get(world, query), await post(world, "", query), await post(world, query)
    for answer in (by_get, by_post, form):
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, IMAGE, GIF)
    assert (by_get.headers.get("cache-control"), by_post.headers.get("cache-control")) == ("no-store", None)
    assert len(GIF) == 43
    assert len(world.log.records) == 3


@pytest.mark.parametrize("query", LEFT_OUT)
async def test_left_out(serve: Serve, query: str) -> None:
    """The same answer, and nothing is stored but why."""
    world = await start(serve)
    answer = await get(world, query)
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, IMAGE, GIF)
    assert answer.headers["cache-control"] == "no-store"
    assert (await get(world, f"{query}&send_image=0")).status == 204
    assert world.log.records == []


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"X-Purpose": "preview"}, "prefetch"),
        ({"X-Moz": "prefetch"}, "prefetch"),
        ({"Cookie": "matomo_ignore=secret"}, "ignore_cookie"),
    ],
)
async def test_left_out_by_header(serve: Serve, headers: dict[str, str], reason: str) -> None:
    """Left out like any other, counted by its reason, and no cookie is kept."""
    world = await start(serve)
    answer = await get(world, HIT, **headers)
    assert (answer.status, answer.body, world.log.records) == (200, GIF, [])
    world.receiver.tick()
    assert world.count("tracker_rejected_total", protocol="matomo", reason=reason) == 1
    assert b"secret" not in b"".join(world.log.rejections)


async def test_asked_not_to_track(serve: Serve) -> None:
    """The answer says so, where the property respects it."""
    world = await start(serve)
    answer = await get(world, "idsite=2&rec=1", DNT="1")
    assert (answer.status, answer.headers["tk"]) == (200, "N")
    assert "tk" not in (await get(world, HIT, DNT="1")).headers


async def test_no_image_is_wanted(serve: Serve) -> None:
    """204 for exactly `send_image=0`."""
    world = await start(serve)
    for answer in (await get(world, f"{HIT}&send_image=0"), await post(world, f"{HIT}&send_image=0")):
        assert (answer.status, answer.body) == (204, b"")
    assert (await get(world, f"{HIT}&send_image=false")).status == 200


async def test_a_call_without_parameters(serve: Serve) -> None:
    """A note for the person, or the monitor, that looks whether it is there."""
    world = await start(serve)
    answer = await get(world, "")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, HTML, NOTE)


@pytest.mark.parametrize(("method", "query"), [("POST", ""), ("GET", "rec=1"), ("POST", "rec=1"), ("GET", "url=x")])
async def test_parameters_that_are_no_request(serve: Serve, method: str, query: str) -> None:
    """400 and the same note."""
    world = await start(serve)
    answer = await world.send(request(f"/matomo.php?{query}", method=method, body=b"" if method == "POST" else None))
    assert (answer.status, answer.headers["content-type"], answer.body) == (400, HTML, NOTE)


@pytest.mark.parametrize("query", FAULTS)
async def test_the_senders_faults(serve: Serve, query: str) -> None:
    """400, the image or nothing, and the note; nothing is stored, and in a bulk request the entry is invalid."""
    world = await start(serve)
    answer = await get(world, query)
    assert (answer.status, answer.body) == (400, GIF + NOTE)
    assert ((await get(world, f"{query}&send_image=0")).status, world.log.records) == (400, [])
    bulk = await post(world, json.dumps({"requests": [f"?{query}", f"?{HIT}"]}))
    assert (bulk.status, json.loads(bulk.body)) == (200, {"status": "success", "tracked": 1, "invalid": 1})


@pytest.mark.parametrize("query", [f"{HIT}&idgoal=0&ec_id=A&revenue=1", f"{HIT}&idgoal=99&revenue=1"])
async def test_what_only_a_reader_of_all_hits_could_know(serve: Serve, query: str) -> None:
    """An order sent twice, or a goal that is not configured, is taken: 200. The order counts once, later."""
    world = await start(serve)
    assert [(await get(world, query)).status for _ in range(2)] == [200, 200]


BULK = [f"?{HIT}", f"http://a.example/matomo.php?{HIT}", {"idsite": 1, "rec": 1, "cvar": {"1": ["a", "b"]}}, "no query"]


@pytest.mark.parametrize(
    ("requests", "outer", "expected"),
    [
        (BULK, {}, {"status": "success", "tracked": 3, "invalid": 0}),
        ([*BULK, "?idsite=9&rec=1", 7], {}, {"status": "success", "tracked": 3, "invalid": 2}),
        (
            [*BULK, "?idsite=9&rec=1", 7],
            {"token_auth": TOKEN},
            {"status": "success", "tracked": 3, "invalid": 2, "invalid_indices": [4, 5]},
        ),
        ([f"?{HIT}&cip=192.0.2.1"], {}, {"status": "success", "tracked": 0, "invalid": 1}),
        ([f"?{HIT}&cip=192.0.2.1&token_auth={TOKEN}"], {}, {"status": "success", "tracked": 1, "invalid": 0}),
        (
            [f"?{HIT}&cip=192.0.2.1"],
            {"token_auth": TOKEN},
            {"status": "success", "tracked": 1, "invalid": 0, "invalid_indices": []},
        ),
        (["?idsite=1", "?idsite=2&rec=1"], {}, {"status": "success", "tracked": 2, "invalid": 0}),
        ([], {}, {"status": "success", "tracked": 0, "invalid": 0}),
    ],
)
async def test_bulk(serve: Serve, requests: list[Any], outer: dict[str, Any], expected: dict[str, Any]) -> None:
    """JSON with the counts, for who has a token also which were invalid; what was left out as tracked."""
    world = await start(serve)
    answer = await post(world, json.dumps({"requests": requests, **outer}))
    assert (answer.status, answer.headers["content-type"], json.loads(answer.body)) == (200, JSON, expected)
    assert TOKEN not in repr(world.hits)
    assert "192.0.2.1" not in repr([hit.query for hit in world.hits])


async def test_bulk_without_an_answer(serve: Serve) -> None:
    """`send_image` of the JSON, not of an entry."""
    world = await start(serve)
    answer = await post(world, json.dumps({"requests": [f"?{HIT}", "?idsite=9"], "send_image": 0}))
    assert (answer.status, answer.body, len(world.log.records)) == (204, b"", 1)


@pytest.mark.parametrize(
    "body", ['{"requests":[', "{'requests':['?idsite=1&rec=1']}", '{"requests":["' + f'?{HIT}","' * 2_001 + '"]}']
)
async def test_bulk_that_cannot_be_taken(serve: Serve, body: str) -> None:
    """400, in the shape that clients read; nothing is stored."""
    world = await start(serve)
    answer = await post(world, body)
    found = json.loads(answer.body)
    assert (answer.status, found["status"], found["tracked"], found["invalid"]) == (400, "error", 0, 0)
    assert found["message"].endswith("nothing was accepted")
    assert world.log.records == []


async def test_bulk_over_the_limit_of_bytes(serve: Serve) -> None:
    """413, and the limit is told."""
    world = await start(serve, max_body=1_000)
    answer = await post(world, json.dumps({"requests": [f"?{HIT}&url={'x' * 1_000}"]}))
    assert (answer.status, answer.body) == (413, b"The body is larger than 1,000 bytes.\n")


async def test_preflight(serve: Serve) -> None:
    """204, and whatever header is asked for is allowed."""
    world = await start(serve)
    asked = {**PAGE, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = await world.send(request("/matomo.php", method="OPTIONS", headers=asked))
    assert (answer.status, answer.headers["access-control-allow-methods"]) == (204, "GET, POST")
    assert answer.headers["access-control-allow-headers"] == "*, content-type"
    assert answer.headers["access-control-allow-origin"] == PAGE["Origin"]


@pytest.mark.parametrize("body", [HIT, "idsite=0&rec=1", json.dumps({"requests": BULK})])
async def test_cross_origin(serve: Serve, body: str) -> None:
    """The page may read the answer to its POST, also to one that was refused, with its cookies."""
    world = await start(serve)
    headers = (await post(world, body, headers=PAGE)).headers
    assert (headers["access-control-allow-origin"], headers["access-control-allow-credentials"]) == (
        PAGE["Origin"],
        "true",
    )
    assert (await post(world, body)).headers["access-control-allow-origin"] == "*"


async def test_a_clock_ahead_or_far_behind_is_ignored(serve: Serve) -> None:
    """Neither is an error, with or without a token; the time of receipt stands, and why is kept."""
    world = await start(serve)
    for said in (NOW + 3_600, NOW - 21 * 365 * 86_400, "nonsense"):
        assert (await get(world, f"{HIT}&cdt={said}")).status == 200
    assert [hit.event_time for hit in world.hits] == [None] * 3
    assert [hit.event_time_refused for hit in world.hits] == ["future", "too_old", "unreadable"]


@pytest.mark.parametrize("path", ["/matomo.php", "/blog/piwik.php", "/js/", "/a/js/", "/js/tracker.php", "/stats/m"])
async def test_paths(serve: Serve, path: str) -> None:
    """The protocol's own and those of the settings, alone and behind another path."""
    world = await start(serve, paths={"matomo": ["/js/", "/js/tracker.php", "/stats/m"]})
    assert (await world.send(request(f"{path}?{HIT}"))).body == GIF
    assert world.hits[0].path == path
