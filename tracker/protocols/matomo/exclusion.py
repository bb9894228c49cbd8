"""What is left out at receipt although its sender did nothing wrong: counted by reason, answered like a stored hit."""

import re
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from tracker.model import RawRequest
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.protocols.matomo.hosts import is_own
from tracker.protocols.matomo.sent import Sent

DO_NOT_TRACK = "do_not_track"
"""The reason of what its visitor does not want recorded: such requests are answered with a header of their own."""

_IGNORE = re.compile(r"(?:^|;)\s*(?:matomo|piwik)_ignore=[^;\s]")
"""A cookie that people set to keep their own visits out of the reports."""


def exclusion(sent: Sent, request: RawRequest, settings: MatomoSettings) -> tuple[str, str] | None:
    """Reason and detail where the hit is to be left out. `request` is as the visitor sent it: with overrides."""
    headers = request.headers
    if not sent.integer(b"rec"):
        return "no_rec", "rec is missing or 0"
    if sent.integer(b"recMode") == 1:
        return "bot_only", "recMode is 1: recorded only where bots are reported on"
    if _is_prefetch(request):
        return "prefetch", "the page was fetched ahead, and perhaps never seen"
    if "_ignore=" in headers.get("cookie", "") and _IGNORE.search(headers["cookie"]):
        return "ignore_cookie", "the browser has the cookie of those who keep their own visits out"
    if settings.respect_do_not_track and "1" in (headers.get("dnt"), headers.get("x-do-not-track")):
        return DO_NOT_TRACK, "the browser asks not to be tracked"
    if settings.excluded_addresses and _is_excluded_address(request.address, settings):
        return "excluded_address", "the property leaves this address out"
    agent = headers.get("user-agent", "").lower()
    if any(part and part.lower() in agent for part in settings.excluded_user_agents):
        return "excluded_user_agent", "the property leaves this browser out"
    if settings.exclude_unknown_hosts and not is_own(sent.text(b"url"), settings.domains):
        return "unknown_host", "the page is on none of the property's domains"
    return None


def _is_prefetch(request: RawRequest) -> bool:
    """True for what browsers send before a page is opened, if it ever is."""
    headers = request.headers
    if "x-purpose" in headers and headers["x-purpose"].lower() in ("preview", "instant"):
        return True
    said = (headers.get("x-moz"), headers.get("purpose"), headers.get("sec-purpose"))
    return any(value is not None and value.lower().partition(";")[0].strip() == "prefetch" for value in said)


def _is_excluded_address(text: str, settings: MatomoSettings) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in _networks(settings.excluded_addresses))


@lru_cache
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)
