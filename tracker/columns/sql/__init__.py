"""Columns, session boundaries and traffic filters written as SQL expressions in the settings.

Takes expressions and the columns there are, gives columns like any other: with inputs by name, a type, and a function
over arrays. What cannot work is found at start-up, with its position. An expression that fails on one event costs that
event's value and nothing else.
"""

from tracker.columns.sql.compile import Draft, compile_all
from tracker.columns.sql.engine import Engine
from tracker.columns.sql.expression import Written
from tracker.columns.sql.filters import Filter, columns_of_filters

__all__ = ["Draft", "Engine", "Filter", "Written", "columns_of_filters", "compile_all"]
