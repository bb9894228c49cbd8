"""Acme's tag: `GET /acme/collect?site=shop&visitor=v1&event=buy&page=https://shop.example/cart&total=12.50`."""

from collections.abc import Iterator, Sequence

from tracker.columns import Bool, Float64, String, event, ops, param
from tracker.columns.core import commerce, identity, url
from tracker.columns.parameters import Hits
from tracker.config import Properties, PropertySettings
from tracker.hookspecs import hookimpl
from tracker.model import Hit, RawRequest, Rejected, Reply, Result
from tracker.protocols.base import TrackingProtocol
from tracker.protocols.cors import cors
from tracker.protocols.querystring import QueryParameters
from tracker.protocols.receipt import bounded, is_junk, plain, reader, text
from tracker.protocols.secrets import cut

SECRETS = frozenset({b"key"})
_read = reader(b"site", b"visitor", b"user", b"event", b"key")


class AcmeSettings(PropertySettings):
    """What Acme adds to `[properties.ID]`."""

    acme_token: str = ""
    """The `key` that every request of this property must carry; empty: none is asked for."""


class Acme(TrackingProtocol[AcmeSettings]):
    """One event a request, all of it in the query."""

    name = "acme"
    family = "acme"
    paths = ("/acme/collect",)
    methods = ("GET",)
    Settings = AcmeSettings

    def hits(self, request: RawRequest, properties: Properties[AcmeSettings]) -> Iterator[Hit | Rejected]:
        """One `Hit`, or the reason why not."""
        query = plain(request.query)
        sent = _read(query)
        site, visitor = text(sent.get(b"site", b"")), text(sent.get(b"visitor", b""))
        settings = properties.of(site)
        if not site:
            yield Rejected("no_property", "site is missing")
        elif settings is None:
            yield Rejected("unknown_property", property_id=site, excluded=True)
        elif settings.acme_token and text(sent.get(b"key", b"")) != settings.acme_token:
            yield Rejected("wrong_key", "key is not the one of this site", site)
        elif is_junk(visitor):
            yield Rejected("no_client", "visitor is missing", site)
        elif not sent.get(b"event"):
            yield Rejected("no_event", "event is missing", site, visitor)
        else:
            yield request.hit(
                settings,
                property_id=site,
                client_id=bounded(visitor, 256),
                user_id=text(sent.get(b"user", b""))[:256] or None,
                protocol=self.name,
                family=self.family,
                query=cut(query, SECRETS),
            )

    def parameters(self, hits: Hits) -> QueryParameters:
        """The queries of a whole batch, one array a key."""
        return QueryParameters.of(hits.query_array)

    def reply(self, request: RawRequest, result: Result) -> Reply:
        """204, or 400 with the reason where nothing was stored and the sender could have known."""
        wrong = [rejected for rejected in result.rejected if not rejected.excluded]
        if result.problem or (wrong and not result.accepted):
            return Reply(400, "; ".join(rejected.detail for rejected in wrong).encode(), cors(request))
        return Reply(204, headers=cors(request))


acme_name = param("event", type=String, protocol="acme", implements=identity.name, doc="What happened.")
acme_page = param("page", type=String, protocol="acme", implements=url.page_url, doc="URL of the page.")
acme_total = param("total", type=Float64, protocol="acme", implements=commerce.order_value, doc="Total of the order.")
acme_coupon = param("coupon", type=String, protocol="acme", stored=True, doc="Coupon that was used.")


@event(protocol="acme", implements=commerce.is_purchase)
def acme_is_purchase(name: String) -> Bool:
    """True for `buy`, as Acme calls it."""
    return ops.equal(name, "buy")


@hookimpl
def tracker_protocols() -> Sequence[Acme]:
    """The protocol of `/acme/collect`."""
    return [Acme()]
