"""The protocol of matomo.js and of everything that speaks Matomo's Tracking HTTP API."""

from collections.abc import Iterator

from tracker.columns.parameters import Hits
from tracker.config import Properties
from tracker.model import Aside, Hit, RawRequest, Rejected, Reply, Result
from tracker.protocols.base import TrackingProtocol
from tracker.protocols.cors import preflight_headers
from tracker.protocols.matomo import (
    actions,
    activity,
    bots,
    campaigns,
    columns,
    commerce,
    content,
    crash,
    custom,
    hints,
    items,
    media,
    performance,
    place,
    products,
    search,
    sessions,
    tag,
    visitor,
    visits,
)
from tracker.protocols.matomo.auth import MatomoSettings, is_known
from tracker.protocols.matomo.bulk import is_bulk, is_silent, query_of, read_bulk
from tracker.protocols.matomo.entry import NAME, hit_of, on_its_page
from tracker.protocols.matomo.parameters import MatomoParameters
from tracker.protocols.matomo.reply import TRUSTED, reply
from tracker.protocols.matomo.sent import Sent


class MatomoProtocol(TrackingProtocol[MatomoSettings]):
    """Matomo hits: parameters in the query, in a form body, or in both (the query wins), or many in a JSON body."""

    name = NAME
    family = NAME
    paths = ("/matomo.php", "/piwik.php")
    columns = (
        columns, visitor, place, bots, hints, actions, search, content, media, crash, performance, tag, commerce, items,
        products, custom, visits, campaigns, activity, sessions,
    )  # fmt: skip
    boundaries = visits.SWITCHES
    Settings = MatomoSettings

    def hits(self, request: RawRequest, properties: Properties[MatomoSettings]) -> Iterator[Hit | Rejected | Aside]:
        """One `Hit` or `Rejected` per tracking request; a bad entry of a bulk request rejects only itself.

        An `Aside` where the sender of a bulk request may know which of its entries are bad.
        """
        if is_bulk(request.body):
            yield from _bulk_hits(request, properties)
            return
        sent = Sent.of(request.query, request.body.strip())
        if sent.query.strip(b"&") or sent.body.strip(b"&") or sent.values:
            yield hit_of(on_its_page(sent, request), request, properties)

    def parameters(self, hits: Hits) -> MatomoParameters:
        """Form body and query together; the query wins."""
        return MatomoParameters.of(hits.body_array, hits.query_array)

    def reply(self, request: RawRequest, result: Result) -> Reply:
        """An image, nothing, or JSON, as Matomo answers."""
        return reply(request, result)

    def preflight(self, request: RawRequest) -> Reply:
        """Allow any header: senders of JSON name theirs."""
        return Reply(204, headers=preflight_headers(request, self.methods))


def _bulk_hits(request: RawRequest, properties: Properties[MatomoSettings]) -> Iterator[Hit | Rejected | Aside]:
    bulk = read_bulk(request.body)
    if bulk is None:
        yield Rejected("unreadable_bulk", "the body is no JSON object with a list of requests")
        return
    most = properties.default.bulk_max_entries
    if len(bulk.entries) > most:
        yield Rejected("too_many_entries", f"a bulk request may hold {most:,} entries (bulk_max_entries)")
        return
    if is_known(bulk.token, properties):
        yield Aside(TRUSTED)
    for index, entry in enumerate(bulk.entries):
        query = query_of(entry)
        if query is None:
            yield Rejected("unreadable_entry", "an entry is neither text nor an object", index=index)
        elif not is_silent(entry):
            yield hit_of(Sent.of(query), request, properties, bulk.token, index, in_bulk=True)
