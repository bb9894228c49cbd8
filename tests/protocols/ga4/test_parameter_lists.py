"""Parameters and user properties as lists."""

from typing import Any

from tracker.clock import SECOND
from tracker.testing import compute_rows, make_hit
from tracker.testing.hits import NOW


def rows(*queries: str) -> list[dict[str, Any]]:
    """The rows of one session: an event each second."""
    hits = [
        make_hit(f"v=2&tid=G-1&cid=1.1&en=page_view&{query}", received_at=NOW + n * SECOND)
        for n, query in enumerate(queries)
    ]
    return compute_rows(hits)


def member(name: str, text: str | None = None, number: float | None = None) -> dict[str, Any]:
    """One value of a list."""
    return {"name": name, "value_string": text, "value_number": number}


def test_params_stand_in_the_order_on_the_wire() -> None:
    """Text and numbers mixed; an empty text is one, a number that is none stands as text, others are left out."""
    (row,) = rows("ep.b=x%20y&epn.a=-1.5&ep.n=3&ep.empty=&epn.bad=NaN&epoch=1&ep.one.two=z&epn=5&ep.%C3%A9=1")
    assert row["params"] == [
        member("b", "x y"), member("a", number=-1.5), member("n", "3"), member("empty", ""), member("bad", "NaN"),
        member("one.two", "z"), member("é", "1"),
    ]  # fmt: skip


def test_nothing_sent_is_an_empty_list() -> None:
    """Lists are never null."""
    (row,) = rows("")
    assert (row["params"], row["user_properties"], row["session_user_properties"]) == ([], [], [])


def test_events_do_not_share_lists() -> None:
    """Each event has its own, also beside events without any."""
    found = rows("ep.a=1", "epoch=1", "epn.b=2")
    assert [row["params"] for row in found] == [[member("a", "1")], [], [member("b", number=2)]]


def test_session_keeps_the_last_value_of_each_user_property() -> None:
    """A tag sends only what has changed; one event's list is no complete state."""
    found = rows("up.plan=gold&upn.visits=7", "", "upn.visits=8&up.team=a", "up.team=")
    assert [row["user_properties"] for row in found][1:3] == [[], [member("visits", number=8), member("team", "a")]]
    last = [member("plan", "gold"), member("visits", number=8), member("team", "")]
    assert [row["session_user_properties"] for row in found] == [last] * 4


def test_user_properties_are_carried_on() -> None:
    """At each event the last value of all that were sent before it, in the order they were first sent in."""
    found = rows("", "up.plan=gold&upn.visits=7", "", "upn.visits=8&up.team=a&up.team=b", "up.plan=")
    gold, silver = member("plan", "gold"), member("plan", "")
    assert [row["user_properties_carried"] for row in found] == [
        [],
        [gold, member("visits", number=7)],
        [gold, member("visits", number=7)],
        [gold, member("visits", number=8), member("team", "b")],
        [silver, member("visits", number=8), member("team", "b")],
    ]


def test_user_properties_are_carried_per_client() -> None:
    """Two browsers of one person in one session do not know of each other; neither do sessions."""
    sent = [("a", "up.plan=gold"), ("b", "up.plan=free"), ("a", ""), ("b", "")]
    hits = [
        make_hit(f"en=page_view&{query}", client_id=client, user_id="anna", received_at=NOW + n * SECOND)
        for n, (client, query) in enumerate(sent)
    ]
    late = make_hit("en=page_view", client_id="a", user_id="anna", received_at=NOW + 3_600 * SECOND)
    found = compute_rows([*hits, late])
    assert len({row["session_id"] for row in found}) == 2
    assert [row["user_properties_carried"] for row in found] == [
        [member("plan", plan)] for plan in ("gold", "free", "gold", "free")
    ] + [[]]


def test_sessions_do_not_share_user_properties() -> None:
    """Another visitor's are theirs."""
    hits = [make_hit(f"en=page_view&up.plan=p{n}", client_id=f"{n}.1") for n in range(3)]
    assert [row["session_user_properties"] for row in compute_rows(hits)] == [
        [member("plan", f"p{n}")] for n in range(3)
    ]


def test_captured(captured: list[dict[str, Any]]) -> None:
    """What a page gave a real tag, and the one user property that changed."""
    row = next(row for row in captured if row["name"] == "custom_one")
    assert row["params"] == [
        member("debug_mode", "true"), member("str", "a b+c&d=é"), member("num", number=3), member("neg", number=-1.5),
        member("yes", "true"), member("no", "false"), member("nothing", ""), member("arr", "1,two"),
        member("obj", "[object Object]"),
    ]  # fmt: skip
    (changed,) = [row for row in captured if row["name"] == "after_up"]
    assert changed["user_properties"] == [member("visits", number=8)]
