"""Which boundaries are on, for whom, and those that GA4 properties may switch on. Matomo's are tested with Matomo."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tracker.clock import HOUR, MINUTE
from tracker.columns import Bool, Int64, boundary, hit
from tracker.columns.collect import AnyColumn
from tracker.columns.core.boundaries import midnight, utm_campaign_changed
from tracker.columns.events import Events
from tracker.columns.graph import build
from tracker.errors import Problems
from tracker.model import Closed, Hit
from tracker.testing import compute_rows, events, make_hit
from tracker.testing.hits import NOW

log_offset = hit("log_offset", Int64)
log_offset.name = "log_offset"
BEFORE_MIDNIGHT = 15 * HOUR + 6 * MINUTE
"""From 08:53:20 to 23:59:20 UTC."""


@boundary(default=False)
def at_every_event(log_offset: Events[Int64]) -> Bool:
    """Everywhere, where it is on."""
    return pa.array([True] * len(log_offset))


def page(when: int, campaign: str = "", property_id: str = "G-1") -> Hit:
    """A page view `when` microseconds after NOW."""
    query = f"en=page_view&dl=https%3A%2F%2Fa.example%2F{f'%3Futm_campaign%3D{campaign}' if campaign else ''}"
    return make_hit(query, received_at=NOW + when, property_id=property_id)


def causes(hits: list[Hit], settings: dict[str, Any] | None = None) -> list[str | None]:
    """The split cause of the session of each hit."""
    return [row["session_split_cause"] for row in compute_rows(hits, settings)]


def graph_default(switches: dict[str, dict[str, bool]]) -> bool:
    """Whether the boundary above is on for the family `ga4`."""
    columns: list[AnyColumn] = [log_offset, at_every_event]
    return build(columns, ["ga4", "other"], switches=switches)["ga4"].nodes["at_every_event"].default


def test_a_boundary_says_whether_it_is_on() -> None:
    """And a protocol family may say otherwise for its own hits."""
    assert graph_default({}) is False
    assert graph_default({"other": {"at_every_event": True}}) is False
    assert graph_default({"ga4": {"at_every_event": True}}) is True


def test_a_protocol_cannot_switch_what_is_not_there() -> None:
    """The nearest name is offered, at start-up."""
    with pytest.raises(Problems, match=r"'ga4': no boundary 'at_every_evnt' \(did you mean 'at_every_event'"):
        graph_default({"ga4": {"at_every_evnt": True}})


def test_ga4_sessions_survive_midnight_and_new_campaigns() -> None:
    """As those of the tag do."""
    hits = [page(BEFORE_MIDNIGHT, "a"), page(BEFORE_MIDNIGHT + MINUTE, "b")]
    assert causes(hits) == [None, None]


@pytest.mark.parametrize("section", ["properties", "defaults"])
def test_a_property_switches_on_what_is_off(section: str) -> None:
    """By name, for one property or for all."""
    on = {"boundaries": {"midnight": True}}
    settings = {"defaults": on} if section == "defaults" else {"properties": {"G-1": on}}
    hits = [page(BEFORE_MIDNIGHT), page(BEFORE_MIDNIGHT + MINUTE)]
    assert causes(hits, settings) == [None, "midnight"]


def test_a_property_has_the_last_word() -> None:
    """What `[defaults]` switches on one property may switch off again."""
    settings = {
        "defaults": {"boundaries": {"midnight": True}},
        "properties": {"G-1": {"boundaries": {"midnight": False}}},
    }
    assert causes([page(BEFORE_MIDNIGHT), page(BEFORE_MIDNIGHT + MINUTE)], settings) == [None, None]


def test_switched_for_one_property_is_switched_for_one() -> None:
    """Others of the same batch keep theirs."""
    settings = {"properties": {"G-2": {"boundaries": {"utm_campaign_changed": True}}}}
    hits = [page(0, "a"), page(1, "b"), page(0, "a", "G-2"), page(1, "b", "G-2")]
    closed = [Closed(np.array([0, 1]), "timeout"), Closed(np.array([2, 3]), "timeout")]
    rows = compute_rows(hits, settings, protosessions=closed)
    assert [row["session_split_cause"] for row in rows] == [None, None, None, "utm_campaign_changed"]


@pytest.mark.parametrize("section", ["properties", "defaults"])
def test_a_boundary_of_no_name_is_refused(section: str) -> None:
    """Once, with the nearest one that there is."""
    wrong = {"boundaries": {"midnigth": True}}
    settings = (
        {"defaults": wrong, "properties": {"G-1": {}}} if section == "defaults" else {"properties": {"G-1": wrong}}
    )
    with pytest.raises(
        Problems, match=r"boundaries.midnigth: there is no such boundary \(did you mean 'midnight'"
    ) as found:
        causes([page(0)], settings)
    assert len(found.value.problems) == 1


def test_another_known_campaign_splits() -> None:
    """The first one, a page without, and the same one again do not."""
    campaigns = events([[None, "a", None, "a", "b", "b", None, "a"], ["c", "d"]])
    cuts = [[False, False, False, False, True, False, False, True], [False, True]]
    sent_once: Events[Bool] = Events(pa.array([False] * len(campaigns)), campaigns.offsets)
    found = utm_campaign_changed(campaigns, sent_once).to_pylist()
    assert events(cuts).values.to_pylist() == [bool(cut) for cut in found]


def test_midnight_is_a_day_that_differs_from_the_one_before() -> None:
    """Within a visitor: the first event of a run begins no day."""
    days = events([[1, 1, 2], [5]])
    assert midnight(Events(days.values.cast(pa.int32()).view(pa.date32()), days.offsets)).to_pylist() == [
        None, False, True, None,
    ]  # fmt: skip


def test_what_a_consent_change_sends_again_splits_nothing() -> None:
    """It repeats an earlier page and what was known then, in the middle of what came after."""
    hits = [
        page(0, "a"),
        page(MINUTE, "b"),
        make_hit("en=page_view&gcu=1&dl=https%3A%2F%2Fa.example%2F%3Futm_campaign%3Da", received_at=NOW + 2 * MINUTE),
        page(3 * MINUTE, "b"),
    ]
    on = {"defaults": {"boundaries": {"utm_campaign_changed": True}}}
    assert causes(hits, on) == [None, *["utm_campaign_changed"] * 3]
