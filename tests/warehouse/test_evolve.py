"""What is added to a table by itself, and what is refused."""

import pyarrow as pa
import pytest

from tracker.warehouse.driver import SchemaMismatch
from tracker.warehouse.evolve import Create, IncompatibleTable, Nothing, Widen, added_members, plan

OLD = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("n", pa.int64())])


def struct(**members: pa.DataType) -> pa.DataType:
    return pa.struct(list(members.items()))


def refusal(existing: pa.Schema | None, wanted: pa.Schema) -> str:
    with pytest.raises(IncompatibleTable) as raised:
        plan("events", existing, wanted)
    return str(raised.value)


def test_new_table() -> None:
    """A table that is not there is created as wanted."""
    assert plan("events", None, OLD) == Create(OLD)


def test_as_wanted() -> None:
    """A table that is as wanted is left alone."""
    assert plan("events", OLD, OLD) == Nothing()


def test_order_does_not_matter() -> None:
    """The order of columns and of struct members makes no difference."""
    existing = pa.schema([("b", struct(x=pa.int64(), y=pa.string())), ("a", pa.string())])
    wanted = pa.schema([("a", pa.string()), ("b", struct(y=pa.string(), x=pa.int64()))])
    assert plan("events", existing, wanted) == Nothing()


def test_added_column_is_nullable() -> None:
    """A new column is added as nullable, even where it should be NOT NULL."""
    wanted = OLD.append(pa.field("at", pa.date32(), nullable=False))
    assert plan("events", OLD, wanted) == Widen((pa.field("at", pa.date32()),))


def test_nullable_column_stays_fine() -> None:
    """A column that was added as nullable and is wanted NOT NULL needs nothing."""
    existing = OLD.append(pa.field("at", pa.date32()))
    wanted = OLD.append(pa.field("at", pa.date32(), nullable=False))
    assert plan("events", existing, wanted) == Nothing()


@pytest.mark.parametrize("wrap", [lambda t: t, pa.list_, lambda t: struct(inner=pa.list_(t))])
def test_added_member(wrap) -> None:  # type: ignore[no-untyped-def]
    """A struct that gains a member widens its column, at any depth."""
    existing = pa.schema([("s", wrap(struct(a=pa.string())))])
    wanted = pa.schema([("s", wrap(struct(a=pa.string(), b=pa.int64())))])
    assert plan("events", existing, wanted) == Widen((wanted.field("s"),))


def test_paths_of_added_members() -> None:
    """Each added member is named by its path; the items of a list are `element`."""
    old = pa.list_(struct(a=struct(x=pa.string())))
    new = pa.list_(struct(a=struct(x=pa.string(), y=pa.int64()), b=pa.string()))
    assert list(added_members(old, new, ("s",))) == [
        (("s", "element", "a", "y"), pa.int64()),
        (("s", "element", "b"), pa.string()),
    ]


def test_leftover_column() -> None:
    """A column that nothing fills any more stays, if it may be null."""
    assert plan("events", OLD, OLD.remove(1)) == Nothing()


def test_leftover_not_null() -> None:
    """A NOT NULL column that nothing fills is refused, with what to do."""
    assert "column id is NOT NULL in the warehouse and no column here fills it: let it be null" in refusal(
        OLD, OLD.remove(0)
    )


def test_changed_type() -> None:
    """A changed type is refused, naming both types and what to do."""
    text = refusal(OLD, OLD.set(1, pa.field("n", pa.string())))
    assert "column n is int64 in the warehouse and string here" in text
    assert "rename it to n_old" in text


def test_changed_member() -> None:
    """A changed type inside a list of structs is refused, with its path."""
    existing = pa.schema([("items", pa.list_(struct(price=pa.int64())))])
    wanted = pa.schema([("items", pa.list_(struct(price=pa.float64())))])
    assert "items[].price is int64" in refusal(existing, wanted)


def test_member_that_is_not_wanted() -> None:
    """A struct of the warehouse may have members that are not wanted; they stay when it gains others."""
    existing = pa.schema([("s", pa.list_(struct(a=pa.string(), b=pa.string())))])
    assert plan("events", existing, pa.schema([("s", pa.list_(struct(a=pa.string())))])) == Nothing()
    both = pa.field("s", pa.list_(struct(a=pa.string(), b=pa.string(), c=pa.int64())))
    assert plan("events", existing, pa.schema([("s", pa.list_(struct(c=pa.int64(), a=pa.string())))])) == Widen((both,))


def test_became_nullable() -> None:
    """A NOT NULL column that may now be null is refused."""
    assert "may be null here" in refusal(OLD, OLD.set(0, pa.field("id", pa.string())))


def test_every_difference_is_listed() -> None:
    """One error lists everything that is wrong."""
    wanted = pa.schema([pa.field("id", pa.int64(), nullable=False), ("n", pa.date32())])
    with pytest.raises(SchemaMismatch) as raised:
        plan("events", OLD, wanted)
    assert isinstance(raised.value, IncompatibleTable)
    assert len(raised.value.differences) == 2


@pytest.mark.parametrize("name", ["Upper", "1st", "", "a b", 'quo"te', "x" * 64, "naïve", "a\n"])
def test_bad_name(name: str) -> None:
    """A name that some warehouse could not hold is refused before a table is made."""
    assert repr(name) in refusal(None, pa.schema([(name, pa.int64())]))


def test_same_name_twice() -> None:
    """Two columns of one name are refused."""
    assert "twice" in refusal(None, pa.schema([("a", pa.int64()), ("a", pa.string())]))


def test_case_does_not_count() -> None:
    """A column the warehouse holds in capitals is the same column."""
    assert plan("events", pa.schema([("N", pa.int64())]), pa.schema([("n", pa.int64())])) == Nothing()
