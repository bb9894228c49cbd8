"""Traffic filters of the settings: what they leave out influences nothing and is counted, what they test is kept."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tracker import app
from tracker.clock import MINUTE
from tracker.config import Settings
from tracker.errors import Problems
from tracker.metrics import new_metrics
from tracker.model import Closed, Hit, Plan
from tracker.testing import compute_batch, compute_rows, make_hit
from tracker.testing.hits import NOW
from tracker.worker import codec

BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def view(path: str, minute: float = 0, property_id: str = "G-1", **more: Any) -> Hit:
    """A page view of one visitor."""
    query = f"v=2&tid={property_id}&cid=1.1&en=page_view&dl=https://shop.example{path}"
    more.setdefault("ip", "198.51.100.7")
    return make_hit(query, received_at=NOW + int(minute * MINUTE), property_id=property_id, **more)


def kept(hits: list[Hit], **filters: Any) -> list[str]:
    """The pages that become rows under filters for all properties."""
    return [row["page_path"] for row in compute_rows(hits, {"filters": filters})]


def counted(hits: list[Hit], settings: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """Filtered events by property and reason."""
    ledger = compute_batch(hits, settings).ledger
    return {(property_id, reason): n for (property_id, outcome, reason), n in ledger.items() if outcome == "filtered"}


def without_offsets(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "log_offset": None} for row in rows]


OFFICE = {"exclude": "ip_address LIKE '203.0.113.%'"}


def test_exclude() -> None:
    """Events that match are no rows, and are counted by the filter's name."""
    hits = [view("/a"), view("/b", 1, ip="203.0.113.9"), view("/c", 2)]
    assert kept(hits, office=OFFICE) == ["/a", "/c"]
    assert counted(hits, {"filters": {"office": OFFICE}}) == {("G-1", "office"): 1}


def test_what_is_excluded_influences_no_session_and_no_column() -> None:
    """The rows of the others are those they have by themselves: totals, entry page, splits and ids."""
    others = [view("/a", 1), view("/b", 21), view("/c", 61)]
    excluded = [view("/x?utm_campaign=x", minute, ip="203.0.113.9", user_id="else") for minute in (0, 2, 41, 70)]
    settings = {"filters": {"office": OFFICE}}
    assert without_offsets(compute_rows([*others, *excluded], settings)) == without_offsets(
        compute_rows(others, settings)
    )


def test_all_of_a_batch_may_be_excluded() -> None:
    """No rows, everything counted."""
    batch = compute_batch([view("/a", ip="203.0.113.9")], {"filters": {"office": OFFICE}})
    assert (batch.events.num_rows, batch.outcomes.filtered) == (0, [0])


def test_allow() -> None:
    """What matches no allow filter is left out, by the name of the first."""
    filters = {"shop": {"allow": "page_path LIKE '/shop%'"}, "blog": {"allow": "page_path LIKE '/blog%'"}}
    hits = [view("/shop/1"), view("/x", 1), view("/blog", 2)]
    assert kept(hits, **filters) == ["/shop/1", "/blog"]
    assert sum(counted(hits, {"filters": filters}).values()) == 1


def test_null_is_no_match() -> None:
    """Neither to exclude nor to allow."""
    hits = [view("/a"), view("/b", 1, user_id="me")]
    assert kept(hits, one={"exclude": "user_id = 'me'"}) == ["/a"]
    assert kept(hits, one={"allow": "user_id = 'me'"}) == ["/b"]


def test_exclude_wins_over_allow() -> None:
    """What one filter allows another may exclude."""
    filters = {"shop": {"allow": "page_path LIKE '/shop%'"}, "admin": {"exclude": "page_path LIKE '%admin%'"}}
    hits = [view("/shop"), view("/shop/admin", 1), view("/x", 2)]
    assert kept(hits, **filters) == ["/shop"]
    assert counted(hits, {"filters": filters}) == {("G-1", "admin"): 1, ("G-1", "shop"): 1}


def test_the_first_filter_names_the_reason() -> None:
    """Of those that match."""
    settings = Settings.model_validate(
        {"filters": {"z": {"exclude": "page_path = '/x'"}, "a": {"exclude": "page_path = '/x'"}}}
    )
    batch, _ = computed([view("/x")], settings)
    assert batch.ledger == {("G-1", "filtered", "z"): 1}


def test_bots_come_before_filters() -> None:
    """What a protocol leaves out keeps its own reason; filters leave out others."""
    filters = {"every": {"exclude": "page_path LIKE '/%'"}}
    hits = [matomo(BOT), matomo("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 1)]
    assert counted(hits, {"filters": filters}) == {("1", "bot"): 1, ("1", "every"): 1}


def test_test_drops_nothing_and_names_the_last_match() -> None:
    """The column has the filter's name where it matches, and is null elsewhere."""
    settings = Settings.model_validate(
        {"filters": {"b": {"test": "page_path LIKE '/a%'"}, "a": {"test": "page_path LIKE '/a/b%'"}}}
    )
    batch, _ = computed([view("/a"), view("/a/b", 1), view("/c", 2)], settings)
    assert batch.events["traffic_filter_name"].to_pylist() == ["b", "a", None]
    assert batch.ledger == {}


def test_without_filters() -> None:
    """The column is there, and null."""
    assert compute_rows([view("/a")])[0]["traffic_filter_name"] is None
    assert compute_rows([matomo("Mozilla/5.0")])[0]["traffic_filter_name"] is None


def test_a_filter_that_fails_excludes_nothing() -> None:
    """The event is kept, whether the filter excludes or allows; the failure is counted."""
    number = "split_part(page_path, '/', 2)::INTEGER"
    hits = [view("/7"), view("/x", 1), view("/8", 2)]
    assert kept(hits, one={"exclude": f"{number} = 7"}) == ["/x", "/8"]
    batch, failures = computed(hits, Settings.model_validate({"filters": {"one": {"allow": f"{number} = 7"}}}))
    assert (batch.events["page_path"].to_pylist(), failures) == (["/7", "/x"], 1)


def test_a_filter_of_one_property() -> None:
    """Leaves events of other properties alone."""
    settings = {"properties": {"G-1": {"filters": {"mine": {"exclude": "page_path = '/x'"}}}}}
    hits = [view("/x"), view("/x", 1, "G-2"), view("/a", 2)]
    assert counted(hits, settings) == {("G-1", "mine"): 1}


def test_it_is_computed_for_that_property_only() -> None:
    """What would fail elsewhere does not."""
    own = {"mine": {"exclude": "split_part(page_path, '/', 2)::INTEGER = 7"}}
    _, failures = computed(
        [view("/7"), view("/x", 1, "G-2")], Settings.model_validate({"properties": {"G-1": {"filters": own}}})
    )
    assert failures == 0


def test_allow_of_one_property() -> None:
    """Only that property needs a match."""
    settings = {"properties": {"G-1": {"filters": {"mine": {"allow": "page_path = '/a'"}}}}}
    hits = [view("/x"), view("/x", 1, "G-2"), view("/a", 2)]
    assert counted(hits, settings) == {("G-1", "mine"): 1}


@pytest.mark.parametrize("shared", [{"filters": {"one": OFFICE}}, {"defaults": {"filters": {"one": OFFICE}}}])
def test_a_property_without_a_filter_of_all(shared: dict[str, Any]) -> None:
    """`false` switches it off; others have it."""
    settings = {**shared, "properties": {"G-1": {"filters": {"one": False}}}}
    hits = [view("/a", ip="203.0.113.9"), view("/a", 1, "G-2", ip="203.0.113.9")]
    assert counted(hits, settings) == {("G-2", "one"): 1}


def test_a_property_with_another_filter_of_that_name() -> None:
    """Takes the place of the one for all."""
    own = {"one": {"exclude": "page_path = '/x'"}}
    settings = {"filters": {"one": OFFICE}, "properties": {"G-1": {"filters": own}}}
    hits = [view("/a", ip="203.0.113.9"), view("/x", 1), view("/x", 2, "G-2"), view("/a", 3, "G-2", ip="203.0.113.9")]
    assert counted(hits, settings) == {("G-1", "one"): 1, ("G-2", "one"): 1}


def test_a_filter_of_one_protocol() -> None:
    """What only GA4 has filters only its events: an allow filter lets other protocols through."""
    hits = [view("/a"), matomo("Mozilla/5.0")]
    assert counted(hits, {"filters": {"one": {"allow": "measurement_id = 'G-2'"}}}) == {("G-1", "one"): 1}


def test_a_filter_may_read_a_column_in_sql() -> None:
    """As every other column that needs no sessions."""
    settings = {
        "columns": {"is_admin": {"sql": "page_path LIKE '/admin%'"}},
        "filters": {"one": {"exclude": "is_admin"}},
    }
    assert counted([view("/admin"), view("/a", 1)], settings) == {("G-1", "one"): 1}


def test_the_epoch_tells_filters_apart() -> None:
    """By mode and by property too."""
    sql = "page_path = '/x'"
    settings: list[dict[str, Any]] = [
        {"filters": {"one": {"exclude": sql}}},
        {"filters": {"one": {"test": sql}}},
        {"filters": {"one": {"exclude": sql}}, "properties": {"G-9": {"filters": {"one": False}}}},
        {"properties": {"G-1": {"filters": {"one": {"exclude": sql}}}}},
        {},
    ]
    assert len({compute_batch([view("/a")], one).epoch for one in settings}) == len(settings)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"filters": {"one": {"exclude": "pag_path = 'x'"}}},
            "column 'filter_one' (filters.one.exclude, line 1, column 1): there is no column 'pag_path'",
        ),
        (
            {"properties": {"G-1": {"filters": {"one": {"allow": "page_path"}}}}},
            "column 'filter_one@G-1' (properties.G-1.filters.one.allow): it must be true or false, and is VARCHAR",
        ),
        (
            {"filters": {"one": {"test": "session_entry_page_path = '/'"}}},
            "column 'filter_one' (filters.one.test, line 1, column 1): a filter cannot read the session column",
        ),
        (
            {"columns": {"late": {"sql": "session_id || 'x'"}}, "filters": {"one": {"exclude": "late = 'x'"}}},
            "column 'filter_one' ([filters.one]): it is needed before the split and cannot depend on 'late'",
        ),
        (
            {"properties": {"G-1": {"filters": {"one": {"exclude": "true", "allow": "true"}}}}},
            "properties.G-1.filters.one: a filter has exactly one of exclude, allow and test",
        ),
        (
            {"properties": {"G-1": {"filters": {"one": True}}}},
            "properties.G-1.filters.one: write a filter, or false for none of that name",
        ),
        (
            {"properties": {"G-1": {"filters": {"one": {"exclud": "page_path = 'x'"}}}}},
            "properties.G-1.filters.one.exclud: there is no such setting (did you mean 'exclude'?)",
        ),
    ],
)
def test_mistakes(settings: dict[str, Any], expected: str) -> None:
    """Found at the start, with where they are written."""
    resolved = Settings.model_validate(settings)
    with pytest.raises(Problems) as raised:
        app.properties(resolved, app.registry(resolved))
    assert any(str(problem).startswith(expected) for problem in raised.value.problems), raised.value


def matomo(agent: str, minute: int = 0) -> Hit:
    """An action that another protocol reports."""
    query = f"idsite=1&rec=1&url=https%3A%2F%2Fshop.example%2F{minute}"
    fields: dict[str, Any] = {"protocol": "matomo", "family": "matomo", "property_id": "1"}
    return make_hit(query, received_at=NOW + minute * MINUTE, headers={"user-agent": agent}, **fields)


def computed(hits: list[Hit], settings: Settings) -> Any:
    """A batch of the settings in the order in which they are written, and how many rows the filter `one` failed on."""
    found, metrics = app.registry(settings), new_metrics()
    compute = app.computer(settings, found, app.properties(settings, found), metrics)
    plan = Plan(1, NOW + 60 * MINUTE, (Closed(np.arange(len(hits)), "timeout"),), 0)
    batch = compute(0, plan, [codec.encode(hit) for hit in hits])
    names = [column.name for column in found.columns if column.name.startswith("filter_")]
    return batch, sum(metrics.column_failures.labels(name)._value.get() for name in names)
