"""The Measurement Protocol at receipt, and what its hits come to."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tracker.clock import HOUR, MINUTE, SECOND
from tracker.config import Properties
from tracker.model import Hit, RawRequest, Rejected, Result
from tracker.protocols.ga4.mp import MeasurementProtocol
from tracker.protocols.ga4.mp.auth import MeasurementSettings
from tracker.testing import ProtocolContract, compute_rows
from tracker.testing.hits import NOW, make_hits, make_request

FIXTURE = Path(__file__).resolve().parents[4] / "../shared/fixtures/captured-hits.jsonl"
PATH = "/mp/collect?measurement_id=G-1&api_secret=open-sesame"
APP = "/mp/collect?firebase_app_id=1:2:android:f&api_secret=open-sesame"
ANYONE = Properties({}, MeasurementSettings())
GUARDED = Properties({}, MeasurementSettings(api_secrets=(SecretStr("other"), SecretStr("open-sesame"))))


def sent(*events: object, target: str = PATH, **more: Any) -> RawRequest:
    """A request of client `1.1`; `more` are other members of its body."""
    return make_request(target, json.dumps({"client_id": "1.1", "events": list(events), **more}))


def pieces(request: RawRequest, properties: Properties[MeasurementSettings] = ANYONE) -> list[Hit | Rejected]:
    return list(MeasurementProtocol().hits(request, properties))


def hits(request: RawRequest) -> list[Hit]:
    return [piece for piece in pieces(request) if isinstance(piece, Hit)]


def only(request: RawRequest, properties: Properties[MeasurementSettings] = ANYONE) -> Any:
    (piece,) = pieces(request, properties)
    return piece


class TestContract(ProtocolContract):
    """The Measurement Protocol keeps the contract of all protocols."""

    protocol = MeasurementProtocol()
    good = (
        sent(
            {"name": "a", "params": {"n": 1.5, "t": "x~y", "items": [{"item_id": "i"}], "user_data": {"e": "h4sh"}}},
            {"name": "b", "timestamp_micros": NOW, "user_data": {"e": "h4sh"}, "api_secret": "open-sesame"},
            user_data={"sha256_email_address": "h4sh"},
            ip_override="198.51.100.9",
            user_properties={"plan": {"value": "gold"}, "age": {"value": 7}},
            consent={"ad_user_data": "DENIED"},
            device={"language": "en", "screen_resolution": "1x2"},
        ),
        sent({"name": "a"}, target="/mp/collect?measurement_id=G-1&%61pi_secret=open-sesame&ip_override=198.51.100.9"),
        sent({"name": "a"}, target=APP, app_instance_id="a" * 32),
        sent({"name": "a"}, client_id="", user_id="bob", timestamp_micros=str(NOW // SECOND)),
    )
    bad = (
        make_request(PATH, "{"),
        make_request(PATH, "[]"),
        make_request("/mp/collect", '{"client_id": "1.1", "events": [{"name": "a"}]}'),
        make_request(PATH, '{"events": [{"name": "a"}]}'),
        sent({"params": {}}, 7, None, {"name": 3}),
        sent({"name": "a"}, target="/debug/mp/collect?measurement_id=G-1"),
    )
    secrets = (b"open-sesame", b"h4sh", b"198.51.100.9")

    def properties(self) -> Properties[Any]:
        """With a secret, and addresses masked."""
        return Properties({}, MeasurementSettings(api_secrets=(SecretStr("open-sesame"),), mask_address=1))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (sent({"name": "a"}, target="/mp/collect?api_secret=x"), "no_property"),
        (sent({"name": "a"}, target=f"/mp/collect?measurement_id={'G' * 101}"), "no_property"),
        (sent({"name": "a"}, client_id=None), "no_client"),
        (sent({"name": "a"}, client_id={}), "no_client"),
        (sent({"name": "a"}, target=APP), "no_client"),
        (sent(), "no_event"),
        (sent({"name": ""}), "no_event"),
        (sent({"params": {}}), "no_event"),
        (make_request(PATH, b'{"client_id": \xff}'), "unreadable"),
        (make_request(PATH, "[" * 5_000), "unreadable"),
        (make_request(PATH, method="POST"), "unreadable"),
    ],
)
def test_rejections_have_names(request_: RawRequest, reason: str) -> None:
    """What is missing is said in one word, and answered 204."""
    piece = only(request_)
    assert isinstance(piece, Rejected)
    assert (piece.reason, piece.excluded) == (reason, False)
    assert MeasurementProtocol().reply(request_, Result(0, [piece])).status == 204


def test_a_bad_event_rejects_only_itself() -> None:
    """Its neighbours become hits; an event too deep to be written again is bad too."""
    deep = json.loads('{"x":' * 300 + "1" + "}" * 300)
    found = pieces(sent({"name": "a"}, {"params": {}}, {"name": "b", "params": deep}, "c", {"name": "d"}))
    assert [piece.reason if isinstance(piece, Rejected) else None for piece in found] == [
        None,
        "no_event",
        "unreadable",
        "no_event",
        None,
    ]


def test_a_request_holds_25_events() -> None:
    """The rest is rejected by name, once."""
    found = pieces(sent(*({"name": f"e{n}"} for n in range(27))))
    assert (len(found), found[-1].reason, found[-1].index) == (26, "too_many_events", 25)  # type: ignore[union-attr]


def test_one_event_needs_no_list() -> None:
    """Some clients send an object for `events`."""
    request = make_request(PATH, '{"client_id": "1.1", "events": {"name": "a"}}')
    assert json.loads(only(request).body) == {"events": [{"name": "a"}]}


@pytest.mark.parametrize("secret", ["", "wrong", "open-sesam", "öpen"])
def test_without_the_secret_nothing_is_stored(secret: str) -> None:
    """Who guesses is answered as if it had worked, and counted."""
    request = sent({"name": "a"}, target=f"/mp/collect?measurement_id=G-1&api_secret={secret}")
    piece = only(request, GUARDED)
    assert (piece.reason, piece.excluded) == ("api_secret", True)
    assert MeasurementProtocol().reply(request, Result(0, [piece])).status == 204


def test_each_secret_of_a_property_works() -> None:
    """So that one can be replaced without a gap."""
    for secret in ("other", "open-sesame"):
        request = sent({"name": "a"}, target=f"/mp/collect?measurement_id=G-1&api_secret={secret}")
        assert isinstance(only(request, GUARDED), Hit)


def test_strangers_are_refused_without_being_told() -> None:
    """A property that is not ours is excluded, not wrong."""
    ours = Properties({"G-2": MeasurementSettings()}, MeasurementSettings(), properties_only=True)
    assert only(sent({"name": "a"}), ours) == Rejected("unknown_property", property_id="G-1", excluded=True)


def test_apps_have_their_own_ids() -> None:
    """The property is the Firebase app, the client the app's instance."""
    hit = only(sent({"name": "a"}, target=APP, app_instance_id="a" * 32))
    assert (hit.property_id, hit.client_id) == ("1:2:android:f", "a" * 32)
    assert compute_rows([hit])[0]["platform"] == "app"


@pytest.mark.parametrize(("target", "key"), [(PATH, "tid"), (APP, "mp.firebase_app_id")])
def test_ids_are_parameters(target: str, key: str) -> None:
    """Under the tag's names; an app's stream has a name of its own, for it is no measurement id."""
    hit = only(sent({"name": "a"}, target=target, app_instance_id="1.1", user_id="bob"))
    read = MeasurementProtocol().parameters(make_hits([hit]))
    values = {name: array[0].as_py() for name in read.keys() if (array := read.get(name)) is not None}  # noqa: SIM118
    assert values == {key: hit.property_id, "cid": "1.1", "uid": "bob", "en": "a"}


@pytest.mark.parametrize("cookie", ["GA1.1.123.456", "GA1.2-2.123.456", "123.456"])
def test_the_whole_cookie_is_the_tags_client(cookie: str) -> None:
    """So that server and tag share a session."""
    assert only(sent({"name": "a"}, client_id=cookie)).client_id == "123.456"


def test_long_client_ids_are_shortened() -> None:
    """Two that are different stay so."""
    first, second = (only(sent({"name": "a"}, client_id="9" * 300 + str(n))).client_id for n in (1, 2))
    assert len(first) == len(second) == 32
    assert first != second


def test_only_the_stream_is_kept_of_the_query() -> None:
    """Whatever else a proxy has put there is no parameter of any event."""
    request = sent({"name": "a"}, target="/mp/collect?x=secret&measurement_id=G%2D1&api_secret=open-sesame&y=1")
    assert only(request).query == b"measurement_id=G%2D1"


@pytest.mark.parametrize("junk", ["", "null", "undefined", 0, "GA1.1.undefined.undefined"])
def test_junk_ids_join_nobody(junk: object) -> None:
    """Visitors whose server knows no id are told apart by the address it sends."""
    first, second = (only(sent({"name": "a"}, client_id=junk, ip_override=f"192.0.2.{n}")) for n in (1, 2))
    assert first.client_id != second.client_id
    assert first.stamp != second.stamp
    assert first.is_cookieless


def test_ids_may_be_numbers() -> None:
    """They are stored as text."""
    hit = only(sent({"name": "a"}, client_id=17, user_id=4))
    assert (hit.client_id, hit.user_id) == ("17", "4")


def test_the_visitor_replaces_the_server() -> None:
    """Address (masked) and browser are those that the server passes on."""
    request = sent({"name": "a"}, ip_override="192.0.2.77", user_agent="Mozilla/5.0")
    hit = only(request, Properties({}, MeasurementSettings(mask_address=1)))
    assert (hit.ip, hit.headers["user-agent"]) == ("192.0.2.0", "Mozilla/5.0")


def test_the_server_is_not_the_visitor() -> None:
    """Its own address and program are not stored, and join nobody's sessions."""
    always = Properties({}, MeasurementSettings(join_by_stamp="always"))
    hit = only(sent({"name": "a"}), always)
    assert (hit.ip, hit.headers, hit.stamp) == ("", {}, None)
    assert compute_rows([hit])[0]["ip_address"] is None


@pytest.mark.parametrize(
    ("body", "time", "refused"),
    [
        ({}, None, None),
        ({"timestamp_micros": NOW - HOUR}, NOW - HOUR, None),
        ({"timestamp_micros": NOW + HOUR}, None, "future"),
        ({"timestamp_micros": NOW - 80 * HOUR}, NOW - 72 * HOUR, "too_old"),
    ],
)
def test_time_of_request(body: dict[str, Any], time: int | None, refused: str | None) -> None:
    """The request's time counts for events without one."""
    hit = only(sent({"name": "a"}, **body))
    assert (hit.event_time, hit.event_time_refused) == (time, refused)


def test_an_event_has_its_own_time() -> None:
    """It goes before the request's, even where it is refused."""
    found = hits(
        sent(
            {"name": "a", "timestamp_micros": NOW - MINUTE},
            {"name": "b", "timestamp_micros": "soon"},
            timestamp_micros=NOW - HOUR,
        )
    )
    assert [(hit.event_time, hit.event_time_refused) for hit in found] == [(NOW - MINUTE, None), (None, "unreadable")]


def test_strict_senders_lose_what_is_too_old() -> None:
    """With ENFORCE_RECOMMENDATIONS an old event is rejected, its neighbour is not."""
    found = pieces(
        sent(
            {"name": "a", "timestamp_micros": NOW - 73 * HOUR},
            {"name": "b"},
            validation_behavior="ENFORCE_RECOMMENDATIONS",
        )
    )
    assert [piece.reason if isinstance(piece, Rejected) else None for piece in found] == ["too_old", None]


def test_an_event_sent_again_has_the_same_key() -> None:
    """The order of its members and the unit of its time do not matter, nor what it is sent with."""
    first = only(sent({"name": "a", "timestamp_micros": NOW, "params": {"x": 1, "y": 2}}))
    again = {"params": {"y": 2, "x": 1}, "timestamp_micros": NOW // SECOND, "name": "a"}
    assert first.event_key == hits(sent({"name": "z"}, again))[1].event_key
    assert len(first.event_key) == 16


@pytest.mark.parametrize(
    "other",
    [
        sent({"name": "b", "timestamp_micros": NOW}),
        sent({"name": "a", "timestamp_micros": NOW - 1}),
        sent({"name": "a", "timestamp_micros": NOW}, client_id="2.2"),
        sent({"name": "a", "timestamp_micros": NOW}, target="/mp/collect?measurement_id=G-2"),
        sent({"name": "a", "timestamp_micros": 7}),
        sent({"name": "a"}, timestamp_micros=NOW),
    ],
)
def test_another_event_has_another_key(other: RawRequest) -> None:
    """Name, time, client and property tell events apart; without a time of its own an event has no key."""
    assert only(sent({"name": "a", "timestamp_micros": NOW})).event_key != only(other).event_key


@pytest.mark.parametrize("event", [{"name": "a"}, {"name": "a", "timestamp_micros": 7}])
def test_without_a_time_of_its_own_there_is_no_key(event: dict[str, Any]) -> None:
    """Two equal events may both have happened."""
    assert only(sent(event, timestamp_micros=NOW)).event_key is None


def captured() -> list[Any]:
    if not FIXTURE.exists():
        return [pytest.param({}, marks=pytest.mark.skip("the captured requests are not beside this repository"))]
    rows = [json.loads(line) for line in FIXTURE.read_text().splitlines()]
    return [pytest.param(row, id=str(number)) for number, row in enumerate(rows, 1) if row["protocol"] == "ga4-mp"]


@pytest.mark.parametrize("row", captured())
def test_captured(row: dict[str, Any]) -> None:
    """Real clients' requests: one hit per event, none at the address that only checks."""
    request = make_request(row["url"], row["body"], method=row["method"], headers=row["headers"], received_at=2 * NOW)
    found = pieces(request)
    names = [event["name"] for event in json.loads(row["body"])["events"]]
    is_debug = row["url"].startswith("/debug")
    assert [piece for piece in found if isinstance(piece, Rejected)] == []
    assert len(found) == (0 if is_debug else len(names))
    assert MeasurementProtocol().reply(request, Result(len(found))).status == (200 if is_debug else 204)
    if not is_debug:
        read = MeasurementProtocol().parameters(make_hits(hits(request))).get("en")
        assert read is not None
        assert read.to_pylist() == names
