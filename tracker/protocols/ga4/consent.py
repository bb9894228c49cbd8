"""What the visitor allowed, out of the consent strings of a tag or the words of a server. What is not said is null,
never false.
"""

from typing import Annotated

import pyarrow as pa

from tracker.columns import Bool, String, event, ops, param, struct_of
from tracker.protocols.ga4.columns import GA4

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
SIGNS = {"1": True, "0": False}
STATES = {2: False, 3: True}
"""Two bits of a digit: 2 is denied, 3 granted, anything else unset."""
WORDS = {"GRANTED": True, "DENIED": False}

Storage = Annotated[pa.StructArray, struct_of(ads=Bool, analytics=Bool)]
Consent = Annotated[pa.StructArray, struct_of(ads=Bool, analytics=Bool, user_data=Bool, personalization=Bool)]

ga4_gcs = param("gcs", type=String, protocol=GA4, doc="Storage allowed now: G1, a sign for ads, a sign for analytics.")
ga4_gcd = param("gcd", type=String, protocol=GA4, doc="Defaults and updates of the four kinds of consent.")
ga4_mp_user_data = param("mp.ad_user_data", type=String, protocol=GA4, doc="GRANTED or DENIED, as a server says.")
ga4_mp_personalization = param(
    "mp.ad_personalization", type=String, protocol=GA4, doc="GRANTED or DENIED, as a server says."
)
consent_non_personalized_ads = param(
    "npa", type=Bool, protocol=GA4, stored=True, doc="True where ads may not be personal, by the older of two switches."
)
consent_dma = param(
    "dma",
    type=Bool,
    protocol=GA4,
    stored=True,
    doc="True where the tag counts the visitor as in a region of the EU's Digital Markets Act.",
)
consent_dma_services = param(
    "dma_cps",
    type=String,
    protocol=GA4,
    stored=True,
    doc="Services of Google, a letter each, that may be linked under the Digital Markets Act; - where none may.",
)
privacy_sandbox_label = param(
    "pscdl",
    type=String,
    protocol=GA4,
    stored=True,
    doc="The browser's label in the Privacy Sandbox; noapi where it has no such thing, denied where consent lacks.",
)
consent_updated_types = param(
    "gcut",
    "sst.gcut",
    type=String,
    protocol=GA4,
    stored=True,
    doc=(
        "What was just granted, joined by dots: 1 storage for ads, 2 storage for analytics, 3 use of user data for "
        "ads, 4 personal ads. Null on every event that is no consent update."
    ),
)


@event(stored=False, protocol=GA4)
def ga4_storage(ga4_gcs: String) -> Storage:
    """What gcs says."""
    return ops.per_distinct(ga4_gcs, storage_of, Storage)


@event(stored=False, protocol=GA4)
def ga4_consent(ga4_gcd: String) -> Consent:
    """What gcd says: the update of each kind, or its default where nothing updated it."""
    return ops.per_distinct(ga4_gcd, consent_of, Consent)


@event(protocol=GA4)
def privacy_ads_storage(ga4_consent: Consent, ga4_storage: Storage) -> Bool:
    """Whether storage for advertising was allowed; null where nobody said."""
    return ops.coalesce(ops.field(ga4_storage, "ads"), ops.field(ga4_consent, "ads"))


@event(protocol=GA4)
def privacy_analytics_storage(ga4_consent: Consent, ga4_storage: Storage) -> Bool:
    """Whether storage for analytics was allowed; null where nobody said."""
    return ops.coalesce(ops.field(ga4_storage, "analytics"), ops.field(ga4_consent, "analytics"))


@event(protocol=GA4)
def consent_ad_user_data(ga4_consent: Consent, ga4_mp_user_data: String) -> Bool:
    """Whether user data may go to advertising; null where nobody said."""
    return ops.coalesce(ops.field(ga4_consent, "user_data"), ops.per_distinct(ga4_mp_user_data, granted, Bool))


@event(protocol=GA4)
def consent_ad_personalization(ga4_consent: Consent, ga4_mp_personalization: String) -> Bool:
    """Whether ads may be personal; null where nobody said."""
    said = ops.per_distinct(ga4_mp_personalization, granted, Bool)
    return ops.coalesce(ops.field(ga4_consent, "personalization"), said)


def storage_of(signs: str) -> tuple[bool | None, bool | None]:
    """`(True, False)` of `G110`; None for any sign but 1 and 0, and for signs that are missing."""
    if not signs.startswith("G1"):
        return None, None
    return SIGNS.get(signs[2:3]), SIGNS.get(signs[3:4])


def granted(word: str) -> bool | None:
    """Of the two words that servers may send; None for any other."""
    return WORDS.get(word)


def consent_of(letters: str) -> tuple[bool | None, ...]:
    """The states at 2, 4, 6 and 8 of `13r3t3r3p5`, which begins with its version; None where it is too short."""
    if not letters.startswith("1"):
        return (None,) * 4
    return tuple(_state(letters[at : at + 1]) for at in (2, 4, 6, 8))


def _state(letter: str) -> bool | None:
    """The lowest two bits are the update, the next two the default."""
    bits = DIGITS.find(letter) if letter else 0
    if bits < 0:
        return None
    update, default = bits & 3, bits >> 2 & 3
    return STATES.get(update, STATES.get(default))
