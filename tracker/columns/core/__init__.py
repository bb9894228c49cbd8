"""The columns every protocol fills, in the order they stand in the table."""

from tracker.columns.core import (
    activity,
    attribution,
    bots,
    boundaries,
    campaign,
    commerce,
    currency,
    device,
    filters,
    geo,
    hints,
    identity,
    item_totals,
    pages,
    session_campaign,
    session_facts,
    session_pages,
    session_totals,
    time,
    transitions,
    url,
)

MODULES = (
    identity, time, url, pages, campaign, hints, bots, filters, device, geo, commerce, currency, item_totals, activity,
    boundaries, session_facts, session_pages, session_totals, attribution, session_campaign,
    transitions,
)  # fmt: skip
"""Every module of core columns; their order is the table's."""
