"""Broken drivers under the driver contract: what `test_planted_defects.py` runs.

Pytest does not collect this file by itself.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import broken
from tests.contracts.broken import changing
from tests.plugins.sqlite import SQLite, SQLiteSettings
from tracker.testing import DriverContract
from tracker.warehouse.driver import Driver


@dataclass(frozen=True, slots=True)
class Defect:
    """A driver that is broken, and tests of the contract that must each find it."""

    driver: type[SQLite]
    found_by: tuple[str, ...]


DEFECTS: Mapping[str, Defect] = {
    "cursor first": Defect(broken.CursorFirst, ("test_crash_anywhere", "test_bad_row")),
    "cursor last": Defect(broken.CursorLast, ("test_crash_anywhere",)),
    "cursor ignored": Defect(broken.CursorIgnored, ("test_same_plan_twice", "test_reopen", "test_older_plan")),
    "last plan only": Defect(broken.LastPlanOnly, ("test_plan_before", "test_older_plan")),
    "cursor of any partition": Defect(broken.CursorOfAnyPartition, ("test_partitions", "test_cursor")),
    "cursor as float": Defect(broken.CursorAsFloat, ("test_large_cursor",)),
    "cursor in memory": Defect(broken.CursorInMemory, ("test_reopen", "test_open_again")),
    "cursor with rows only": Defect(broken.CursorWithRowsOnly, ("test_cursor_without_rows",)),
    "any log": Defect(broken.AnyLog, ("test_another_log",)),
    "not durable": Defect(broken.NotDurable, ("test_killed", "test_reader_sees_all")),
    "table by table": Defect(broken.TableByTable, ("test_reader", "test_bad_row_in_any_table[1]")),
    "error commits": Defect(broken.ErrorCommits, ("test_bad_row", "test_bad_row_in_any_table[2]")),
    "bad row swallowed": Defect(broken.BadRowSwallowed, ("test_bad_row", "test_check_bad", "test_find_bad_rows")),
    "bad row retried": Defect(broken.BadRowRetried, ("test_bad_row", "test_find_bad_rows")),
    "check keeps": Defect(broken.CheckKeeps, ("test_check_keeps_nothing", "test_check_after_append")),
    "check blind": Defect(broken.CheckBlind, ("test_check_bad", "test_find_bad_rows")),
    "check first table": Defect(broken.CheckFirstTable, ("test_check_bad",)),
    "columns by place": Defect(broken.ByPlace, ("test_columns_by_name",)),
    "members by place": Defect(broken.MembersByPlace, ("test_members_by_name",)),
    "first chunk": Defect(broken.FirstChunk, ("test_chunks",)),
    "whole buffers": Defect(broken.WholeBuffers, ("test_slices",)),
    "widen forgets member": Defect(broken.WidenForgetsMember, ("test_widen_struct", "test_widen_many")),
    "widen forgets list": Defect(broken.WidenForgetsListMember, ("test_widen_list_of_structs", "test_widen_deep")),
    "widen one": Defect(broken.WidenFirst, ("test_widen_many",)),
    "widen empties": Defect(broken.WidenEmpties, ("test_widen", "test_widen_many")),
    "all nullable": Defect(broken.AllNullable, ("test_describe",)),
    "in alphabet": Defect(broken.InAlphabet, ("test_describe",)),
    "similar names": Defect(broken.SimilarNames, ("test_similar_names",)),
    "remembers tables": Defect(broken.RemembersTables, ("test_changed_outside[drop]", "test_described_outside")),
    "blames rows": Defect(broken.BlamesRows, ("test_changed_outside[type]", "test_check_changed_outside[required]")),
    "surplus dropped": Defect(broken.SurplusDropped, ("test_unknown_column",)),
    "unquoted": Defect(broken.Unquoted, ("test_odd_names[order]",)),
    "null is zero": Defect(changing("whole", lambda value: value or 0), ("test_nulls", "test_nulls_among_values")),
    "null is no text": Defect(changing("text", lambda value: value or ""), ("test_nulls", "test_nulls_among_values")),
    "no text is null": Defect(changing("text", lambda value: value or None), ("test_nulls_among_values",)),
    "null is false": Defect(changing("is_new", bool), ("test_nulls",)),
    "zero is null": Defect(changing("amount", lambda value: value or None), ("test_nulls_among_values",)),
    "whole is float": Defect(
        changing("whole", lambda value: value and max(-(2**63), min(int(float(value)), 2**63 - 1))), ("test_integers",)
    ),
    "short float": Defect(changing("amount", lambda value: value and float(f"{value:.6g}")), ("test_floats",)),
    "microseconds cut": Defect(
        changing("at", lambda at: at and at.replace(microsecond=at.microsecond // 1000 * 1000)), ("test_time_zone",)
    ),
    "local time": Defect(
        changing("at", lambda at: at and at.astimezone().replace(tzinfo=UTC)), ("test_time_zone",)
    ),
    "no time before 1970": Defect(
        changing("at", lambda at: at and max(at, datetime(1970, 1, 1, tzinfo=UTC))), ("test_time_zone",)
    ),
    "a day late": Defect(changing("day", lambda day: day and day + timedelta(days=1)), ("test_days", "test_types")),
    "empty list is null": Defect(changing("words", lambda words: words or None), ("test_empty_lists",)),
    "null list is empty": Defect(changing("words", lambda words: words or []), ("test_empty_lists",)),
    "list is a set": Defect(
        changing("words", lambda words: words and sorted(set(words), key=str)), ("test_lists_keep_order",)
    ),
    "no nulls in lists": Defect(
        changing("words", lambda words: words and [word for word in words if word is not None]),
        ("test_lists_keep_order",),
    ),
    "no tags": Defect(
        changing("items", lambda items: items and [{**item, "tags": []} for item in items]), ("test_nested_lists",)
    ),
    "null struct is one of nulls": Defect(
        changing("page", lambda page: page or {"url": None, "facts": None}), ("test_null_structs",)
    ),
    "text cut at 255": Defect(changing("text", lambda text: text and text[:255]), ("test_long_text[1]",)),
    "text cut at 8192 bytes": Defect(
        changing("text", lambda text: text and text.encode()[:8192].decode(errors="ignore")), ("test_long_text[2]",)
    ),
    "only 16 bits": Defect(
        changing("text", lambda text: text and "".join("?" if ord(letter) > 0xFFFF else letter for letter in text)),
        ("test_types", "test_long_text[4]"),
    ),
    "text trimmed": Defect(changing("text", lambda text: text and text.strip()), ("test_odd_text",)),
    "text ends at zero": Defect(changing("text", lambda text: text and text.split("\0")[0]), ("test_odd_text",)),
    "bytes are text": Defect(
        changing("raw", lambda raw: raw and raw.decode(errors="replace").encode()), ("test_types",)
    ),
}  # fmt: skip

GAPS: Mapping[str, str] = {
    "keeps_cursor": "test_gap_cursor",
    "checks_rows": "test_gap_check",
    "writes_at_once": "test_gap_readers",
    "has_null_lists": "test_gap_null_lists",
    "has_null_structs": "test_gap_null_structs",
    "takes_sql": "test_gap_sql",
}
"""What a driver may declare to do without, and what finds out that it does not."""


class Planted(DriverContract):
    """The contract of the undamaged driver's tests."""

    def rows(self, driver: Driver, table: str) -> list[dict[str, Any]]:
        """Whole tables."""
        assert isinstance(driver, SQLite)
        return driver.rows(table, "n")

    def run(self, driver: Driver, sql: str) -> None:
        """By another connection."""
        with closing(sqlite3.connect(driver.data / driver.settings.path)) as other:
            other.execute(sql)
            other.commit()


class TestDefects(Planted):
    """Each defect under each test; and no defect, called `none`."""

    @pytest.fixture(params=["none", *DEFECTS])
    def make_driver(self, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Driver]:
        """The driver with this defect."""
        kind = SQLite if request.param == "none" else DEFECTS[request.param].driver
        return lambda: kind(SQLiteSettings(), tmp_path)


class TestGaps(Planted):
    """An undamaged driver that declares one gap it does not have."""

    @pytest.fixture(params=GAPS)
    def make_driver(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[], Driver]:
        """The driver as it is."""
        monkeypatch.setattr(SQLite if hasattr(SQLite, request.param) else TestGaps, request.param, False)
        return lambda: SQLite(SQLiteSettings(), tmp_path)
