"""Custom dimensions and custom variables."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.config import Properties
from tracker.model import Hit
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.protocols.matomo.custom import custom_variables, variables_of
from tracker.testing import compute_rows, make_request

Read = Callable[..., Any]


def pairs(listed: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The members of a list, without their names."""
    return [tuple(member.values()) for member in listed]


def variables(content: object) -> str:
    """A parameter's value: as it is where it is text, otherwise as JSON."""
    return quote(content if isinstance(content, str) else json.dumps(content))


def test_dimensions_stand_by_slot(row: Read) -> None:
    """Whatever their order on the wire; ten comes after two."""
    found = row("dimension10=ten&dimension2=two&dimension1=one%20&dimension999=last")
    assert found["custom_dimensions"] == [
        {"slot": 1, "value": "one"}, {"slot": 2, "value": "two"}, {"slot": 10, "value": "ten"},
        {"slot": 999, "value": "last"},
    ]  # fmt: skip


def test_what_is_no_dimension(row: Read) -> None:
    """Slots go from 1 to 999; an empty value, blanks and `undefined` are none."""
    sent = "dimension=a&dimension0=a&dimension01=a&dimension1000=a&dimension-1=a&dimensions=a&dimension1x=a"
    assert row(f"{sent}&dimension2=&dimension3=%20&dimension4=undefined&dimension5")["custom_dimensions"] == []


def test_long_dimensions_are_cut(row: Read) -> None:
    """At 250 characters, blanks before it not counted; characters are no bytes."""
    found = row(f"dimension1=%20{quote('é' * 300)}&dimension2={'a' * 250}")
    assert pairs(found["custom_dimensions"]) == [(1, "é" * 250), (2, "a" * 250)]


def test_the_last_of_a_repeated_dimension(row: Read) -> None:
    """Of one key written twice the last counts."""
    assert pairs(row("dimension1=a&dimension%31=b")["custom_dimensions"]) == [(1, "b")]


def test_dimensions_of_a_session(rows: Read) -> None:
    """The last of each slot, on all its events; what was sent empty changes nothing."""
    found = rows("dimension2=a&dimension3=c", "", "dimension1=x&dimension2=b&dimension3=")
    assert [pairs(row["custom_dimensions"]) for row in found] == [[(2, "a"), (3, "c")], [], [(1, "x"), (2, "b")]]
    assert [pairs(row["session_custom_dimensions"]) for row in found] == [[(1, "x"), (2, "b"), (3, "c")]] * 3


def test_sessions_share_nothing(rows: Read) -> None:
    """A new visit begins with nothing."""
    found = rows('dimension1=a&_cvar={"1":["n","v"]}', 'new_visit=1&dimension2=b&_cvar={"1":["m","w"]}', "new_visit=1")
    assert [pairs(row["session_custom_dimensions"]) for row in found] == [[(1, "a")], [(2, "b")], []]
    assert [pairs(row["session_custom_variables"]) for row in found] == [[("n", "v")], [("m", "w")], []]


def test_nothing_sent_is_an_empty_list(row: Read) -> None:
    """Lists are never null, also of a hit that belongs to no session."""
    for sent in ("", "ping=1"):
        found = row(sent)
        assert (found["custom_dimensions"], found["session_custom_dimensions"]) == ([], [])
        assert (found["custom_variables"], found["session_custom_variables"]) == ([], [])


def test_variables_of_the_page(row: Read) -> None:
    """Name and value, by the number of the slot; slots without one come last."""
    sent = {"10": ["ten", "x"], "b": ["last", "z"], "2": ["two", "y"], "a": ["last but one", "z"]}
    found = row(f"cvar={variables(sent)}")
    assert found["custom_variables"] == [
        {"name": "two", "value": "y"}, {"name": "ten", "value": "x"}, {"name": "last but one", "value": "z"},
        {"name": "last", "value": "z"},
    ]  # fmt: skip
    assert found["session_custom_variables"] == []


def test_variables_of_an_event_stand_behind_those_of_its_page(rows: Read) -> None:
    """On custom events only."""
    sent = f"cvar={variables({'1': ['page', 'p']})}&e_cvar={variables({'1': ['event', 'e']})}"
    found = rows(f"{sent}&e_c=a&e_a=b", sent, f"e_c=a&e_a=b&e_cvar={variables({'1': ['event', 'f']})}")
    assert [pairs(row["custom_variables"]) for row in found] == [
        [("page", "p"), ("event", "e")], [("page", "p")], [("event", "f")]
    ]  # fmt: skip


def test_variables_of_a_session(rows: Read) -> None:
    """The last value of each name, by name; a value may be empty."""
    found = rows(
        f"_cvar={variables({'1': ['b', '1'], '2': ['c', '1']})}",
        "_cvar=undefined",
        f"_cvar={variables({'1': ['a', '2'], '3': ['b', ''], '4': ['B', '4'], '5': ['é', '5']})}",
    )
    merged = [("B", "4"), ("a", "2"), ("b", ""), ("c", "1"), ("é", "5")]
    assert [pairs(row["session_custom_variables"]) for row in found] == [merged] * 3
    assert [row["custom_variables"] for row in found] == [[]] * 3


@pytest.mark.parametrize(
    "sent",
    [
        *("{'http_status_code': 200, 'http_method': 'GET'}", '{"http_status_code": 200, "http_method": "GET"}', ""),
        *("undefined", "7", "null", "[]", '["a","b"]', '[["a","b"]]', '{"1":["a","b"]', '{"1":{"a":"b"}}', '{"1":"a"}'),
        *('{"1":["a"]}', '{"1":["a","b","c"]}', '{"1":[["a"],"b"]}', '{"1":["a",null]}', '{"1":["","b"]}', '{"1":[]}'),
        *('{"1":[" ","b"]}', '{"1":[null,"b"]}', '{"a":' * 3_000, '{"1":["a",NaN]}'),
    ],
)
def test_other_shapes_are_dropped(row: Read, sent: str) -> None:
    """The hit stays."""
    value = quote(sent)
    found = row(f"action_name=Home&cvar={value}&_cvar={value}&e_cvar={value}")
    assert (found["name"], found["page_title"]) == ("page_view", "Home")
    assert (found["custom_variables"], found["session_custom_variables"]) == ([], [])


def test_a_bad_pair_harms_only_itself(row: Read) -> None:
    """The others of the same request stay."""
    assert pairs(row('cvar={"1":["a",["b"]],"2":["c","d"],"3":7}')["custom_variables"]) == [("c", "d")]


def test_numbers_and_truths_are_texts(row: Read) -> None:
    """As clients other than the tag send them."""
    found = row(f"cvar={variables({'1': ['a', 1], '2': [2, 1.5], '3': [True, False]})}")
    assert pairs(found["custom_variables"]) == [("a", "1"), ("2", "1.5"), ("true", "false")]


def test_long_variables_are_cut(row: Read) -> None:
    """Name and value at 200 characters, without blanks around them."""
    found = row(f"cvar={variables({'1': [' ' + 'n' * 300, 'é' * 300]})}")
    assert pairs(found["custom_variables"]) == [("n" * 200, "é" * 200)]


def test_odd_characters_survive(row: Read) -> None:
    """Half of a surrogate pair, a line break."""
    sent = '{"1":["a", "x\\ud800"], "2":["b", "1\n2"]}'
    found = row(f"cvar={variables(sent)}")
    assert pairs(found["custom_variables"]) == [("a", "x?"), ("b", "1\n2")]


def test_captured(captured: list[dict[str, Any]]) -> None:
    """What a page gave a real tag, and what other clients make of it."""
    (order,) = [row for row in captured if row["ecommerce_order_id"] == "O-1"]
    assert pairs(order["custom_dimensions"]) == [(1, "dim one")]
    assert pairs(order["custom_variables"]) == [("pk", "pv")]
    assert ("vk", "vv") in pairs(order["session_custom_variables"])


def test_the_bodies_of_bulk_requests_too() -> None:
    """Entries that are objects hold custom variables as objects, not as text."""
    entry = {"idsite": 1, "rec": 1, "dimension1": 7, "cvar": {"1": ["a", "b"]}}
    request = make_request("/matomo.php", json.dumps({"requests": [entry]}))
    (hit,) = MatomoProtocol().hits(request, Properties({}, MatomoSettings()))
    assert isinstance(hit, Hit)
    (row,) = compute_rows([hit])
    assert (pairs(row["custom_dimensions"]), pairs(row["custom_variables"])) == ([(1, "7")], [("a", "b")])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text("a \ud800", max_size=3),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(st.text("12a", max_size=2), more, max_size=3),
    max_leaves=6,
)
SLOTS = st.one_of(st.text("0129", min_size=1, max_size=3), st.text(max_size=2))
CONTENTS = st.one_of(st.dictionaries(SLOTS, st.one_of(st.lists(JSON, min_size=2, max_size=2), JSON), max_size=5), JSON)


@settings(deadline=None, max_examples=60)
@given(CONTENTS)
def test_any_json_is_read_as_the_plain_reading_reads_it(content: object) -> None:
    """Slot by slot."""
    assert variables_of(json.dumps(content)) == plainly(content)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(), st.text('{}[]",:1a\\u '), CONTENTS.map(json.dumps)), max_size=4))
def test_any_text_gives_lists(sent: list[str | None]) -> None:
    """Never an exception, and never null."""
    texts = pa.array([None if text is None else text.encode("utf-8", "replace").decode() for text in sent], pa.string())
    names = pa.array(["custom_event"] * len(texts), pa.string())
    found = custom_variables(texts, texts, names)
    assert (len(found), found.null_count) == (len(texts), 0)
    assert [len(one) % 2 for one in found.to_pylist()] == [0] * len(texts)


def plainly(content: Any) -> list[tuple[str, str]]:
    """Name and value of each pair, by slot."""
    if not isinstance(content, dict):
        return []
    digits = sorted((slot for slot in content if slot and set(slot) <= set("0123456789")), key=lambda s: (int(s), s))
    found = []
    for slot in digits + sorted(set(content) - set(digits)):
        pair = content[slot]
        if not isinstance(pair, list) or len(pair) != 2:
            continue
        name, value = (plain_text(one) for one in pair)
        if name and value is not None:
            found.append((name, value))
    return found


def plain_text(value: Any) -> str | None:
    """Text of a text, a number or a truth; no infinities."""
    if isinstance(value, str):
        return value.replace("\ud800", "?").strip()
    if value is True or value is False:
        return "true" if value else "false"
    is_number = isinstance(value, int | float) and value == value and abs(value) != float("inf")
    return str(value) if is_number else None
