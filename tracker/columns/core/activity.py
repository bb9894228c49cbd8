"""What a visitor did besides viewing pages. Each protocol says which of its events are which; sessions add them up."""

from tracker.columns import ops
from tracker.columns.types import Bool, String
from tracker.columns.words import declare, event, setting

key_event_names = setting("key_events", String, doc="Names of the property's key events, joined by commas.")

is_conversion = declare(
    Bool, stored=False, absent=False, doc="True where the tag itself says that the event is a key event."
)
is_scroll = declare(Bool, stored=False, absent=False, doc="True for a page that was scrolled down.")
is_outbound_click = declare(Bool, stored=False, absent=False, doc="True for a click that leads away from the site.")
is_file_download = declare(Bool, stored=False, absent=False, doc="True for a file that was loaded.")
is_form_interaction = declare(Bool, stored=False, absent=False, doc="True for a form begun or sent.")
is_site_search = declare(Bool, stored=False, absent=False, doc="True for a search on the site.")
is_video_engagement = declare(
    Bool, stored=False, absent=False, doc="True for a video that was begun, watched on or finished."
)

clicked_url = declare(String, stored=False, doc="Where a click leads.")
downloaded_url = declare(String, stored=False, doc="The file that was loaded.")
form_id = declare(String, stored=False, doc="The form's id in the page.")
searched_term = declare(String, stored=False, doc="What was searched for.")


@event(absent=False)
def is_key_event(name: String, key_event_names: String, is_conversion: Bool, is_consent_update: Bool) -> Bool:
    """True for a key event (conversion): one that the property's setting `key_events` names, or that the tag marks.

    False for what a consent change sends again.
    """
    counts = ops.either(ops.is_listed(name, key_event_names), is_conversion)
    return ops.both(counts, ops.negate(is_consent_update))
