"""What one unit of a currency was worth on a day."""

from datetime import date

import pytest

from tracker.columns.rates import Rates

FRIDAY, SATURDAY, FRIDAY_AFTER, SATURDAY_AFTER = (date(2025, 10, day) for day in (3, 4, 10, 11))
RATES = Rates.of({"EUR": {date(2025, 10, 2): 1.25, FRIDAY: 1.5}, "HRK": {date(2022, 12, 30): 0.14}})


@pytest.mark.parametrize(
    ("day", "rate"),
    [(date(2025, 10, 1), None), (date(2025, 10, 2), 1.25), (FRIDAY, 1.5), (SATURDAY, 1.5)],
)
def test_the_last_rate_until_that_day(day: date, rate: float | None) -> None:
    """On a weekend it is Friday's; before the first there is none."""
    assert RATES.dollars("EUR", day) == rate


def test_a_rate_grows_old() -> None:
    """A week later it still holds, a day after that no longer."""
    assert [RATES.dollars("EUR", day) for day in (FRIDAY_AFTER, SATURDAY_AFTER)] == [1.5, None]


def test_how_old_a_rate_may_be_is_chosen() -> None:
    """With 0 days it holds on its own day only."""
    strict = Rates.of({"EUR": {FRIDAY: 1.5}}, max_age=0)
    assert [strict.dollars("EUR", day) for day in (FRIDAY, SATURDAY)] == [1.5, None]


def test_a_currency_that_is_no_more_has_rates_in_its_time() -> None:
    """And for as long as any last rate holds."""
    days = (date(2022, 12, 30), date(2023, 1, 6), date(2023, 1, 7))
    assert [RATES.dollars("HRK", day) for day in days] == [0.14, 0.14, None]


def test_a_dollar_is_a_dollar() -> None:
    """On any day, in the table or not."""
    assert [RATES.dollars("usd", day) for day in (date(1970, 1, 1), date(2100, 1, 1))] == [1.0, 1.0]


@pytest.mark.parametrize("text", ["eur", " Eur "])
def test_codes_may_be_in_any_case(text: str) -> None:
    """With white space around them."""
    assert RATES.dollars(text, FRIDAY) == 1.5


@pytest.mark.parametrize("text", ["", "€", "EURO", "XYZ", "ＥＵＲ", None])
def test_what_is_no_currency_has_no_rate(text: str | None) -> None:
    """None, and never 0."""
    assert RATES.dollars(text, FRIDAY) is None


def test_no_day_no_rate() -> None:
    """An event without a day has no rate."""
    assert RATES.dollars("EUR", None) is None
