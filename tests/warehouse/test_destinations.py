"""Where each property's rows go."""

from typing import Any

import pytest

from tracker.config import Properties, PropertySettings, WarehouseSettings
from tracker.warehouse.destinations import Destinations
from tracker.warehouse.tables import Tables, tables

SINKS = {"main": {}, "ch": {"driver": "clickhouse"}}


def places(
    warehouse: dict[str, Any] | None = None, defaults: dict[str, Any] | None = None, **properties: dict[str, Any]
) -> Destinations:
    """Destinations as settings make them."""
    known = {name: PropertySettings.model_validate({**(defaults or {}), **own}) for name, own in properties.items()}
    settings = WarehouseSettings.model_validate({"sinks": SINKS, **(warehouse or {})})
    return Destinations(settings, Properties(known, PropertySettings.model_validate(defaults or {})))


@pytest.mark.parametrize(
    ("events", "sessions", "prefix"),
    [("events", "sessions", ""), ("shop_events", "shop_sessions", "shop_"), ("hits", "hits_sessions", "hits_")],
)
def test_names(events: str, sessions: str, prefix: str) -> None:
    """The table of sessions and the views are called after the table of events."""
    own = tables("split", events)
    assert (own.sessions, own.prefix) == (sessions, prefix)


def test_common_tables() -> None:
    """A property without a word on it uses the tables of all."""
    common = {"layout": "split", "events_table": "hits", "sessions_table": "visits"}
    assert places(common, p={}).tables_of("p") == Tables("split", "hits", "visits")


def test_own_tables() -> None:
    """A property may have its own table set; its sessions are then not those of all."""
    found = places({"sessions_table": "visits"}, p={"events_table": "shop_events", "layout": "split"})
    assert found.tables_of("p") == Tables("split", "shop_events", "shop_sessions")
    assert found.tables_of("stranger") == Tables("wide", "events", "visits")
    assert found.sets() == (Tables("wide", "events", "visits"), Tables("split", "shop_events", "shop_sessions"))


def test_sinks() -> None:
    """A sink takes the properties that name it, and those that name none."""
    found = places(p={"sinks": ["ch"], "events_table": "p_events"}, q={})
    assert [found.takes("main")(name) for name in ("p", "q", "stranger")] == [False, True, True]
    assert found.takes("ch")("p")
    assert found.sets("main") == (Tables(),)
    assert len(found.sets("ch")) == 2


def test_default_sinks() -> None:
    """What has no section goes where the defaults say."""
    found = places(None, {"sinks": ["main"]}, p={"sinks": ["main", "ch"]})
    assert [found.takes("ch")(name) for name in ("p", "stranger")] == [True, False]


@pytest.mark.parametrize(
    ("properties", "problem"),
    [
        (
            {"p": {"sinks": ["mian"]}},
            "properties.p.sinks: there is no sink 'mian' (did you mean",
        ),
        (
            {"p": {"layout": "split"}},
            "properties.p: layout split in the table events, which defaults fills",
        ),
        ({"p": {"sessions_table": "x"}}, "properties.p: sessions_table x beside the table events, which defaults has"),
        (
            {"p": {"events_table": "sessions"}},
            "properties.p: events_table sessions is the sessions table beside",
        ),
        ({"p": {"events_table": "a_events", "sessions_table": "a_events"}}, "is the events table beside a_events"),
        ({"p": {"events_table": "a"}, "q": {"events_table": "a_events"}}, "would have views of the same names as a;"),
        ({"p": {"events_table": "tracker_ledger"}}, "names that begin with tracker_ are the tracker's own"),
    ],
)
def test_problems(properties: dict[str, dict[str, Any]], problem: str) -> None:
    """What cannot be is said, with where it stands."""
    assert any(problem in text for text in places(**properties).problems())


def test_no_problems() -> None:
    """Properties may share a table set of their own."""
    own = {"events_table": "shop_events", "layout": "split", "sinks": ["ch"]}
    assert list(places(p=own, q=own, r={}).problems()) == []
