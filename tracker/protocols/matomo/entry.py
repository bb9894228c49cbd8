"""From one tracking request, single or out of a bulk request, to a hit or to why there is none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote

from tracker.config import Properties
from tracker.model import Hit, RawRequest, Rejected
from tracker.protocols.matomo.auth import MatomoSettings, is_authorised
from tracker.protocols.matomo.event_time import event_time
from tracker.protocols.matomo.identity import device, user
from tracker.protocols.matomo.sent import PLACE, TIMINGS, Sent

NAME: Final = "matomo"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a tracking request is refused: `Rejected.reason` and `Rejected.detail`."""

    reason: str
    detail: str


def hit_of(
    sent: Sent, request: RawRequest, properties: Properties[MatomoSettings], token: str = "", index: int = 0
) -> Hit | Rejected:
    """The hit of one tracking request. `token` is that of the bulk request around it, which goes before its own."""
    site = sent.integer("idsite")
    if site is None or site <= 0:
        return Rejected("no_property", "idsite is missing or no positive integer", index=index)
    property_id = str(site)
    settings = properties.of(property_id)
    if settings is None:
        return Rejected("unknown_property", "no such idsite", property_id, index=index)
    is_trusted = is_authorised(token or sent.text("token_auth"), settings)
    for check in _CHECKS:
        refusal = check(sent, request, is_trusted)
        if refusal is not None:
            return Rejected(refusal.reason, refusal.detail, property_id, index=index)
    if not sent.integer("rec"):
        return Rejected("no_rec", "rec is missing or 0", property_id, index=index, excluded=True)
    return _hit(sent, _as_overridden(sent, request), settings, property_id)


def _hit(sent: Sent, request: RawRequest, settings: MatomoSettings, property_id: str) -> Hit:
    user_id = user(sent)
    client_id, is_cookieless = device(sent, request, property_id, user_id)
    when = event_time(sent, request.received_at)
    return request.hit(
        settings,
        property_id=property_id,
        client_id=client_id,
        protocol=NAME,
        family=NAME,
        user_id=user_id,
        event_time=when.time,
        event_time_refused=when.refused,
        is_cookieless=is_cookieless,
        query=sent.query + _page_of_image(sent, request),
        body=sent.body,
    )


def _as_overridden(sent: Sent, request: RawRequest) -> RawRequest:
    """The request as if the visitor had sent it: `cip`, `ua` and `lang` take the place of the sender's own."""
    if not sent.has("cip", "ua", "lang"):
        return request
    said = {"user-agent": sent.text("ua"), "accept-language": sent.text("lang")}
    said = {name: value for name, value in said.items() if value}
    return replace(
        request,
        address=_address(sent.text("cip")) or request.address,
        headers={**request.headers, **said},
        kept_headers={**request.kept_headers, **said},
    )


def _address(said: str) -> str | None:
    try:
        return str(ip_address(said))
    except ValueError:
        return None


def _page_of_image(sent: Sent, request: RawRequest) -> bytes:
    """What the query of an image in a page without scripts lacks: the page, which only the Referer names."""
    page = request.headers.get("referer")
    if not page or sent.has("url", "urlref"):
        return b""
    return b"&url=" + quote(page, safe="", errors="replace").encode()


def _address_and_place(sent: Sent, _: RawRequest, is_trusted: bool) -> Refusal | None:
    if not is_trusted and sent.has("cip", *PLACE):
        return Refusal("unauthorised", "cip, country, region, city, lat and long need a valid token_auth")
    return None


def _past(sent: Sent, request: RawRequest, is_trusted: bool) -> Refusal | None:
    if not is_trusted and event_time(sent, request.received_at).needs_token:
        return Refusal("unauthorised", "a time a day ago or more needs a valid token_auth")
    return None


def _forced_id(sent: Sent, _: RawRequest, __: bool) -> Refusal | None:
    if sent.has("cid") and len(sent.text("cid")) != 16:
        return Refusal("bad_client", "cid must have 16 characters")
    return None


def _timings(sent: Sent, _: RawRequest, __: bool) -> Refusal | None:
    if any((sent.integer(name) or 0) < -1 for name in TIMINGS if sent.has(name)):
        return Refusal("bad_timing", "a pf_ timing is negative")
    return None


def _event(sent: Sent, _: RawRequest, __: bool) -> Refusal | None:
    if sent.has("e_c") and sent.has("e_a") and not (sent.text("e_c").strip() and sent.text("e_a").strip()):
        return Refusal("blank_event", "e_c and e_a must not be blank")
    return None


_CHECKS: Final[tuple[Callable[[Sent, RawRequest, bool], Refusal | None], ...]] = (
    _address_and_place,
    _past,
    _forced_id,
    _timings,
    _event,
)
