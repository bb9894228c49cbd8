"""The visitor as Matomo knows them."""

from hashlib import sha1

from tracker.columns import Bool, String, event, ops
from tracker.protocols.matomo.columns import MATOMO

LENGTH = 16
"""Characters of a visitor id."""


@event(protocol=MATOMO)
def matomo_visitor_id(user_id: String, client_id: String, is_cookieless: Bool) -> String:
    """Matomo's visitor id: made of the user id where somebody is logged in, else the id that the device keeps. Null
    where the device keeps none. A login changes it, but never `client_id`.
    """
    device = ops.only_where(ops.negate(is_cookieless), client_id)
    return ops.coalesce(ops.per_distinct(user_id, visitor_of, String), device)


def visitor_of(user_id: str) -> str:
    """The visitor id of a user."""
    return sha1(user_id.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:LENGTH]
