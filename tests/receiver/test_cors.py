"""Every answer of `/g/collect` over real HTTP: its status, and headers with which a page that sends credentials may
read it.
"""

import pytest

from tests.receiver.world import MemoryLog, Serve, request
from tracker.config import Properties
from tracker.errors import Retry
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings

ORIGIN = {"Origin": "https://shop.example"}
TEXT = {**ORIGIN, "Content-Type": "text/plain;charset=UTF-8"}
SHARED = "/g/collect?v=2&tid=G-1&cid=1.1&_p=7&_s=1"
EVENT = f"{SHARED}&en=page_view"
LINES = b"en=a\r\nen=b"
ASKED = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
SMALL = {"max_url": 1_000, "max_headers": 2_000, "max_body": 5_000, "max_parameters": 50}

ANSWERS = {
    "GET": (request(EVENT, headers=ORIGIN), 204, 1),
    "GET, streamed reply asked for": (request(f"{EVENT}&richsstsse", headers=ORIGIN), 204, 1),
    "GET, with a path before": (request(f"/metrics{EVENT}", headers=ORIGIN), 204, 1),
    "POST, empty": (request(EVENT, method="POST", body=b"", headers=ORIGIN), 204, 1),
    "POST, empty, of no length": (request(EVENT, method="POST", headers={**ORIGIN, "Content-Length": "0"}), 204, 1),
    "POST, text": (request(SHARED, method="POST", body=LINES, headers=TEXT), 204, 2),
    "POST, no type": (request(SHARED, method="POST", body=LINES, headers=ORIGIN), 204, 2),
    "POST, json": (request(SHARED, method="POST", body=LINES, headers={**ORIGIN, "Content-Type": "text/json"}), 204, 2),
    "POST, form": (
        request(
            SHARED, method="POST", body=LINES, headers={**ORIGIN, "Content-Type": "application/x-www-form-urlencoded"}
        ),
        204,
        2,
    ),
    "POST, one bad line": (request(SHARED, method="POST", body=b"en=a\r\nep.x=1", headers=TEXT), 204, 1),
    "POST, bad lines only": (request(SHARED, method="POST", body=b"ep.x=1\r\nep.y=1", headers=TEXT), 204, 0),
    "no tid": (request("/g/collect?v=2&cid=1.1&en=x", headers=ORIGIN), 400, 0),
    "no client": (request("/g/collect?v=2&tid=G-1&en=x", headers=ORIGIN), 204, 0),
    "no event": (request(SHARED, headers=ORIGIN), 204, 0),
    "another version": (request(f"{EVENT}&v=1", headers=ORIGIN), 204, 0),
    "nothing": (request("/g/collect", headers=ORIGIN), 400, 0),
    "a wrong method": (request(EVENT, method="PUT", headers=ORIGIN), 405, 0),
    "another wrong method": (request(EVENT, method="DELETE", headers=ORIGIN), 405, 0),
    "a wrong path": (request("/g/collected?v=2", headers=ORIGIN), 404, 0),
    "a long URL": (request(f"{EVENT}&dl={'a' * 1_100}", headers=ORIGIN), 414, 0),
    "a long header": (request(EVENT, headers={**ORIGIN, "X": "a" * 2_100}), 431, 0),
    "a large body": (request(SHARED, method="POST", body=b"a" * 5_001, headers=TEXT), 413, 0),
    "many parameters": (request(f"{EVENT}{'&a=1' * 50}", headers=ORIGIN), 400, 0),
    "many parameters of a line": (
        request(SHARED, method="POST", body=b"en=a" + b"&a=1" * 50, headers=TEXT), 400, 0
    ),
    "a broken coding": (
        request(SHARED, method="POST", body=b"no gzip", headers={**TEXT, "Content-Encoding": "gzip"}), 400, 0
    ),
    "an unknown coding": (
        request(SHARED, method="POST", body=b"x", headers={**TEXT, "Content-Encoding": "compress"}), 415, 0
    ),
    "preflight": (request("/g/collect", method="OPTIONS", headers=ASKED), 204, 0),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
async def test_answers(serve: Serve, case: str) -> None:
    """Hits are answered 204 and faults by name; all name the page's origin, none is a wildcard, and none is cached."""
    data, status, hits = ANSWERS[case]
    world = await serve(protocols=[GA4Protocol()], **SMALL)
    answer = await world.send(data)
    assert (answer.status, len(world.hits)) == (status, hits)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["vary"] == "Origin"
    assert bool(answer.body) == (status != 204)
    if case != "preflight":
        assert "no-store" in answer.headers["cache-control"]


@pytest.mark.parametrize("case", ["GET", "no tid", "a wrong method", "a large body"])
async def test_answers_without_an_origin(serve: Serve, case: str) -> None:
    """A wildcard, and then no credentials."""
    data, status, _ = ANSWERS[case]
    world = await serve(protocols=[GA4Protocol()], **SMALL)
    answer = await world.send(data.replace(b"Origin: https://shop.example\r\n", b""))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, "*")
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["null", "https://shop.example:8443", "chrome-extension://abc"])
async def test_every_origin_is_named(serve: Serve, origin: str) -> None:
    """Also that of a sandboxed frame, and one with a port."""
    world = await serve(protocols=[GA4Protocol()])
    answer = await world.send(request(EVENT, headers={"Origin": origin}))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, origin)


@pytest.mark.parametrize("protocol", [GA4Protocol(), MatomoProtocol()], ids=["ga4", "matomo"])
@pytest.mark.parametrize(("error", "status"), [(Retry("full"), 503), (RuntimeError("broken"), 500)])
async def test_a_log_that_fails(
    serve: Serve, protocol: GA4Protocol | MatomoProtocol, error: Exception, status: int
) -> None:
    """What cannot be stored is refused with the headers too, so that a page sees the status and not a network error."""
    log = MemoryLog(error=error)
    world = await serve(protocols=[protocol], log=log, properties=Properties({}, MatomoSettings()))
    target = EVENT if protocol.family == "ga4" else "/matomo.php?idsite=1&rec=1"
    answer = await world.send(request(target, headers=ORIGIN))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, "https://shop.example")
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_preflight_allows_what_custom_senders_do(serve: Serve) -> None:
    """Methods, and the headers they name; nothing is stored."""
    world = await serve(protocols=[GA4Protocol()])
    answer = await world.send(ANSWERS["preflight"][0])
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert "content-type" in answer.headers["access-control-allow-headers"]
    assert world.hits == []


async def test_headers_of_google(serve: Serve) -> None:
    """A stored hit is answered with the headers that Google's own collector sends."""
    world = await serve(protocols=[GA4Protocol()])
    headers = (await world.send(request(EVENT, headers=ORIGIN))).headers
    assert headers["content-type"] == "text/plain"
    assert headers["cache-control"] == "no-cache, no-store, must-revalidate"
    assert headers["pragma"] == "no-cache"
    assert headers["expires"] == "Fri, 01 Jan 1990 00:00:00 GMT"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
