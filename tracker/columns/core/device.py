"""The device, as far as the tag itself tells."""

from tracker.columns import ops
from tracker.columns.types import String
from tracker.columns.words import declare, event, header

accept_language = header("accept-language", doc="The browser's languages in order of preference.")
user_agent = header("user-agent", doc="What the browser calls itself.")
language_parameter = declare(String, stored=False, doc="Language as the tag sends it.")
device_screen_resolution = declare(String, doc="Screen size as the tag sends it, for example 1920x1080.")


@event
def device_language(language_parameter: String, accept_language: String) -> String:
    """Language that the tag sends; otherwise the one the browser asks for. The first where it is a list of several."""
    return ops.per_distinct(ops.coalesce(language_parameter, accept_language), first_language, String)


def first_language(languages: str) -> str | None:
    """`de-DE` of `de-DE,de;q=0.9,en;q=0.8`; None for nothing, `*` and the text `undefined`."""
    language = languages.partition(",")[0].partition(";")[0].strip()
    return language if language not in ("", "*", "undefined") else None
