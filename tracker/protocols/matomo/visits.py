"""Where Matomo's own server ends one visit and begins the next, beyond what holds for every protocol."""

from tracker.columns import Bool, Int64, String, boundary, event, ops, param
from tracker.columns.core.url import host_of
from tracker.columns.events import Events
from tracker.columns.words import setting
from tracker.protocols.matomo.columns import MATOMO
from tracker.protocols.matomo.hosts import is_own

SWITCHES = {"midnight": True, "max_time_since_first_event_reached": False, "max_events_reached": False}
"""Boundaries of all protocols that Matomo's visits need, or do not have."""

matomo_new_visit = param("new_visit", type=Int64, protocol=MATOMO, doc="Asks for a new visit.")
matomo_own_hosts = setting("domains", String, doc="The property's own hosts, joined by commas.")


@boundary(order=200, protocol=MATOMO)
def new_visit(matomo_new_visit: Events[Int64]) -> Bool:
    """The client asks for a new visit."""
    return ops.equal(matomo_new_visit, 1).values


@boundary(order=500, protocol=MATOMO)
def campaign_changed(
    matomo_link_campaign: Events[String], matomo_link_keyword: Events[String], matomo_is_referred: Events[Bool]
) -> Bool:
    """A campaign, or a keyword of the same campaign, that differs from the visit's, in any case of its letters.

    The first campaign of a visit that began as a direct entry joins the visit; of one that another site referred, it
    begins a new visit. Another referring site alone begins none.
    """
    known = ops.is_known(matomo_link_campaign)
    latest = matomo_link_campaign.forward_fill()
    before = latest.shift(1)
    keywords: Events[String] = Events(matomo_link_keyword.values, matomo_link_keyword.runs(latest.changed()).offsets)
    same_keyword = ops.is_true(ops.equal(keywords, keywords.forward_fill().shift(1))).values
    other_keyword = ops.both(ops.is_known(matomo_link_keyword), ops.negate(Events(same_keyword, known.offsets)))
    referred = ops.both(known, ops.more_than(matomo_is_referred.running_count(), 0))
    return ops.if_else(
        ops.is_null(before),
        referred,
        ops.either(ops.not_equal(matomo_link_campaign, before), ops.both(known, other_keyword)),
    ).values


@boundary(order=900, protocol=MATOMO)
def max_actions_reached(opens_session: Events[Bool], *, actions: int = 10_000) -> Bool:
    """The visit holds as many actions as one may; heartbeats are none.

    Protosessions are closed at `sessions.max_hits` (2,000) hits, and what continues one is a session of its own: a
    visit only grows to 10,000 actions where that setting is raised.
    """
    before = ops.subtract(opens_session.running_count(), 1)
    full = ops.both(ops.more_than(before, 0), ops.equal(ops.remainder(before, actions), 0))
    return ops.both(opens_session, full).values


@event(protocol=MATOMO, stored=False)
def matomo_is_referred(
    matomo_link_campaign: String,
    page_referrer: String,
    page_hostname: String,
    ignore_referrer: Bool,
    matomo_own_hosts: String,
) -> Bool:
    """True where another site, a search engine or a social network led to the page, and no campaign did."""
    seen = ops.only_where(ops.negate(ops.is_true(ignore_referrer)), page_referrer)
    elsewhere = ops.per_distinct((seen, page_hostname, matomo_own_hosts), _is_elsewhere, Bool)
    return ops.both(elsewhere, ops.is_null(matomo_link_campaign))


def _is_elsewhere(referrer: str | None, hostname: str | None, own_hosts: str | None) -> bool:
    own = (hostname or "", *(own_hosts or "").split(","))
    return bool(referrer and host_of(referrer)) and not is_own(referrer or "", own)
