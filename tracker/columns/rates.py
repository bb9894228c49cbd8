"""What currencies were worth in US dollars, by day: a value that columns are handed and a test can write down."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One currency. `days` are counted from 1970-01-01 and ascend; `dollars` has what one unit was worth on each."""

    days: NDArray[np.int32]
    dollars: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """US dollars for one unit of each currency, on the days on which that was published."""

    series: Mapping[str, Series]
    """By ISO 4217 code. USD need not be there."""
    version: str = ""
    """Of the table it was read from; another version may give other rates."""
    max_age: int = 7
    """Days for which a rate holds while no newer one is published."""

    @classmethod
    def of(cls, dollars: Mapping[str, Mapping[date, float]], **options: Any) -> "Rates":
        """Rates written as `{"EUR": {date(2025, 10, 9): 1.1611}}`."""
        return cls({code: _series(rates) for code, rates in dollars.items()}, **options)

    def dollars(self, currency: str | None, day: date | None) -> float | None:
        """US dollars for one unit of `currency` (in any case) on `day`, by the last rate published until then.

        None where that is older than `max_age`, and for what is no currency. A dollar is always exactly 1.
        """
        if currency is None or day is None:
            return None
        code = currency.strip().upper()
        if code == "USD":
            return 1.0
        series = self.series.get(code)
        if series is None:
            return None
        wanted = day.toordinal() - _EPOCH
        last = bisect_right(series.days, wanted) - 1
        if last < 0 or wanted - int(series.days[last]) > self.max_age:
            return None
        return float(series.dollars[last])


def _series(rates: Mapping[date, float]) -> Series:
    days = sorted(rates)
    return Series(
        np.array([day.toordinal() - _EPOCH for day in days], np.int32), np.array([rates[day] for day in days], float)
    )
