"""What a migration can do to the tables and views of a warehouse, as values. None of it takes anything away that is not
a view of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from tracker.warehouse.driver import View


@dataclass(frozen=True, slots=True)
class CreateTable:
    """Make a table that is not there."""

    table: str
    schema: pa.Schema

    def __str__(self) -> str:
        return f"create table {self.table} with {len(self.schema)} columns"


@dataclass(frozen=True, slots=True)
class WidenTable:
    """Add columns to a table, or members to its structs: those of `fields` that `here` has already."""

    table: str
    here: pa.Schema
    fields: tuple[pa.Field, ...]

    def __str__(self) -> str:
        return f"widen table {self.table} by {', '.join(field.name for field in self.fields)}"


@dataclass(frozen=True, slots=True)
class PutView:
    """Make a view, or put it in the place of an older one of ours.

    `mark` stands in its comment: by it the view is known as ours, and as this definition of it.
    """

    view: "View"
    mark: str
    replaces: bool = False

    @property
    def comment(self) -> str:
        """What the warehouse keeps beside the view."""
        return f"{self.view.doc} [tracker {self.mark}]"

    def __str__(self) -> str:
        return f"{'replace' if self.replaces else 'make'} view {self.view.name}"


@dataclass(frozen=True, slots=True)
class DropView:
    """Take away a view of ours."""

    name: str

    def __str__(self) -> str:
        return f"drop view {self.name}"


Change = CreateTable | WidenTable | PutView | DropView


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of the warehouse, whoever made it."""

    kind: Literal["table", "view"]
    comment: str = ""


class Existing(Protocol):
    """What a warehouse has now. Looking changes nothing."""

    def describe(self, table: str) -> pa.Schema | None:
        """See `tracker.warehouse.driver.Driver.describe`."""

    def relations(self) -> Mapping[str, Relation]:
        """Tables and views by name."""
