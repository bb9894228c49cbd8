"""Events of a server beside those of the browser tag, all the way to rows."""

import json

import pytest

from tracker.clock import SECOND
from tracker.config import Properties, PropertySettings
from tracker.model import Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.testing import compute_rows
from tracker.testing.hits import NOW, make_request

PAGE = "/g/collect?v=2&tid=G-1&cid=1.1&sid=77&en=page_view&dl=https%3A%2F%2Fa.example%2Fcart&ul=de&dt=Cart"


def by_tag(target: str = PAGE) -> list[Hit]:
    properties = Properties({}, PropertySettings())
    return [piece for piece in GA4Protocol().hits(make_request(target), properties) if isinstance(piece, Hit)]


def by_server(*events: object, seconds: int = 0, **more: object) -> list[Hit]:
    request = make_request(
        "/mp/collect?measurement_id=G-1",
        json.dumps({"client_id": "1.1", "events": events, **more}),
        received_at=NOW + seconds * SECOND,
    )
    found = MeasurementProtocol().hits(request, Properties({}, MeasurementSettings()))
    return [piece for piece in found if isinstance(piece, Hit)]


def test_one_visit_by_tag_and_server() -> None:
    """Both fill the same columns of one session."""
    purchase = {
        "name": "purchase",
        "params": {
            "session_id": 77,
            "page_location": "https://a.example/thanks",
            "value": 12.5,
            "currency": "EUR",
            "transaction_id": "T1",
        },
    }
    tag, server = compute_rows([*by_tag(), *by_server(purchase, seconds=60, user_id="bob")])
    assert (tag["tracking_protocol"], server["tracking_protocol"]) == ("ga4_gtag", "ga4_mp")
    assert tag["session_id"] == server["session_id"]
    names = ("name", "page_location", "user_id", "is_purchase", "platform", "session_entry_page_path")
    assert [server[name] for name in names] == ["purchase", "https://a.example/thanks", "bob", True, "web", "/cart"]
    assert [server[name] for name in ("ecommerce_purchase_revenue", "ecommerce_currency")] == [12.5, "EUR"]


@pytest.mark.parametrize("client_id", ["1.1", "GA1.1.1.1", "GA1.2-2.1.1"])
def test_one_session_by_any_form_of_the_client_id(client_id: str) -> None:
    """The bare id, or the whole value of the cookie it stands in; the protosession is one too."""
    tag, server = by_tag()[0], by_server({"name": "login"}, seconds=60, client_id=client_id)[0]
    first, second = compute_rows([tag, server])
    assert first["session_id"] == second["session_id"]
    assert [(hit.family, hit.property_id, hit.client_id) for hit in (tag, server)] == [("ga4", "G-1", "1.1")] * 2


def test_the_same_event_fills_the_same_columns() -> None:
    """What the tag and a server say in their own ways stands alike in the row."""
    server = {
        "name": "page_view",
        "params": {"session_id": 77, "page_location": "https://a.example/cart", "page_title": "Cart"},
    }
    differing = {"tracking_protocol", "id", "log_offset", "ip_address", "bot_score", "bot_reasons", "session_bot_score"}
    (first,), (second,) = compute_rows(by_tag()), compute_rows(by_server(server, device={"language": "de"}))
    alike = {name: value for name, value in first.items() if second[name] == value}
    assert set(first) - set(alike) <= differing


def test_an_event_stands_at_its_own_time() -> None:
    """A server may tell later what happened before."""
    told = by_server({"name": "login", "timestamp_micros": NOW - 5 * SECOND}, seconds=60)
    tag, server = compute_rows([*by_tag(), *told])
    assert server["timestamp_utc"] < tag["timestamp_utc"]


def test_an_event_sent_again_is_one_row() -> None:
    """A server that was not answered sends the same again."""
    told = {"name": "login", "timestamp_micros": NOW}
    assert len(compute_rows([*by_server(told), *by_server(told, seconds=9)])) == 1
