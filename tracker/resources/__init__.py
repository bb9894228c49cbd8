"""Files with data that columns look things up in: opened by the program, handed to columns as `resource(NAME)`.

Takes settings, gives values of classes that columns know (`tracker.columns.rates.Rates`). Promises that what is needed
can be read at the start, that a file is read again once it has changed, and that a batch sees one version only.
"""

from functools import partial

from tracker.config import Settings
from tracker.resources.rates import open_rates
from tracker.resources.watch import Opener, Resources

__all__ = ["Opener", "Resources", "openers"]


def openers(settings: Settings) -> list[Opener]:
    """Every resource there is."""
    currency = settings.currency
    return [
        Opener("exchange_rates", partial(open_rates, currency.rates_file, currency.max_age), currency.rates_file),
    ]
