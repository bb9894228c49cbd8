"""What a warehouse needs: additions first, the end after, refusals all at once."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pytest

from tracker.warehouse.change import Change, CreateTable, DropView, PutView, Relation, WidenTable
from tracker.warehouse.changes import Changes, IncompatibleTables, changes, mark_of
from tracker.warehouse.driver import View

EVENTS = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("n", pa.int64())])
LEDGER = pa.schema([pa.field("plan", pa.int64(), nullable=False)])
WANTED = {"events": EVENTS, "ledger": LEDGER}
TABLES = {"events": Relation("table"), "ledger": Relation("table")}
DAILY, WEEKLY = View("daily", "One row a day.", "SELECT 1"), View("weekly", "One row a week.", "SELECT * FROM daily")


def found(
    here: Mapping[str, pa.Schema | None] = WANTED,
    relations: Mapping[str, Relation] = TABLES,
    views: Sequence[View] | None = (),
    wanted: Mapping[str, pa.Schema] = WANTED,
) -> Changes:
    """The changes; what is not said is as wanted, and no view is."""
    return changes({name: here.get(name) for name in wanted}, wanted, relations, views)


def made(*views: View, wanted: Mapping[str, pa.Schema] = WANTED) -> dict[str, Relation]:
    """The relations once these views are there."""
    puts = found(relations={}, views=views, wanted=wanted, here=wanted).pre
    return {**TABLES, **{put.view.name: Relation("view", put.comment) for put in puts if isinstance(put, PutView)}}


def words(changes: Sequence[Change]) -> list[str]:
    """The changes as sentences."""
    return [str(change) for change in changes]


def test_empty_warehouse() -> None:
    """Everything is an addition: tables first, then views in the order they came."""
    plan = found({}, {}, [DAILY, WEEKLY])
    assert plan.pre[:2] == (CreateTable("events", EVENTS), CreateTable("ledger", LEDGER))
    assert words(plan.pre[2:]) == ["make view daily", "make view weekly"]
    assert plan.post == ()


def test_as_wanted() -> None:
    """Where all is as wanted nothing is to be done."""
    assert found(relations=made(DAILY), views=[DAILY]) == Changes((), ())


def test_lacking_column() -> None:
    """A column that is lacking is an addition, and says what was there."""
    here = pa.schema([EVENTS.field("id")])
    assert found({**WANTED, "events": here}).of("pre") == (WidenTable("events", here, (EVENTS.field("n"),)),)


def test_every_difference_at_once() -> None:
    """Differences of all tables are in one refusal."""
    here = {"events": pa.schema([("id", pa.int64()), ("n", pa.string())]), "ledger": pa.schema([("plan", pa.string())])}
    with pytest.raises(IncompatibleTables) as refused:
        found(here)
    columns = [difference.column for table in refused.value.tables for difference in table.differences]
    assert columns == ["id", "n", "plan"]
    assert "table ledger" in str(refused.value)


def test_changed_view() -> None:
    """A view of ours with another definition, or another sentence about it, is replaced at the end."""
    for changed in (View("daily", DAILY.doc, "SELECT 2"), View("daily", "Days.", DAILY.sql)):
        plan = found(relations=made(DAILY), views=[changed])
        assert (plan.pre, words(plan.post)) == ((), ["replace view daily"])


def test_new_view_behind_a_changed_one() -> None:
    """A new view may read what a changed one is going to have, so it waits for it."""
    plan = found(relations=made(DAILY), views=[View("daily", DAILY.doc, "SELECT 2"), WEEKLY])
    assert (plan.pre, words(plan.post)) == ((), ["replace view daily", "make view weekly"])


def test_view_nobody_wants() -> None:
    """A view of ours that is not wanted any more is dropped at the end; one that is not ours stays."""
    relations = {**made(DAILY), "theirs": Relation("view", "about tracker 12ab")}
    assert found(relations=relations) == Changes((), (DropView("daily"),))


@pytest.mark.parametrize("kind", ["table", "view"])
def test_name_that_is_taken(kind: str) -> None:
    """What is not ours is left alone, even with our mark on a table, and named."""
    comment = "[tracker 1f3a9c00]" if kind == "table" else "My days."
    relation = Relation("table" if kind == "table" else "view", comment)
    assert found(relations={**TABLES, "daily": relation}, views=[DAILY]) == Changes((), (), ("daily",))


def test_table_where_our_view_is() -> None:
    """A table that is wanted where a view of ours stands takes its place."""
    wanted = {**WANTED, "daily": LEDGER}
    plan = found({**WANTED, "daily": LEDGER}, made(DAILY), [], wanted)
    assert plan == Changes((DropView("daily"), CreateTable("daily", LEDGER)), ())


def test_table_where_another_view_is() -> None:
    """A table that is wanted where somebody has put a view is refused."""
    with pytest.raises(IncompatibleTables, match="events is a view"):
        found(relations={**TABLES, "events": Relation("view", "Mine.")})


def test_views_left_alone() -> None:
    """Where views are not wanted at all, ours are not touched either."""
    assert found(relations=made(DAILY), views=None) == Changes((), ())


def test_member_that_views_must_learn_of() -> None:
    """When a struct gains a member views are made anew: ClickHouse gives their columns types when they are made."""
    before, after = (
        {**WANTED, "events": pa.schema([("s", pa.struct([(n, pa.int64()) for n in names]))])} for names in ("a", "ab")
    )
    plan = found(before, made(DAILY, wanted=before), [DAILY], after)
    assert words(plan.pre) == ["widen table events by s"]
    assert words(plan.post) == ["replace view daily"]


def test_mark() -> None:
    """The mark is in the comment behind the sentence, and tells definitions apart."""
    (one,) = [mark for mark in map(mark_of, made(DAILY).values()) if mark]
    (other,) = [mark for mark in map(mark_of, made(WEEKLY).values()) if mark]
    assert one != other
    assert made(DAILY)["daily"].comment == f"One row a day. [tracker {one}]"


def test_table_that_does_not_belong_to_us() -> None:
    """A table whose columns fit may be refused for what it means."""
    with pytest.raises(IncompatibleTables, match="table events does not fit the columns:\n- another layout"):
        changes(WANTED, WANTED, TABLES, (), lambda table, here: "another layout" if table == "events" else "")
