"""Columns: plain functions of Arrow arrays, wired by name. Everything a column author needs is exported here."""

from tracker.columns import ops
from tracker.columns.column import Column, ColumnError, First, implemented_by, version
from tracker.columns.events import Events, Runs
from tracker.columns.types import (
    Binary,
    Bool,
    Date,
    Enumeration,
    Float64,
    Int64,
    NamedValues,
    String,
    Timestamp,
    list_of,
    struct_of,
)
from tracker.columns.words import boundary, declare, event, header, hit, param, params, resource, session, setting

__all__ = [
    "Binary",
    "Bool",
    "Column",
    "ColumnError",
    "Date",
    "Enumeration",
    "Events",
    "First",
    "Float64",
    "Int64",
    "NamedValues",
    "Runs",
    "String",
    "Timestamp",
    "boundary",
    "declare",
    "event",
    "header",
    "hit",
    "implemented_by",
    "list_of",
    "ops",
    "param",
    "params",
    "resource",
    "session",
    "setting",
    "struct_of",
    "version",
]
