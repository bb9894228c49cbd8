"""What is left out of Matomo requests at receipt."""

from typing import Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr, ValidationError

from tracker.config import Properties
from tracker.model import Hit, Rejected
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import make_request

TOKEN = "t" * 32
OWN: dict[str, Any] = {
    "respect_do_not_track": True,
    "excluded_addresses": ("203.0.113.0/24", "2001:db8::/32"),
    "excluded_user_agents": ("Acme Monitor", "healthcheck"),
    "tokens": (SecretStr(TOKEN),),
}


def reason(query: str = "", address: str = "198.51.100.1", settings: Any = None, **headers: str) -> Any:
    """Why a request is left out; None where it is a hit."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = make_request(f"/matomo.php?idsite=1&rec=1&{query}", headers=sent, address=address)
    properties = Properties({}, MatomoSettings(**(OWN if settings is None else settings)))
    (piece,) = MatomoProtocol().hits(request, properties)
    assert isinstance(piece, Hit) or (isinstance(piece, Rejected) and piece.excluded)
    return piece.reason if isinstance(piece, Rejected) else None


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("https://shop.example/a", None),
        ("https://WWW.Shop.example:8443/a", None),
        ("https://blog.example/", None),
        ("https://a.shop.example/", "unknown_host"),
        ("https://shop.example.evil.example/", "unknown_host"),
        ("nonsense", "unknown_host"),
        ("", "unknown_host"),
    ],
)
def test_by_page(page: str, expected: str | None) -> None:
    """Where the property says so, pages that are not its own; also where only the Referer names the page."""
    own = {"domains": ("shop.example", "www.blog.example"), "exclude_unknown_hosts": True}
    assert reason(f"url={quote(page, safe='')}", settings=own) == expected
    assert reason(settings=own, referer=page) == expected
    assert reason(f"url={quote(page, safe='')}", settings={}) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_purpose": "preview"}, "prefetch"),
        ({"x_purpose": "Instant"}, "prefetch"),
        ({"x_purpose": "other"}, None),
        ({"x_moz": "prefetch"}, "prefetch"),
        ({"purpose": "prefetch"}, "prefetch"),
        ({"sec_purpose": "prefetch"}, "prefetch"),
        ({"sec_purpose": "prefetch;prerender"}, "prefetch"),
        ({"sec_purpose": "other"}, None),
        ({"cookie": "a=1; matomo_ignore=ignore%3D%2A"}, "ignore_cookie"),
        ({"cookie": "piwik_ignore=*"}, "ignore_cookie"),
        ({"cookie": "matomo_ignore=; not_matomo_ignore=1"}, None),
        ({"dnt": "1"}, "do_not_track"),
        ({"x_do_not_track": "1"}, "do_not_track"),
        ({"dnt": "0"}, None),
        ({"user_agent": "Mozilla/5.0 ACME monitor/2"}, "excluded_user_agent"),
        ({"user_agent": "Mozilla/5.0"}, None),
        ({}, None),
    ],
)
def test_by_header(headers: dict[str, str], expected: str | None) -> None:
    """Pages fetched ahead, people who want to be left out, and browsers that the property leaves out."""
    assert reason(**headers) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "excluded_address"),
        ("203.0.114.9", None),
        ("2001:db8::9", "excluded_address"),
        ("2001:db9::9", None),
        ("", None),
    ],
)
def test_by_address(address: str, expected: str | None) -> None:
    """Networks of both families."""
    assert reason(address=address) == expected


def test_overrides_count() -> None:
    """A hit is judged by the visitor's address and browser, not by those of the server that sends it."""
    assert reason(f"token_auth={TOKEN}&cip=203.0.113.9") == "excluded_address"
    assert reason(f"token_auth={TOKEN}&cip=198.51.100.9", address="203.0.113.9") is None
    assert reason("ua=HealthCheck", user_agent="server") == "excluded_user_agent"
    assert reason("ua=Mozilla", user_agent="healthcheck") is None


def test_by_mode() -> None:
    """`recMode=1` is for reports about bots."""
    assert [reason(f"recMode={mode}") for mode in ("0", "1", "2", "")] == [None, "bot_only", None, None]


def test_nothing_of_it_without_settings() -> None:
    """A property without settings respects no wish and excludes nobody."""
    assert reason(address="203.0.113.9", settings={}, dnt="1", user_agent="healthcheck") is None


def test_a_fault_is_told_first() -> None:
    """Who sends a request that cannot be right is told so, left out or not."""
    request = make_request("/matomo.php?idsite=1&rec=0&cid=short", headers={"purpose": "prefetch"})
    (piece,) = MatomoProtocol().hits(request, Properties({}, MatomoSettings()))
    assert isinstance(piece, Rejected)
    assert (piece.reason, piece.excluded) == ("bad_client", False)


def test_entries_of_a_bulk_request_too() -> None:
    """What the HTTP request says holds for each of them."""
    body = '{"requests":["?idsite=1&rec=1","?idsite=1&rec=1"]}'
    pieces = MatomoProtocol().hits(
        make_request("/matomo.php", body, headers={"x-moz": "prefetch"}), Properties({}, MatomoSettings())
    )
    assert [(piece.reason, piece.index) for piece in pieces if isinstance(piece, Rejected)] == [
        ("prefetch", 0),
        ("prefetch", 1),
    ]


def test_networks_are_checked() -> None:
    """A text that is no network is a mistake in the settings; host bits are forgiven."""
    assert MatomoSettings(excluded_addresses=("192.0.2.7/24", "::1")).excluded_addresses == ("192.0.2.0/24", "::1/128")
    with pytest.raises(ValidationError, match=r"'192\.0\.2\.\*' does not appear .* write for example 192\.0\.2\.0/24"):
        MatomoSettings(excluded_addresses=("192.0.2.*",))
