"""Which events are left out, and which are only marked."""

from tracker.columns import ops
from tracker.columns.types import Enumeration, String
from tracker.columns.words import declare, event

exclusion = declare(
    String,
    stored=False,
    doc="Why the event's protocol leaves it out before there are sessions; null: it is kept. Left out events become no "
    "rows, and the ledger counts them as filtered, by this reason.",
)
filter_exclusion = declare(
    String, stored=False, doc="Name of the traffic filter that leaves the event out; null where none does."
)
traffic_filter_name = declare(
    Enumeration, doc="Name of the last filter that the settings only test and that matched the event; null for none."
)


@event(stored=False)
def exclusion_reason(exclusion: String, filter_exclusion: String, bot_exclusion: String) -> String:
    """Why the event is left out: by its protocol, a traffic filter, or its bot score; null: it is kept."""
    return ops.coalesce(exclusion, filter_exclusion, bot_exclusion)
