"""Which events are left out."""

from tracker.columns.types import String
from tracker.columns.words import declare

exclusion = declare(
    String,
    stored=False,
    doc="Why the event is left out before there are sessions; null: it is kept. Left out events become no rows, and "
    "the ledger counts them as filtered, by this reason.",
)
