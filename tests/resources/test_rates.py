"""Tables of the European Central Bank: the one that comes with the program, and those that users bring."""

import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from tracker.clock import DAY
from tracker.columns.rates import Rates
from tracker.resources.rates import UnreadableRates, open_rates

TABLE = "Date,USD,JPY,HRK,\n2025-10-09,1.25,200,N/A,\n2025-10-08,1.5,N/A,7.5,\n"


@cache
def bundled() -> Rates:
    """The table that comes with the program."""
    return open_rates(None, 7 * DAY)


def written(folder: Path, content: str | bytes, name: str = "rates.csv") -> Path:
    """A file of that content."""
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize(
    ("code", "day", "dollars"),
    [
        ("EUR", date(2014, 3, 28), 1.3759),
        ("EUR", date(2014, 3, 30), 1.3759),
        ("GBP", date(2014, 3, 28), 1.3759 / 0.8272),
        ("EUR", date(1999, 1, 4), 1.1789),
        ("EUR", date(1998, 12, 31), None),
        ("HRK", date(2022, 12, 30), 1.0666 / 7.5365),
        ("HRK", date(2023, 1, 9), None),
        ("USD", date(1990, 1, 1), 1.0),
    ],
)
def test_the_table_that_comes_with_the_program(code: str, day: date, dollars: float | None) -> None:
    """Published rates, the last before a weekend, nothing before 1999, and no currency after its end."""
    found = bundled().dollars(code, day)
    assert found == (dollars if dollars is None else pytest.approx(dollars))


def test_currencies_and_size() -> None:
    """Every currency that the bank ever published, in little memory."""
    assert bundled().series.keys() >= {"EUR", "USD", "TRL", "TRY", "CYP", "RUB", "ISK", "ZAR"}
    assert sum(one.days.nbytes + one.dollars.nbytes for one in bundled().series.values()) < 5_000_000


def test_a_file(tmp_path: Path) -> None:
    """Newest day first, as the bank writes it; rates that are missing are not there, and whole numbers are numbers."""
    rates = open_rates(written(tmp_path, TABLE), 7 * DAY)
    asked = [("EUR", 8), ("EUR", 9), ("JPY", 8), ("JPY", 9), ("HRK", 8), ("HRK", 9)]
    assert [rates.dollars(code, date(2025, 10, day)) for code, day in asked] == [1.5, 1.25, None, 0.00625, 0.2, 0.2]


def test_a_zip_of_it(tmp_path: Path) -> None:
    """Whatever its name ends in."""
    packed = tmp_path / "download"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("eurofxref-hist.csv", TABLE)
    assert open_rates(packed, 7 * DAY).dollars("EUR", date(2025, 10, 9)) == 1.25


def test_how_long_a_rate_holds(tmp_path: Path) -> None:
    """Whole days of the setting."""
    rates = open_rates(written(tmp_path, TABLE), 2 * DAY)
    assert [rates.dollars("EUR", date(2025, 10, day)) for day in (11, 12)] == [1.25, None]


def test_the_version_is_that_of_the_content(tmp_path: Path) -> None:
    """The last day, and what tells two tables of one day apart."""
    a, b = (open_rates(written(tmp_path, text), DAY).version for text in (TABLE, TABLE.replace("1.25", "1.26")))
    assert [a[:11], b[:11], a != b] == ["2025-10-09-", "2025-10-09-", True]


@pytest.mark.parametrize("bad", ["0", "-1", "N/A"])
def test_a_rate_that_can_be_none_is_none(tmp_path: Path, bad: str) -> None:
    """Nothing is divided by zero."""
    rates = open_rates(written(tmp_path, f"Date,USD,JPY\n2025-10-09,1.25,{bad}\n"), DAY)
    assert rates.dollars("JPY", date(2025, 10, 9)) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"<html>not found</html>\n",
        b"Date,USD\n",
        b"Date,EUR\n2025-10-09,1\n",
        TABLE.replace("200", "many").encode(),
        TABLE.replace("2025-10-08", "yesterday").encode(),
        TABLE.replace("N/A,\n", "N/A").encode(),
        TABLE.encode()[:-5],
        b"Date,USD\n2025-10-09,1.2",
        b"PK\x03\x04 and no more",
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes) -> None:
    """With the file's name; a file that was only half written is none either."""
    file = written(tmp_path, content)
    with pytest.raises(UnreadableRates, match=r"rates\.csv"):
        open_rates(file, DAY)


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    """It says what was in it."""
    packed = tmp_path / "rates.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("readme.txt", "")
    with pytest.raises(UnreadableRates, match="0 CSV files"):
        open_rates(packed, DAY)


def test_a_missing_file(tmp_path: Path) -> None:
    """The system's reason, and the setting."""
    with pytest.raises(UnreadableRates, match=r"no such file or directory; expected .*currency\.rates_file"):
        open_rates(tmp_path / "none.csv", DAY)
