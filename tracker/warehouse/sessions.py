"""What a table of sessions has, whether it is a table or a view."""

from collections.abc import Collection

import pyarrow as pa

SESSION_KEYS = (
    "session_id", "property_id", "property_name", "client_id", "tracking_protocol", "timestamp_utc", "date_utc",
    "date_local", "ingested_at", "schema_epoch", "log_partition", "log_offset",
)  # fmt: skip
"""What a table of sessions has, before the session columns: whose session, and where and when it began, taken from its
first event.
"""


def session_names(columns: pa.Schema, session_columns: Collection[str]) -> list[str]:
    """The columns of a table of sessions: its keys, as far as there are such columns, then the session columns."""
    keys = [name for name in SESSION_KEYS if name in columns.names]
    return [*keys, *(name for name in columns.names if name in session_columns and name not in keys)]


def sessions_schema(columns: pa.Schema, session_columns: Collection[str]) -> pa.Schema:
    """The schema of a table of sessions: there the id of the session is never null."""
    return pa.schema([required(columns.field(name)) for name in session_names(columns, session_columns)])


def required(field: pa.Field) -> pa.Field:
    """A column as it is in a table of sessions."""
    return field.with_nullable(False) if field.name == "session_id" else field
