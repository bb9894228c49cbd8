"""What the settings say of columns: columns written there, providers chosen there, settings of columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.columns.collect import AnyColumn
from tracker.columns.sql import Draft, Written
from tracker.columns.types import Bool, Float64, Int64, String
from tracker.columns.words import param
from tracker.errors import Misconfigured, did_you_mean

_PARAM_TYPES = {"string": String, "int64": Int64, "float64": Float64, "bool": Bool}
_SQL_KEYS = {"sql": str, "doc": str, "scope": str, "order": int}


def columns_of_settings(section: dict[str, Any], problems: list[Misconfigured | str]) -> list[AnyColumn]:
    """Columns written in the settings: `[columns.params_plan] param = "ep.plan", type = "string"`. Takes them out of
    `section`.
    """
    made = []
    for name in [name for name, value in section.items() if isinstance(value, dict) and "param" in value]:
        value = dict(section.pop(name))
        keys, kind, doc = value.pop("param"), value.pop("type", "string"), value.pop("doc", "")
        if value:
            problems.append(
                f"columns.{name}: unknown key {next(iter(value))!r}; a parameter column has param, type and doc"
            )
        if kind not in _PARAM_TYPES:
            problems.append(f"columns.{name}: type {kind!r} is none of {', '.join(_PARAM_TYPES)}")
            continue
        column = param(
            *([keys] if isinstance(keys, str) else keys),
            type=_PARAM_TYPES[kind],
            stored=True,
            doc=doc or f"Parameter {keys}.",
        )
        column.name, column.where = name, f"[columns.{name}]"
        made.append(column)
    return made


def drafts_of_settings(section: dict[str, Any], problems: list[Misconfigured | str]) -> list[Draft]:
    """Columns written in SQL: `[columns.is_checkout] sql = "page_path LIKE '/checkout%'"`. Takes them out of
    `section`.
    """
    made = []
    for name in [name for name, value in section.items() if isinstance(value, dict) and "sql" in value]:
        value = section.pop(name)
        wrong = [f"columns.{name}.{key}: {problem}" for key, problem in _wrong_in_sql(value)]
        problems += wrong
        if not wrong:
            made.append(
                Draft(
                    Written(name, f"columns.{name}.sql", value["sql"]),
                    value.get("scope", "event"),
                    value.get("doc", ""),
                    value.get("order", 600),
                )
            )
    return made


def _wrong_in_sql(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, given in value.items():
        if key not in _SQL_KEYS:
            yield key, f"unknown key{did_you_mean(key, _SQL_KEYS)}; a column in SQL has sql, doc, scope and order"
        elif not isinstance(given, _SQL_KEYS[key]) or isinstance(given, bool):
            yield key, f"{given!r} is no {'number' if key == 'order' else 'text'}"
    if value.get("scope", "event") not in ("event", "boundary"):
        yield "scope", f"{value['scope']!r} is neither event nor boundary"
    elif "order" in value and value.get("scope") != "boundary":
        yield "order", 'only a column with scope = "boundary" has an order'


def choices_and_settings(
    section: Mapping[str, Any], columns: Sequence[AnyColumn], problems: list[Misconfigured | str]
) -> tuple[dict[str, str], dict[str, Mapping[str, Any]]]:
    """Which provider each interface has, and what each column's settings are; mistakes are added to `problems`."""
    by_name = {column.name: column for column in columns}
    choices: dict[str, str] = {}
    settings: dict[str, Mapping[str, Any]] = {}
    for name, value in section.items():
        if isinstance(value, str):
            if name not in by_name and "*" not in name:
                problems.append(f"columns.{name}: there is no such column{did_you_mean(name, by_name)}")
            choices[name] = value
        elif not isinstance(value, dict):
            problems.append(f"columns.{name}: write a provider's name, or a table of the column's settings")
        else:
            problems += check_column_settings(name, value, by_name)
            settings[name] = value
    return choices, settings


def check_column_settings(
    name: str, value: Mapping[str, Any], by_name: Mapping[str, AnyColumn], where: str = "columns"
) -> list[str]:
    """What is wrong with the settings written for one column."""
    column = by_name.get(name)
    if column is None:
        return [f"{where}.{name}: there is no such column{did_you_mean(name, by_name)}"]
    return [
        f"{where}.{name}.{key}: the column has no such setting{did_you_mean(key, column.settings)}"
        for key in value
        if key not in column.settings
    ]
