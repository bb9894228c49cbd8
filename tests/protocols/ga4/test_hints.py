"""Client hints of GA4's tags."""

import pytest

from tracker.protocols.ga4.hints import brands_of


@pytest.mark.parametrize(
    ("sent", "brands"),
    [
        ("Not%3AA-Brand;8.0.0.0|Chromium;156.0.8078.79", "Not:A-Brand;8.0.0.0|Chromium;156.0.8078.79"),
        ("%20Not%3BA%20Brand;99|Google%20Chrome;126", "Not;A Brand;99|Google Chrome;126"),
        ("Chromium", "Chromium;"),
        ("Not%3AA-Brand%3B8.0%7CChromium%3B156.0", "Not:A-Brand;8.0|Chromium;156.0"),
        (";8|", None),
        ("%ff%;1", "\ufffd%;1"),
    ],
)
def test_brands(sent: str, brands: str | None) -> None:
    """Each part is decoded after the list is taken apart, so that a `;` in a brand is no separator."""
    assert brands_of(sent) == brands
