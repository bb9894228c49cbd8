"""Every mistake in a set of columns is found at start-up, all at once, and names its column."""

from typing import Annotated, Any

import pytest

from tracker.columns import (
    Bool,
    Events,
    First,
    Int64,
    String,
    boundary,
    declare,
    event,
    implemented_by,
    param,
    session,
    version,
)
from tracker.columns.collect import collect
from tracker.columns.column import Column, ColumnError
from tracker.columns.graph import build
from tracker.errors import Problems


def named(**columns: Column[..., Any]) -> list[Column[..., Any]]:
    """Columns with the names a module would give them."""
    for name, column in columns.items():
        column.name = column.name or name
    return collect(columns.values())


def problems(*columns: Column[..., Any], **more: Any) -> list[str]:
    """What is wrong with these columns."""
    with pytest.raises(Problems) as found:
        build(collect(columns), ["ga4"], **more)
    return [str(problem) for problem in found.value.problems]


def two_providers() -> tuple[Column[..., Any], Column[..., Any], Column[..., Any]]:
    """An interface and two columns that could fill it."""
    country = declare(String, doc="Country.")
    country.name = "country"

    @event(implements=country, provider="one")
    def from_one() -> String:
        """One."""
        raise NotImplementedError

    @event(implements=country, provider="two")
    def from_two() -> String:
        """Two."""
        raise NotImplementedError

    return country, from_one, from_two


@event
def first_column(page: String) -> String:
    """Needs a column that does not exist."""
    return page


@event
def pages(clicks: Int64) -> String:
    """Needs `clicks`."""
    return clicks


@event
def clicks(pages: String) -> Int64:
    """Needs `pages`."""
    return pages


def test_an_unknown_input_names_the_nearest() -> None:
    """A slip of the pen is answered with the name that was meant."""
    page_url = named(pagee=param("dl", type=String))
    assert problems(first_column, *page_url) == [
        f"column 'first_column' ({first_column.where}): no column 'page' (did you mean 'pagee'?)"
    ]


def test_a_cycle_is_named() -> None:
    """Columns that need each other are told in order."""
    found = problems(pages, clicks)
    assert found[0].endswith("its inputs lead back to itself: pages -> clicks -> pages") or found[0].endswith(
        "its inputs lead back to itself: clicks -> pages -> clicks"
    ), found


def test_all_problems_come_at_once() -> None:
    """Three broken columns are three sentences."""

    @session
    def plain(source: String) -> String:
        """A session column cannot see events one by one."""
        return source

    @event
    def wrong_type(source: Int64) -> Int64:
        """Takes text for a number."""
        return source

    source = named(source=param("a", type=String))
    found = problems(first_column, plain, wrong_type, *source)
    assert [problem.partition("): ")[2] for problem in found] == [
        "no column 'page'",
        "input 'source': a session column sees the event column source as Events[...]",
        "input 'source': source is string, not int64",
    ]


def test_one_name_is_one_column() -> None:
    """A second column of a name says where the first is."""
    twice = [*named(a=param("a", type=String)), *named(a=param("b", type=String))]
    assert "the name is taken by" in problems(*twice)[0]


def test_two_providers_need_a_choice() -> None:
    """An ambiguous interface lists its providers; a chosen one is taken."""
    country, from_one, from_two = two_providers()

    assert "several providers, choose one under [columns]: one" in problems(country, from_one, from_two)[0]
    graphs = build(collect([country, from_one, from_two]), ["ga4"], {"coun*": "two"})
    assert graphs["ga4"].nodes["country"].column is from_two
    assert "there is only: one, two" in problems(country, from_one, from_two, choices={"country": "three"})[0]


def test_an_input_may_name_its_provider() -> None:
    """One column may want a provider that is not the chosen one."""
    country, from_one, from_two = two_providers()

    @event
    def other(two: Annotated[String, implemented_by("two", "country")]) -> String:
        """Reads the other provider."""
        return two

    graph = build(collect([country, from_one, from_two, other]), ["ga4"], {"country": "one"})["ga4"]
    assert [source.column for _, source in graph.nodes["other"].inputs] == [from_two]


def test_a_provider_must_fit_its_interface() -> None:
    """Another type or scope is no implementation."""
    total = declare(Int64, "session", doc="Total.")
    total.name = "total"

    @event(implements=total)
    def as_text() -> String:
        """Text."""
        raise NotImplementedError

    assert [p.partition("): ")[2] for p in problems(total, as_text)] == [
        "'total' is int64, not string",
        "'total' has session scope, not event",
    ]


def test_implementing_nothing_is_an_error() -> None:
    """An interface that nobody declared."""

    @event(implements="countri")
    def lost() -> String:
        """Lost."""
        raise NotImplementedError

    assert "it implements 'countri', which is no declared interface" in problems(lost)[0]


def test_a_boundary_cannot_need_sessions() -> None:
    """What cuts sessions cannot depend on them."""

    @session
    def total(flag: Events[Bool]) -> Int64:
        """Count."""
        return flag.count()

    @event
    def of_session(total: Int64) -> Bool:
        """Sees its session."""
        return total

    @boundary
    def cut(of_session: Events[Bool]) -> Bool:
        """Cuts."""
        return of_session.values

    flag = named(flag=param("f", type=Bool))
    found = problems(*flag, total, of_session, cut)
    assert found[:1] == [
        f"column 'cut' ({cut.where}): it is a boundary and cannot depend on 'of_session', which needs sessions"
    ]


def test_only_boundaries_take_first() -> None:
    """`First` means the session's first event while sessions are cut."""

    @event
    def eager(first_flag: First[Bool]) -> Bool:
        """Wrong."""
        return first_flag

    flag = named(flag=param("f", type=Bool))
    assert "only a boundary may take First[...]" in problems(*flag, eager)[0]


def test_columns_of_another_protocol_are_not_inputs() -> None:
    """A column for every protocol cannot read what only one has."""

    @event
    def everywhere(only_matomo: String) -> String:
        """For all."""
        return only_matomo

    only = named(only_matomo=param("x", type=String, protocol="matomo"))
    assert problems(*only, everywhere)[0].endswith("no column 'only_matomo' for this protocol")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def c(a: String): ...", "it needs a return annotation"),
        ("def c(a) -> String: ...", "input 'a' needs an annotation"),
        ("def c(a: String) -> str: ...", "its return annotation: <class 'str'> is no column type"),
        ("def c(*a: String) -> String: ...", "inputs are named one by one"),
        ("def c(*, a: int) -> String: ...", "setting 'a' needs a default"),
        ("def c(a: First[String]) -> String: ...", "named first_"),
    ],
)
def test_a_bad_signature_says_what_is_missing(source: str, sentence: str) -> None:
    """Found when the decorator runs, with the column's name and place."""
    scope: dict[str, Any] = {"String": String, "First": First}
    exec(source, scope)
    with pytest.raises(ColumnError, match=r"column 'c' \(<string>:1\)") as found:
        event(scope["c"])
    assert sentence in str(found.value)


def test_order_follows_inputs() -> None:
    """Each column stands behind its inputs, whatever the order of definition."""

    @event
    def late(early: String) -> String:
        """Second."""
        return early

    early = named(early=param("e", type=String))
    graph = build(collect([late, *early]), ["ga4"])["ga4"]
    assert [node.name for node in graph.order] == ["early", "late"]


def test_a_pattern_chooses_where_there_is_such_a_provider() -> None:
    """Other columns of such a name keep the provider they have; one with several others still needs a choice."""
    country, from_one, from_two = two_providers()
    county = declare(String, doc="County.")
    county.name = "county"

    @event(implements=county, provider="one")
    def only_county() -> String:
        """One."""
        raise NotImplementedError

    @event(implements=county, provider="three")
    def another_county() -> String:
        """Three."""
        raise NotImplementedError

    columns = [country, from_one, from_two, county, only_county]
    nodes = build(collect(columns), ["ga4"], {"coun*": "two"})["ga4"].nodes
    assert [nodes[name].column for name in ("country", "county")] == [from_two, only_county]
    found = problems(*columns, another_county, choices={"coun*": "two"})
    assert [problem.partition("): ")[2][:42] for problem in found] == ["several providers, choose one under [colum"]


def test_a_pattern_that_chooses_nothing_is_an_error() -> None:
    """A slip in a provider's name does not go unnoticed."""
    found = problems(*two_providers(), choices={"count*": "one", "coun*": "tow"})
    assert found[0] == "columns.coun*: no column of such a name has a provider 'tow' (did you mean 'two'?)"


def versions(demand: int, provider: str | None = None) -> tuple[list[Column[..., Any]], Column[..., Any]]:
    """A column that wants a version of `country`, of which provider one is version 1 and provider two version 2."""
    country, from_one, from_two = two_providers()
    from_two.version = 2
    by = [implemented_by(provider, "country")] if provider else []
    scope: dict[str, Any] = {"Wanted": Annotated[String, version(demand), *by], "String": String}
    exec("def reader(country: Wanted) -> String:\n    'Reads.'", scope)
    reader: Column[..., Any] = event(scope["reader"])
    return [country, from_one, from_two, reader], reader


def test_an_input_may_demand_a_version() -> None:
    """Of whatever is chosen, or of the provider it names."""
    for demand, provider in ((2, None), (2, "two"), (1, "one")):
        columns, _ = versions(demand, provider)
        assert "reader" in build(collect(columns), ["ga4"], {"country": "two"})["ga4"].nodes


@pytest.mark.parametrize("provider", [None, "two"])
def test_another_version_is_an_error(provider: str | None) -> None:
    """It names the column that demands, and the version and place of the one it would get."""
    columns, reader = versions(1, provider)
    assert problems(*columns, choices={"country": "two"}) == [
        f"column 'reader' ({reader.where}): input 'country': it needs version 1 of country, "
        f"and its provider 'two' ({columns[2].where}) is 2"
    ]


def test_another_version_of_a_plain_column() -> None:
    """A column without providers has a version as well; so has a parameter."""

    @event
    def reader(source: Annotated[String, version(3)]) -> String:
        """Reads."""
        return source

    source = named(source=param("s", type=String, version=2))
    assert problems(*source, reader)[0].endswith(f"it needs version 3 of source, and it ({source[0].where}) is 2")


def test_nobody_has_no_version() -> None:
    """A demand on an interface that no provider fills for a protocol is no mistake there: the input is null."""
    columns, _ = versions(2)
    columns[1].protocol = columns[2].protocol = "ga4"
    graphs = build(collect(columns), ["ga4", "matomo"], {"country": "two"})
    assert graphs["matomo"].nodes["country"].column.kind == "interface"
