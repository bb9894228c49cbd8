"""What an expression may be: mistakes are found at the start, all at once, each with where it stands."""

from functools import cache
from typing import Any

import pytest

from tracker import app
from tracker.columns.column import ColumnError
from tracker.columns.sql import Draft, Engine, Written, compile_all
from tracker.columns.sql.expression import function_problem
from tracker.config import Settings
from tracker.errors import Misconfigured, Problems
from tracker.plugins import Registry


@cache
def plain() -> tuple[Registry, Engine]:
    """What is there without any SQL, and an engine: made once."""
    return app.registry(Settings()), Engine()


def problems(**columns: str) -> list[str]:
    """What is wrong with columns of these expressions."""
    found: list[Misconfigured | str] = []
    registry, engine = plain()
    drafts = [Draft(Written(name, f"columns.{name}.sql", sql)) for name, sql in columns.items()]
    compile_all(drafts, registry.columns, list(registry.graphs), engine, found)
    return [str(problem) for problem in found]


def problems_of_settings(**columns: Any) -> list[Misconfigured | str]:
    """What is wrong with a `[columns]` section."""
    with pytest.raises(Problems) as raised:
        app.registry(Settings.model_validate({"columns": columns}))
    return list(raised.value.problems)


@pytest.mark.parametrize(
    ("sql", "where", "problem"),
    [
        ("1 + sum(event_value)", 5, "sum is an aggregate function; an expression sees one event"),
        ("count(*)", 1, "count_star is an aggregate function; an expression sees one event"),
        ("lag(page_path) OVER ()", 1, "a window function looks at other events"),
        ("row_number()", 1, "row_number: a window function looks at other events"),
        ("page_path IN (SELECT 'x')", 14, "a subquery looks at other data"),
        ("EXISTS (SELECT 1)", 1, "a subquery looks at other data"),
        ("unnest([page_path])", 1, "unnest gives several rows; an expression has one value"),
        ("generate_subscripts([page_path], 1)", 1, "generate_subscripts cannot be used: it calls unnest"),
        ("*", 1, "* stands for several columns; name one"),
        ("COLUMNS('page.*')", 1, "* stands for several columns; name one"),
        ("page_path = $1", 13, "a parameter (? or $1) has no value here"),
        ("#1", 1, "columns are read by their names"),
        ("random() < 0.5", 1, "random does not always give the same result for the same event"),
        ("uuid()", 1, "uuid does not always give the same result for the same event"),
        ("nextval('ids')", 1, "nextval does not always give the same result for the same event"),
        ("timestamp_utc < now()", 17, "now does not always give the same result for the same event"),
        ("date_utc = today()", 12, "today does not always give the same result for the same event"),
        ("date_utc = current_date", 12, "current_date does not always give the same result for the same event"),
        ("timestamp_utc < CURRENT_TIMESTAMP", 17, "current_timestamp does not always give the same result for the"),
        ("timestamp_utc < localtimestamp", 17, "localtimestamp does not always give the same result for the same"),
        ("timestamp_utc < current_localtimestamp()", 17, "current_localtimestamp does not always give the same"),
        ("age(timestamp_utc) > INTERVAL 1 DAY", 1, "age does not always give the same result for the same event"),
        ("timestamp_utc < ago(INTERVAL 1 DAY)", 17, "ago does not always give the same result for the same event"),
        ("getvariable('x') = page_path", 1, "getvariable does not always give the same result for the same event"),
        ("current_setting('threads')", 1, "current_setting does not always give the same result for the same event"),
        ("pag_path = 'x'", 1, "there is no column 'pag_path' (did you mean 'page_path'?)"),
        ("page_path = rowid", 13, "there is no column 'rowid'"),
        ("events.page_path", 1, "there is no column 'events'"),
        ("list_transform([page_path], lambda x: x || y_)", 44, "there is no column 'y_'"),
        ("page_path ||", 13, "it ends too early"),
        ("page_path; DROP TABLE x", 10, 'syntax error at or near ";"'),
        ("page_path AS x", 11, 'syntax error at or near "AS"'),
        ("page_path + timestamp_utc", 11, "No function matches the given name and argument types '+(VARCHAR"),
        ("lowr(page_path)", 1, 'Scalar Function with name lowr does not exist! Did you mean "lower"?'),
        ("page_path::varchr", 12, "Type with name varchr does not exist!"),
    ],
)  # fmt: skip
def test_refused_with_its_place(sql: str, where: int, problem: str) -> None:
    """Line and column of the expression, counted from 1."""
    (found,) = problems(mine=sql)
    assert found.startswith(f"column 'mine' (columns.mine.sql, line 1, column {where}): {problem}")


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("", "it is empty"),
        ("1 + 1", "it reads no column"),
        ("page_path) FROM (SELECT 1", "it is more than one expression"),
        ("page_path) UNION SELECT (1", "it is more than one expression"),
        ("page_path, page_title", "its type is TUPLE(VARCHAR, VARCHAR); a column is text, a number, true or false"),
        ("timestamp_utc - timestamp_utc", "its type is INTERVAL; a column is text, a number, true or false, a date"),
        ("NULLIF(page_path, page_path)::BLOB", "its type is BLOB"),
    ],
)
def test_refused_as_a_whole(sql: str, problem: str) -> None:
    """What is wrong with all of it has no place."""
    (found,) = problems(mine=sql)
    assert found.startswith(f"column 'mine' (columns.mine.sql): {problem}")


def test_lines_and_letters_are_counted_as_people_do() -> None:
    """A line break begins a new line, and a letter is one column however many bytes it has."""
    assert (
        "line 2, column 8): there is no column 'pag_path'" in problems(mine="page_title = 'Grüße'\nOR 'ü'=pag_path")[0]
    )


def test_all_problems_at_once() -> None:
    """Of one expression, of several, and of what is written around them."""
    found = problems_of_settings(
        one={"sql": "sum(event_value) + random()"},
        two={"sql": "pag_path"},
        three={"sql": "page_path", "scope": "session"},
        four={"sql": "page_path", "order": 3},
        five={"sql": "page_path", "dok": "x"},
        six={"sql": 6},
    )
    assert sorted(str(problem).partition(": ")[0] for problem in found) == [
        "column 'one' (columns.one.sql, line 1, column 1)",
        "column 'one' (columns.one.sql, line 1, column 20)",
        "column 'two' (columns.two.sql, line 1, column 1)",
        "columns.five.dok",
        "columns.four.order",
        "columns.six.sql",
        "columns.three.scope",
    ]


def test_one_mistake_is_reported_once() -> None:
    """A column that reads a column with a mistake has none itself."""
    assert len(problems(one="pag_path", two="one || 'x'", three="lower(two)")) == 1


def test_columns_that_read_each_other() -> None:
    """Each says what leads back to it."""
    assert problems(one="lower(two)", two="upper(one)") == [
        "column 'one' (columns.one.sql): its inputs lead back to itself, by two",
        "column 'two' (columns.two.sql): its inputs lead back to itself, by one",
    ]


def test_a_name_that_is_taken() -> None:
    """A column in SQL replaces no other."""
    (problem,) = problems_of_settings(page_title={"sql": "lower(page_path)"})
    assert str(problem).startswith("column 'page_title' ([columns.page_title]): the name is taken by pages.py:")


def test_no_protocol_has_all_of_it() -> None:
    """Columns of two protocols are never there together."""
    assert problems(mine="concat(measurement_id, matomo_bots)") == [
        "column 'mine' (columns.mine.sql): no protocol has 'measurement_id' and 'matomo_bots'"
    ]


def test_errors_say_what_they_are_about() -> None:
    """They carry column, place and problem."""
    (error,) = problems_of_settings(mine={"sql": "pag_path"})
    assert isinstance(error, ColumnError)
    assert (error.column, error.where) == ("mine", "columns.mine.sql, line 1, column 1")


@pytest.mark.parametrize("name", ["lower", "split_part", "list_sum", "array_to_string", "date_trunc", "+", "nonesuch"])
def test_stable_functions_may_be_called(name: str) -> None:
    """Macros too; and what does not exist is told by DuckDB."""
    assert function_problem(name, 2, plain()[1]) is None
