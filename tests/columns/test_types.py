"""The words for types."""

from typing import Annotated

import pyarrow as pa
import pytest

from tracker.columns import Enumeration, Events, String, declare, event, param, session, version
from tracker.columns.batch import table_schema
from tracker.columns.collect import AnyColumn
from tracker.columns.types import arrow_type
from tracker.model import ENUMERATION


@event
def section(page_path: String) -> Enumeration:
    """The part of the site."""
    return page_path


@session
def session_section(section: Events[Annotated[Enumeration, version(1)]]) -> Enumeration:
    """The part of the site where the session began."""
    return section.first()


@event
def remark(page_path: String) -> String:
    """Any text."""
    return page_path


def named(column: AnyColumn, name: str) -> AnyColumn:
    """A column as if a module had given it its name."""
    column.name = name
    return column


COLUMNS = {
    "function": section,
    "session": session_section,
    "parameter": named(param("ep.plan", type=Enumeration, stored=True), "plan"),
    "interface": named(declare(Enumeration, doc="Kind of place."), "place"),
}


@pytest.mark.parametrize("column", COLUMNS.values(), ids=COLUMNS)
def test_few_values(column: AnyColumn) -> None:
    """An enumeration is text, and the schema of the rows tells warehouses that it is one."""
    (field,) = table_schema([column])
    assert field.type == pa.string()
    assert ENUMERATION.encode() in field.metadata


def test_any_text() -> None:
    """Other text makes no such promise."""
    (field,) = table_schema([remark])
    assert field.metadata is None


def test_same_to_other_columns() -> None:
    """As an input it is the same type as text."""
    assert arrow_type(Enumeration) == arrow_type(String)
