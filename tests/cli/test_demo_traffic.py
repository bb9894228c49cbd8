"""The demo's visitors are made up, but they speak as real tags do."""

import datetime as dt
import json
import tomllib
from urllib.parse import parse_qs, urlsplit

from tracker.cli.demo_traffic import DAYS, SITES, TOKEN, Request, properties_toml, visits

NOW = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)
REQUESTS = [request for visitor in visits(200, NOW) for request in visitor]


def imports() -> list[Request]:
    return [request for request in REQUESTS if request.body.startswith("{")]


def days_back(entry: str) -> int:
    (written,) = parse_qs(entry[1:])["cdt"]
    return (NOW.date() - dt.date.fromisoformat(written[:10])).days


def test_the_same_seed_gives_the_same_requests() -> None:
    """Two demos can be compared."""
    assert [request for visitor in visits(200, NOW) for request in visitor] == REQUESTS


def test_another_seed_gives_others() -> None:
    """They are made up, not a recording."""
    assert list(visits(200, NOW, seed=2)) != list(visits(200, NOW))


def test_every_way_of_sending_is_there() -> None:
    """GA4 single and batched, Matomo by GET and in bulk."""
    ways = {(request.method, urlsplit(request.path).path, bool(request.body)) for request in REQUESTS}
    assert ways == {
        ("POST", "/g/collect", False),
        ("POST", "/g/collect", True),
        ("GET", "/matomo.php", False),
        ("POST", "/matomo.php", True),
    }


def test_hits_are_counted_as_they_are_sent() -> None:
    """A batch has a line for each event, an import an entry for each."""
    batches = [request for request in REQUESTS if "\r\n" in request.body]
    assert [request.hits for request in batches + imports()] == [
        *(len(request.body.split("\r\n")) for request in batches),
        *(len(json.loads(request.body)["requests"]) for request in imports()),
    ]


def test_imports_go_back_some_days() -> None:
    """So that a report by day has more than one."""
    days = {days_back(entry) for request in imports() for entry in json.loads(request.body)["requests"]}
    assert days <= set(range(DAYS + 2)) and len(days) > 4  # noqa: PT018 - a span


def test_imports_may_go_back() -> None:
    """With the token that the demo's settings name."""
    sections = tomllib.loads(properties_toml())["properties"]
    assert {json.loads(request.body)["token_auth"] for request in imports()} == {TOKEN} == set(sections["1"]["tokens"])


def test_every_site_has_a_section() -> None:
    """Strangers are refused in the demo."""
    assert list(tomllib.loads(properties_toml())["properties"]) == [site.id for site in SITES]


def test_there_is_something_to_report() -> None:
    """Purchases, campaigns, referrers and robots occur."""
    sent = "".join(request.path + request.body + str(dict(request.headers)) for request in REQUESTS)
    assert [word in sent for word in ("en=purchase", "ec_id=", "gclid", "duckduckgo", "Googlebot")] == [True] * 5
