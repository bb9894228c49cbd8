"""What became of recent hits, as the log tells it: the values behind `tracker tail`."""

import bisect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl

import cbor2
import orjson

from tracker.clock import MINUTE
from tracker.config import Properties
from tracker.model import Routing
from tracker.worker.codec import decode, decode_routing, is_hit
from tracker.worker.log import Log

State = Literal["rejected", "open", "planned", "written", "duplicate", "filtered", "dead"]
_PAGE = 1_000
_REJECTIONS = 10_000


@dataclass(frozen=True, slots=True)
class Recent:
    """One hit, or one refused piece of a request, and where it is now."""

    at: int
    """Receive time."""
    place: tuple[int, int]
    """Partition and offset; (-1, a number) for what was refused."""
    property_id: str
    client_id: str
    event: str
    page: str
    state: State
    detail: str = ""
    """The reason of a refusal or a death."""
    until: int | None = None
    """Open only: when it closes at the latest news; joins with other clients can move it."""


def recent(log: Log, since: int, properties: Properties[Any]) -> list[Recent]:
    """Everything received since `since`, oldest first. Hits that were trimmed are not in the log any more.

    `properties` must have what they take from `[sessions]`.
    """
    found = list(_refused(log, since))
    for partition in range(log.partitions):
        found += _hits(log, partition, since, properties)
    return sorted(found, key=lambda one: (one.at, one.place))


def _refused(log: Log, since: int) -> Iterator[Recent]:
    for number, record in enumerate(log.rejections(_REJECTIONS)):
        fields = cbor2.loads(record)
        if fields.get("t", 0) >= since:
            why = ": ".join(filter(None, (fields.get("r"), fields.get("d"))))
            who = (fields.get("pi") or "", fields.get("ci") or "")
            yield Recent(fields["t"], (-1, number), *who, "", fields.get("pa") or "", "rejected", why)


def _hits(log: Log, partition: int, since: int, properties: Properties[Any]) -> Iterator[Recent]:
    places = _places(log, partition)
    found = list(_records(log, partition, since))
    last: dict[tuple[str, str, str], int] = {}
    for _, routing, _ in found:
        last[_client(routing)] = routing.received_at
    for offset, routing, rest in found:
        state, detail = places(offset)
        event, page = described(rest.get("qp", b""), rest.get("bd", b""))
        timeout = properties.always(routing.property_id).timeout or 0
        until = last[_client(routing)] + timeout if state == "open" else None
        who = (routing.property_id, routing.client_id)
        yield Recent(routing.received_at, (partition, offset), *who, event, page, state, detail, until)


def _client(routing: Routing) -> tuple[str, str, str]:
    return routing.family, routing.property_id, routing.client_id


def _records(log: Log, partition: int, since: int) -> Iterator[tuple[int, Routing, dict[str, Any]]]:
    offset = first_since(log, partition, since)
    while records := log.read(partition, offset, _PAGE):
        for at, record in records:
            if is_hit(record):
                routing, rest = decode(record)
                if routing.received_at >= since:
                    yield at, routing, rest
        offset = records[-1][0] + 1


def first_since(log: Log, partition: int, since: int) -> int:
    """An offset before which nothing was received since: receive times rise with offsets, but for a little."""

    def time_at(offset: int) -> int:
        records = log.read(partition, offset, 1)
        return decode_routing(records[0][1]).received_at if records else since

    return bisect.bisect_left(range(log.end(partition)), since - MINUTE, key=time_at)


def _places(log: Log, partition: int) -> Callable[[int], tuple[State, str]]:
    """Tells where the hit at an offset is."""
    start = log.start(partition).offset
    carried = {hit.offset for hit in log.carried(partition)}
    written = min(log.sinks(partition).values(), default=0)
    plan_of: dict[int, int] = {}
    ends: dict[int, tuple[State, str]] = {}
    for plan in log.plans(partition, 1):
        plan_of.update(dict.fromkeys(plan.offsets().tolist(), plan.n))
        if outcomes := log.outcomes(partition, plan.n):
            ends |= dict.fromkeys(outcomes.duplicate, ("duplicate", ""))
            ends |= dict.fromkeys(outcomes.filtered, ("filtered", ""))
            ends |= {offset: ("dead", reason) for offset, reason in outcomes.dead.items()}

    def place(offset: int) -> tuple[State, str]:
        if offset in plan_of:
            return ends.get(offset) or ("written" if plan_of[offset] <= written else "planned", "")
        # A plan leaves the log only after every sink has it, and then only before the start point.
        return ("written", "") if offset < start and offset not in carried else ("open", "")

    return place


def described(query: bytes, body: bytes) -> tuple[str, str]:
    """Name of the event and its page, where a glance at the payload tells."""
    values: Mapping[str, Any] = dict(parse_qsl(query.decode(errors="replace"), keep_blank_values=True))
    if body.lstrip().startswith(b"{"):
        values = {**values, **_flat(body)}
    elif body:
        values = {**values, **dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))}
    event = next((str(values[key]) for key in ("en", "name") if values.get(key)), "")
    if not event and "idsite" in values:
        plays = {"video": "video_play", "audio": "audio_play"}
        kinds = {
            "ping": "ping",
            "ec_id": "ecommerce_order",
            "idgoal": "ecommerce_cart_update" if values.get("idgoal") == "0" else "goal_conversion",
            "ma_id": "media_impression"
            if values.get("ma_st") == "0"
            else plays.get(values.get("ma_mt", ""), "media_play"),
            "cra": "crash",
            "download": "download",
            "link": "outlink",
            "e_c": "custom_event",
            "c_n": "content_interaction" if values.get("c_i") else "content_impression",
            "search": "site_search",
        }
        event = next((kind for key, kind in kinds.items() if values.get(key)), "page_view")
    page = next((str(values[key]) for key in ("dl", "url", "page_location") if values.get(key)), "")
    return event, page


def _flat(body: bytes) -> dict[str, Any]:
    """The texts of a JSON body, those of its event and parameters included."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    found: dict[str, Any] = {}
    for _ in range(3):
        if isinstance(value, list):
            value = value[0] if value else {}
        if not isinstance(value, dict):
            break
        found |= {key: text for key, text in value.items() if isinstance(text, str)}
        value = next((value[key] for key in ("events", "event", "params") if key in value), {})
    return found
