"""The columns every protocol fills, in the order they stand in the table."""

from tracker.columns.core import (
    activity,
    attribution,
    bot_score,
    bot_signs,
    bots,
    boundaries,
    campaign,
    commerce,
    currency,
    device,
    device_agents,
    engagement,
    filters,
    geo,
    hints,
    identity,
    item_totals,
    located,
    pages,
    session_campaign,
    session_device,
    session_facts,
    session_pages,
    session_place,
    session_totals,
    time,
    transitions,
    url,
)

MODULES = (
    identity, time, url, pages, campaign, hints, bots, filters, device, device_agents, geo, located, bot_signs,
    bot_score, commerce, currency, item_totals, activity, boundaries, session_facts, session_pages, session_totals,
    engagement, attribution, session_campaign, session_device, session_place, transitions,
)  # fmt: skip
"""Every module of core columns; their order is the table's."""
