"""Items of any text, read as the plain reference reads them."""

from typing import Any
from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.protocols import reference
from tracker.protocols.ga4.items import NUMBERS, TEXTS, item_of, split
from tracker.testing import compute_rows, make_hit

KEYS = st.sampled_from([*TEXTS, *NUMBERS, "k0", "v0", "kQ", "vQ", "k", "v", "zz", "ID", "", "~~", "é"])
VALUES = st.one_of(
    st.text("~a1.-+eE, é\x00\n", max_size=6),
    st.sampled_from(["10.5", "1,99", "-3", "NaN", "inf", "1e400", "１２", "1_0", " 5 ", "0x1", "٣", "+.5", "5."]),
)
ITEMS = st.one_of(
    st.lists(st.tuples(KEYS, VALUES).map("".join), max_size=8).map("~".join),
    st.text("~idnmprqtk0v ", max_size=24),
    st.text(max_size=12),
)


def number(text: str) -> float | None:
    """A decimal number of plain digits, as JavaScript prints one; None for anything else and for what is endless."""
    if not text or set(text) - set("0123456789+-.eE"):
        return None
    try:
        read = float(text)
    except ValueError:
        return None
    return read if abs(read) <= 1.7976931348623157e308 else None


def expected(item: str) -> dict[str, Any] | None:
    """The fields that tell items apart and what they cost; None for what is no item."""
    found = reference.item_fields(item)
    if "id" not in found and "nm" not in found:
        return None
    told: dict[str, Any] = {field: found.get(key) for key, field in TEXTS.items()}
    told |= {field: number(found.get(key, "1" if key == "qt" else "")) for key, field in NUMBERS.items()}
    return told


@settings(max_examples=300, deadline=None)
@given(ITEMS)
@example("ida~~~nmb~~~~~c2x")
def test_parts(item: str) -> None:
    """A doubled tilde is text and a single one ends a part, however many stand in a row."""
    assert [part for part in split(item) if part] == reference.item_parts(item)


@settings(max_examples=300, deadline=None)
@given(ITEMS)
def test_fields(item: str) -> None:
    """Every known field is what its two letters say; numbers are null where they are none."""
    read, wanted = item_of(item), expected(item)
    assert (read is None) == (wanted is None)
    if read is not None and wanted is not None:
        assert dict(zip((*TEXTS.values(), *NUMBERS.values()), read, strict=False)) == wanted


@settings(max_examples=300, deadline=None)
@given(ITEMS)
def test_nothing_that_was_told_is_lost(item: str) -> None:
    """What is no field of GA4 stands among the custom fields, by the name that its `k` gives it or by its own key."""
    read = item_of(item)
    if read is None:
        return
    found = reference.item_fields(item)
    wanted = []
    for key, value in found.items():
        if key in TEXTS or key in NUMBERS or (key[0] == "v" and "k" + key[1] in found):
            continue
        wanted.append((value, found.get("v" + key[1])) if key[0] == "k" else (key, value))
    assert sorted(read[-1], key=str) == sorted(wanted, key=str)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(ITEMS, max_size=4), min_size=1, max_size=4))
def test_rows_hold_the_items_of_their_own_event(events: list[list[str]]) -> None:
    """In one batch each event has its items, in the order of their numbers, and no other's."""
    hits = [
        make_hit("en=purchase&" + "&".join(f"pr{n}={quote(item, safe='')}" for n, item in enumerate(items, 1)))
        for items in events
    ]
    wanted = [[told for told in map(expected, items) if told] for items in events]
    for row, items in zip(compute_rows(hits), wanted, strict=True):
        assert [{field: item[field] for field in items[0]} for item in row["ecommerce_items"]] == items


def test_two_hundred_items_of_garbage() -> None:
    """Endless, empty and broken items cost only themselves."""
    garbage = ["~" * 1_000, "id" * 5_000, "k0~v0~k1", "%ED%A0%80", "id%00", "nm", "pr1", "~~id", "id~~", "=&"]
    query = "en=purchase&" + "&".join(f"pr{n}={garbage[n % 10]}" for n in range(1, 199)) + "&pr199=idA~pr2&pr200=idB"
    broken, whole = compute_rows([make_hit(query), make_hit("en=purchase&pr1=idA~pr2", client_id="2.2")])
    assert [item["item_id"] for item in broken["ecommerce_items"]][-2:] == ["A", "B"]
    assert [(item["item_id"], item["price"]) for item in whole["ecommerce_items"]] == [("A", 2.0)]
