"""A visit as a journey through the sections of a site: one example of everything that a column can be."""

from typing import Annotated

import pyarrow as pa

from tracker.columns import (
    Bool,
    Events,
    First,
    Int64,
    NamedValues,
    String,
    Timestamp,
    boundary,
    declare,
    event,
    header,
    hit,
    implemented_by,
    ops,
    params,
    resource,
    session,
    setting,
    struct_of,
    version,
)

request_host = hit("host", String, doc="Host the request was sent to.")
save_data = header("save-data", doc="`on` where the browser asks for less data.")
home_currency = setting("currency", String, doc="Currency of the property's settings.")
changed_properties = params("up.", doc="GA4 user properties, in the order in which they were sent.")
section_names = resource("section_names", doc="A mapping from a section's path to what people call it.")


@event
def wants_less_data(save_data: String) -> Bool:
    """True when the browser asked to save data; null when it said nothing."""
    return ops.equal(ops.lower(save_data), "on")


@event
def user_property_list(changed_properties: NamedValues) -> NamedValues:
    """Name and value of every user property of the event."""
    return changed_properties


PathFacts = Annotated[pa.StructArray, struct_of(section=String, depth=Int64)]


@event(stored=False)
def path_facts(page_path: String) -> PathFacts:
    """The page's path taken apart, once for each different path of the batch."""
    return ops.per_distinct(page_path, section_and_depth, PathFacts)


def section_and_depth(path: str) -> tuple[str, int]:
    """`("/shop", 2)` of `/shop/shoes`."""
    parts = [part for part in path.split("/") if part]
    return "/" + (parts[0] if parts else ""), len(parts)


@event
def page_section(path_facts: PathFacts) -> String:
    """First part of the page's path, such as /shop."""
    return ops.field(path_facts, "section")


@event
def page_depth(path_facts: PathFacts) -> Int64:
    """How many parts the page's path has; 0 for the home page."""
    return ops.field(path_facts, "depth")


@event
def page_section_name(page_section: String, section_names: dict[str, str] | None) -> String:
    """What people call the section; null where nobody named it."""
    names = section_names or {}
    return ops.per_distinct(page_section, names.get, String, version=tuple(names.items()))


@session
def session_sections(
    page_section: Events[String], is_page_view: Events[Bool]
) -> Annotated[pa.ListArray, pa.list_(pa.string())]:
    """Sections visited, in the order of the first visit to each."""
    return ops.only_where(is_page_view, page_section).distinct()


@event
def events_on_page(is_page_view: Events[Bool]) -> Events[Int64]:
    """How many events happened on the page this event belongs to, its page view included."""
    pages = is_page_view.runs(is_page_view)
    return pages.each(pages.count())


@event
def is_first_visit_to_section(page_section: Events[String], session_entry_section: String) -> Bool:
    """True where the visitor left the section the session began in for the first time."""
    left = ops.not_equal(page_section.values, session_entry_section)
    return ops.equal(Events(left, page_section.offsets).running_count(), 1).values


@session
def session_entry_section(page_section: Events[String], is_page_view: Events[Bool]) -> String:
    """Section of the first page viewed in the session."""
    return page_section.where(is_page_view).first()


@boundary(order=610)
def support_opened(page_section: Events[String], *, section: str = "/support") -> Bool:
    """A visit to support is a session of its own: cut where the visitor comes in from elsewhere."""
    return ops.both(page_section.changed(), ops.equal(page_section, section)).values


@boundary(order=850)
def longer_than_a_day_out(
    timestamp_utc: Events[Timestamp], first_timestamp_utc: First[Timestamp], *, hours: int = 6
) -> Bool:
    """No session is longer than so many hours."""
    return ops.at_least(ops.seconds_between(first_timestamp_utc, timestamp_utc), hours * 3_600).values


visitor_region = declare(String, doc="Part of the world the visitor is in, as far as anybody can tell.")


@event(implements=visitor_region, provider="language")
def region_by_language(accept_language: String) -> String:
    """Region of the first language the browser asks for: `CH` of `de-CH,de;q=0.9`."""
    return ops.per_distinct(accept_language, region_of, String)


@event(implements=visitor_region, provider="currency", version=2)
def region_by_currency(home_currency: String) -> String:
    """Country whose currency the property uses: `CH` of `CHF`."""
    return ops.first_characters(home_currency, 2)


@event
def regions_agree(
    by_language: Annotated[String, implemented_by("language", "visitor_region")],
    by_currency: Annotated[String, implemented_by("currency", "visitor_region"), version(2)],
) -> Bool:
    """True where both ways to guess the region give the same."""
    return ops.equal(by_language, by_currency)


def region_of(accept_language: str) -> str | None:
    """The region of the first language; None where it names none."""
    _, dash, region = accept_language.partition(",")[0].partition(";")[0].partition("-")
    return region.upper() if dash else None
