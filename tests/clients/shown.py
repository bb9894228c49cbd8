"""Rows as short values that a test can compare: some columns, parameters by name, items without what they lack."""

from typing import Any

from tests.clients.tracked import Row


def some(row: Row, *columns: str) -> tuple[Any, ...]:
    """The values of these columns."""
    return tuple(row[column] for column in columns)


def parameters(row: Row, column: str = "params") -> dict[str, str | float]:
    """A list of named values as a dictionary: numbers where the client sent numbers."""
    return {
        one["name"]: one["value_number"] if one["value_number"] is not None else one["value_string"]
        for one in row[column]
    }


def items(row: Row) -> list[dict[str, Any]]:
    """Each item's known fields; custom ones by name. Without amounts in other currencies, which rates decide."""
    return [
        {
            **{
                name: value
                for name, value in item.items()
                if value is not None and not name.endswith(("custom", "_usd"))
            },
            **{one["name"]: one["value"] for one in item["custom"]},
        }
        for item in row["ecommerce_items"]
    ]
