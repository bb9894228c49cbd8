"""Columns are listed and explained."""

from typing import Any

import pytest

from tracker.cli import main
from tracker.cli.columns import UnknownColumn, explanation, named
from tracker.columns.column import Column
from tracker.columns.types import Int64, String
from tracker.columns.words import declare, event, param


def make() -> list[Any]:
    """An interface with two providers, one of them computed from a parameter."""
    page = declare(String, doc="Page that was seen. As the tag sent it.")
    ga4_page = param("dl", type=String, protocol="ga4", implements=page, doc="GA4's page.")

    @event(implements="page", protocol="matomo")
    def matomo_page(site: Int64) -> String:
        """Matomo's page."""
        raise NotImplementedError

    site = param("idsite", "siteid", type=Int64, doc="Site.")
    for name, column in {"page": page, "ga4_page": ga4_page, "site": site}.items():
        column.name = name
    return [page, ga4_page, matomo_page, site]


def lines(name: str, columns: list[Any]) -> list[str]:
    return list(explanation(named(columns, name), columns))


def test_a_column_is_explained_down_to_the_wire() -> None:
    """Type, meaning, every provider, and the parameters that fill it."""
    found = lines("page", make())
    assert [line for line in found if "version" not in line] == [
        "page  string  event",
        "",
        "Page that was seen. As the tag sent it.",
        "",
        "",
        "  request parameter dl",
        "",
        "  site",
        "    request parameter idsite, siteid",
    ]


def test_where_it_is_defined_is_told() -> None:
    """File and line, and for which protocol."""
    about = [line for line in lines("page", make()) if "version" in line]
    assert [line.rpartition(":")[0] for line in about] == [
        "declared for any provider to fill, version 1, defined in test_columns.py",
        "computed for ga4, version 1, defined in test_columns.py",
        "computed for matomo, version 1, defined in test_columns.py",
    ]


def test_a_column_of_itself_ends() -> None:
    """Inputs that lead back are not followed for ever."""

    @event
    def a(b: Int64) -> Int64:
        """A."""
        raise NotImplementedError

    @event
    def b(a: Int64) -> Int64:
        """B."""
        raise NotImplementedError

    columns: list[Column[..., Any]] = [a, b]
    assert lines("a", columns)[-2:] == ["  b", "    a (see above)"]


def test_the_list_holds_stored_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """What analysts can query, with its first sentence."""
    with pytest.raises(SystemExit):
        main(["columns"])
    out = capsys.readouterr().out
    assert ["page_path" in out, "Path of the page" in out, "page_url" in out] == [True, True, False]


def test_a_column_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest name is suggested."""
    assert str(UnknownColumn("page_pth", ["page_path"])) == "there is no column 'page_pth' (did you mean 'page_path'?)"
