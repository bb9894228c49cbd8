"""From one tracking request, single or out of a bulk request, to a hit or to why there is none."""

from dataclasses import replace
from hashlib import blake2b
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote

from tracker.config import Properties
from tracker.model import Hit, RawRequest, Rejected
from tracker.protocols.matomo.auth import MatomoSettings, is_authorised
from tracker.protocols.matomo.event_time import EventTime, event_time
from tracker.protocols.matomo.exclusion import exclusion
from tracker.protocols.matomo.identity import device, user
from tracker.protocols.matomo.sent import PLACE, TIMINGS, Sent

NAME: Final = "matomo"
UNAUTHORISED_BULK: Final = "unauthorised_bulk"
"""The reason of an entry whose property takes bulk requests only with a token."""
_OVERRIDES: Final = frozenset({b"cip", b"ua", b"lang"})
_PAGE: Final = frozenset({b"url", b"urlref"})


def hit_of(
    sent: Sent,
    request: RawRequest,
    properties: Properties[MatomoSettings],
    token: str = "",
    index: int = 0,
    *,
    in_bulk: bool = False,
) -> Hit | Rejected:
    """The hit of one tracking request. `token` is that of the bulk request around it, which goes before its own."""
    site = sent.integer(b"idsite")
    if site is None or site <= 0:
        return Rejected("no_property", "idsite is missing or no positive integer", index=index)
    property_id = str(site)
    settings = properties.of(property_id)
    if settings is None:
        return Rejected("unknown_property", "no such idsite", property_id, index=index)
    is_trusted = is_authorised(token or sent.text(b"token_auth"), settings)
    if in_bulk and settings.bulk_requests_require_authentication and not is_trusted:
        return Rejected(UNAUTHORISED_BULK, "a bulk request needs a valid token_auth", property_id, index=index)
    when = event_time(sent, request.received_at)
    refusal = _refusal(sent, when, settings, is_trusted)
    if refusal is not None:
        return Rejected(*refusal, property_id, index=index)
    overridden = _as_overridden(sent, request)
    left_out = exclusion(sent, overridden, settings)
    if left_out is not None:
        return Rejected(*left_out, property_id, index=index, excluded=True)
    return _hit(sent, overridden, settings, property_id, when)


def on_its_page(sent: Sent, request: RawRequest) -> Sent:
    """With what the query of an image in a page without scripts lacks: the page, which only the Referer names.

    Entries of a bulk request are no images: a Referer copied into each would make a small request huge.
    """
    page = request.headers.get("referer")
    if not page or not _PAGE.isdisjoint(sent.values):
        return sent
    url = quote(page, safe="", errors="replace").encode()
    return replace(sent, query=sent.query + b"&url=" + url, values={**sent.values, b"url": url})


def _hit(sent: Sent, request: RawRequest, settings: MatomoSettings, property_id: str, when: EventTime) -> Hit:
    user_id = user(sent)
    client_id, is_cookieless = device(sent, request, property_id, user_id)
    return request.hit(
        settings,
        property_id=property_id,
        client_id=client_id,
        protocol=NAME,
        family=NAME,
        user_id=user_id,
        event_time=when.time,
        event_time_refused=when.refused,
        event_key=_order_key(sent),
        is_cookieless=is_cookieless,
        query=sent.query,
        body=sent.body,
    )


def _order_key(sent: Sent) -> bytes | None:
    """The same for an order that is sent again, as when its page is loaded again: an `ec_id` counts once."""
    order = sent.text(b"ec_id")
    return blake2b(order.encode(), digest_size=16).digest() if order and sent.integer(b"idgoal") == 0 else None


def _as_overridden(sent: Sent, request: RawRequest) -> RawRequest:
    """The request as if the visitor had sent it: `cip`, `ua` and `lang` take the place of the sender's own."""
    if _OVERRIDES.isdisjoint(sent.values):
        return request
    said = {"user-agent": sent.text(b"ua"), "accept-language": sent.text(b"lang")}
    said = {name: value for name, value in said.items() if value}
    return replace(
        request,
        address=_address(sent.text(b"cip")) or request.address,
        headers={**request.headers, **said},
        kept_headers={**request.kept_headers, **said},
    )


def _address(said: str) -> str | None:
    try:
        return str(ip_address(said))
    except ValueError:
        return None


def _refusal(sent: Sent, when: EventTime, settings: MatomoSettings, is_trusted: bool) -> tuple[str, str] | None:
    """Reason and detail where the sender did something wrong."""
    values = sent.values
    if not is_trusted and not PLACE.isdisjoint(values):
        return "unauthorised", "cip, country, region, city, lat and long need a valid token_auth"
    if not is_trusted and when.needs_token:
        return "unauthorised", "a time a day ago or more needs a valid token_auth"
    if b"cid" in values and len(sent.text(b"cid")) != 16:
        return "bad_client", "cid must have 16 characters"
    if not TIMINGS.isdisjoint(values) and _has_negative_timing(sent):
        return "bad_timing", "a pf_ timing is negative"
    if b"e_c" in values and b"e_a" in values and not (sent.text(b"e_c").strip() and sent.text(b"e_a").strip()):
        return "blank_event", "e_c and e_a must not be blank"
    if settings.goals and (goal := sent.integer(b"idgoal") or 0) > 0 and goal not in settings.goals:
        return "unknown_goal", "no such idgoal"
    return None


def _has_negative_timing(sent: Sent) -> bool:
    """-1 stands for "unknown" and is no fault."""
    suspects = [name for name in TIMINGS & sent.values.keys() if sent.values[name][:1] in b"-%"]
    return any((sent.integer(name) or 0) < -1 for name in suspects)
