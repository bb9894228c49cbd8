"""Consent as GA4's tags write it."""

from typing import Any

import pytest

from tracker.protocols.ga4.consent import consent_of, granted
from tracker.testing import compute_rows, make_hit

COLUMNS = ("privacy_ads_storage", "privacy_analytics_storage", "consent_ad_user_data", "consent_ad_personalization")


CASES = [
    ("", [None, None, None, None]),
    ("gcs=&gcd=", [None, None, None, None]),
    ("gcs=G111", [True, True, None, None]),
    ("gcs=G110", [True, False, None, None]),
    ("gcs=G1-0", [None, False, None, None]),
    ("gcs=G10-", [False, None, None, None]),
    ("gcs=G1", [None, None, None, None]),
    ("gcs=G11", [True, None, None, None]),
    ("gcs=G0", [None, None, None, None]),
    ("gcs=X111", [None, None, None, None]),
    ("gcd=13p3t3p3p5", [False, True, False, False]),
    ("gcd=13r3t3r3p5l1", [True, True, True, False]),
    ("gcd=13u3v3n3m5", [False, True, True, False]),
    ("gcd=13l3l3l3l1", [None, None, None, None]),
    ("gcd=23r3t3r3p5", [None, None, None, None]),
    ("gcd=13r3", [True, None, None, None]),
    ("gcd=13*3%20", [None, None, None, None]),
    ("gcs=G110&gcd=13u3l3t3l5", [True, False, True, None]),
    ("gcs=G111111", [True, True, None, None]),
    ("gcs=g110", [None, None, None, None]),
    ("gcd=1", [None, None, None, None]),
    ("gcd=13", [None, None, None, None]),
    ("gcd=13t", [True, None, None, None]),
    ("gcd=13t3p3t3", [True, False, True, None]),
    ("gcd=13t3p3t3p", [True, False, True, False]),
    ("gcd=13t3p3t3p5l1l1l1l1", [True, False, True, False]),
    ("gcd=13%C3%BC3t3t3t5", [None, True, True, True]),
    ("gcd=1313131315", [None, None, None, None]),
    ("mp.ad_user_data=GRANTED&mp.ad_personalization=DENIED", [None, None, True, False]),
    ("mp.ad_user_data=DENIED", [None, None, False, None]),
    ("mp.ad_user_data=granted&mp.ad_personalization=1", [None, None, None, None]),
]


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """A row for each case, in one batch."""
    return compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&en=page_view&{query}") for query, _ in CASES])


@pytest.mark.parametrize("case", range(len(CASES)))
def test_state(case: int, rows: list[dict[str, Any]]) -> None:
    """Granted, denied, or null where nobody said. Short and unknown strings cost nothing; of two strings gcs wins."""
    assert [rows[case][column] for column in COLUMNS] == CASES[case][1]


@pytest.mark.parametrize(("word", "state"), [("GRANTED", True), ("DENIED", False), ("", None), ("UNSPECIFIED", None)])
def test_word(word: str, state: bool | None) -> None:
    """Servers have two words; no other denies anything."""
    assert granted(word) is state


OTHERS = [
    ("npa=1", "consent_non_personalized_ads", True),
    ("npa=0", "consent_non_personalized_ads", False),
    ("npa=true", "consent_non_personalized_ads", True),
    ("npa=", "consent_non_personalized_ads", None),
    ("", "consent_non_personalized_ads", None),
    ("dma=1", "consent_dma", True),
    ("dma=0", "consent_dma", False),
    ("dma=x", "consent_dma", None),
    ("", "consent_dma", None),
    ("dma_cps=syphamo", "consent_dma_services", "syphamo"),
    ("dma_cps=-", "consent_dma_services", "-"),
    ("", "consent_dma_services", None),
    ("pscdl=noapi", "privacy_sandbox_label", "noapi"),
    ("pscdl=denied", "privacy_sandbox_label", "denied"),
    ("", "privacy_sandbox_label", None),
    ("gcut=1.3", "consent_updated_types", "1.3"),
    ("sst.gcut=3", "consent_updated_types", "3"),
    ("gcut=&sst.gcut=4", "consent_updated_types", "4"),
    ("", "consent_updated_types", None),
]


@pytest.fixture(scope="module")
def other_rows() -> list[dict[str, Any]]:
    """A row for each of the other cases."""
    return compute_rows([make_hit(f"v=2&tid=G-1&cid=1.1&en=page_view&{query}") for query, _, _ in OTHERS])


@pytest.mark.parametrize("case", range(len(OTHERS)))
def test_others(case: int, other_rows: list[dict[str, Any]]) -> None:
    """Each as the tag sent it; null where it said nothing, or nothing that can be read."""
    _, column, value = OTHERS[case]
    assert other_rows[case][column] == value


@pytest.mark.parametrize(
    ("letter", "state"),
    [("l", None), ("p", False), ("t", True), ("m", False), ("n", True), ("q", False), ("r", True), ("u", False),
     ("v", True)],
)  # fmt: skip
def test_letter(letter: str, state: bool | None) -> None:
    """An update counts before the default: granted and then denied is denied."""
    assert consent_of(f"11{letter}1{letter}1{letter}1{letter}5") == (state,) * 4


def test_captured(captured: list[dict[str, Any]]) -> None:
    """Before and after a visitor of a real tag agreed to storage for ads and to the use of their data."""
    rows = [row for row in captured if row["name"] in ("custom_one", "big_event")]
    states = {tuple(row[column] for column in COLUMNS) for row in rows}
    assert states == {(False, True, False, False), (True, True, True, False)}


def test_captured_others(captured: list[dict[str, Any]]) -> None:
    """What real tags wrote into the parameters beside the two strings."""
    names = ("consent_dma_services", "privacy_sandbox_label", "consent_updated_types")
    assert {row["consent_dma"] for row in captured} >= {True, False}
    assert {row["consent_non_personalized_ads"] for row in captured} >= {True, False}
    assert [{row[name] for row in captured} - {None} for name in names] == [
        {"-", "sypham", "syphamo"},
        {"noapi", "denied"},
        {"1", "3"},
    ]
