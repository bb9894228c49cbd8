"""The Measurement Protocol of GA4 (`/mp/collect`), and the address that only checks (`/debug/mp/collect`)."""

from collections.abc import Iterator

import orjson

from tracker.columns.parameters import Hits
from tracker.config import Properties
from tracker.model import Hit, RawRequest, Rejected, Reply, Result
from tracker.protocols.base import TrackingProtocol
from tracker.protocols.ga4.mp import columns
from tracker.protocols.ga4.mp.auth import MeasurementSettings, is_authorised
from tracker.protocols.ga4.mp.body import read_body
from tracker.protocols.ga4.mp.entry import FAMILY, NAME, Sender
from tracker.protocols.ga4.mp.flatten import parameters_of
from tracker.protocols.ga4.mp.parameters import RowParameters
from tracker.protocols.ga4.mp.reply import DEBUG_PATH, is_debug, reply
from tracker.protocols.ga4.mp.reserved import MAX_EVENTS
from tracker.protocols.ga4.mp.stream import Stream
from tracker.protocols.ga4.protocol import MAX_PROPERTY_ID
from tracker.protocols.ga4.reply import preflight_reply


class MeasurementProtocol(TrackingProtocol[MeasurementSettings]):
    """Events of servers and apps: the query names the stream, the JSON body a client and up to 25 events."""

    name = NAME
    family = FAMILY
    paths = ("/mp/collect", DEBUG_PATH)
    methods = ("POST",)
    columns = (columns,)
    Settings = MeasurementSettings

    def hits(self, request: RawRequest, properties: Properties[MeasurementSettings]) -> Iterator[Hit | Rejected]:
        """One `Hit` or `Rejected` per event; what is wrong with the request as a whole is said once."""
        if is_debug(request):
            return
        stream = Stream.of(request.query)
        property_id = stream.property_id
        if not property_id or len(property_id) > MAX_PROPERTY_ID:
            yield Rejected("no_property", "measurement_id or firebase_app_id is missing or too long")
            return
        settings = properties.of(property_id)
        if settings is None:
            yield Rejected("unknown_property", "", property_id, excluded=True)
            return
        if not is_authorised(stream.secret, settings):
            yield Rejected("api_secret", "api_secret is none of the property's", property_id, excluded=True)
            return
        body = read_body(request.body)
        if body is None:
            yield Rejected("unreadable", "the body is no JSON object", property_id)
            return
        sender = Sender.of(request, stream, settings, body)
        if sender is None:
            wanted = "app_instance_id" if stream.is_app else "client_id"
            yield Rejected("no_client", f"{wanted} is missing", property_id)
            return
        if not body.events:
            yield Rejected("no_event", "events is missing or empty", property_id, sender.client_id)
        yield from sender.pieces(MAX_EVENTS)
        if len(body.events) > MAX_EVENTS:
            detail = f"a request may hold {MAX_EVENTS} events"
            yield Rejected("too_many_events", detail, property_id, sender.client_id, MAX_EVENTS)

    def parameters(self, hits: Hits) -> RowParameters:
        """Each hit's JSON under the names that the browser tag uses."""
        rows: list[dict[str, str]] = []
        for row, (query, body) in enumerate(zip(hits.queries, hits.bodies, strict=True)):
            stream, user_id = Stream.of(query), hits.user_ids[row]
            known = {"mp.firebase_app_id" if stream.is_app else "tid": stream.property_id, "cid": hits.client_ids[row]}
            known |= {"uid": user_id} if user_id is not None else {}
            rows.append({**known, **parameters_of(orjson.loads(body))})
        return RowParameters(rows)

    def reply(self, request: RawRequest, result: Result) -> Reply:
        """204, or what GA4 would object to where that was asked."""
        return reply(request, result)

    def preflight(self, request: RawRequest) -> Reply:
        """Allow pages to send JSON."""
        return preflight_reply(request, self.methods)
