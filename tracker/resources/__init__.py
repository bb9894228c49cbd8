"""Files with data that columns look things up in: opened by the program, handed to columns as `resource(NAME)`.

Takes settings, gives values of classes that columns know (`tracker.columns.rates.Rates`,
`tracker.columns.places.Addresses`). Promises that what is needed can be read at the start, that a file is read again
once it has changed, and that a batch sees one version only.
"""

from functools import partial

from tracker.config import Settings
from tracker.resources.agents import is_chosen, open_device_detector
from tracker.resources.libraries import library_versions
from tracker.resources.places import open_addresses
from tracker.resources.rates import open_rates
from tracker.resources.watch import Opener, Resources

__all__ = ["Opener", "Resources", "library_versions", "openers"]


def openers(settings: Settings) -> list[Opener]:
    """Every resource there is."""
    currency, geo = settings.currency, settings.geo
    always = [
        Opener("exchange_rates", partial(open_rates, currency.rates_file, currency.max_age), currency.rates_file),
        Opener("places", partial(open_addresses, geo.file, "geo.file"), geo.file),
        Opener("networks", partial(open_addresses, geo.asn_file, "geo.asn_file"), geo.asn_file),
    ]
    return [*always, *([Opener("device_detector", open_device_detector)] if is_chosen(settings.columns) else [])]
