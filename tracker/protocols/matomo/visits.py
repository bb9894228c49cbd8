"""Where Matomo's own server ends one visit and begins the next, beyond what holds for every protocol."""

from tracker.columns import Bool, Int64, boundary, ops, param
from tracker.columns.events import Events

MATOMO = "matomo"

matomo_new_visit = param("new_visit", type=Int64, protocol=MATOMO, doc="Asks for a new visit.")


@boundary(order=200, protocol=MATOMO)
def new_visit(matomo_new_visit: Events[Int64]) -> Bool:
    """The client asks for a new visit."""
    return ops.equal(matomo_new_visit, 1).values
