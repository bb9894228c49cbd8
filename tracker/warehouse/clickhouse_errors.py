"""ClickHouse's errors, sorted by what to do: try again, stop and say, or look for the bad row.

Numbers are those of ClickHouse's `ErrorCodes`. What is not known here is tried again: an error may pass, a lost row
stays lost.
"""

import re

from clickhouse_connect.driver.exceptions import Error
from urllib3.exceptions import HTTPError, MaxRetryError

from tracker.errors import Retry, TrackerError
from tracker.warehouse.driver import BadRows, SchemaMismatch

_SCHEMA = frozenset(
    {
        8,  # THERE_IS_NO_COLUMN
        10,  # NOT_FOUND_COLUMN_IN_BLOCK
        16,  # NO_SUCH_COLUMN_IN_TABLE
        20,  # NUMBER_OF_COLUMNS_DOESNT_MATCH
        36,  # BAD_ARGUMENTS
        44,  # ILLEGAL_COLUMN
        47,  # UNKNOWN_IDENTIFIER
        60,  # UNKNOWN_TABLE
        80,  # INCORRECT_QUERY
        81,  # UNKNOWN_DATABASE
    }
)
_DATA = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        469,  # VIOLATED_CONSTRAINT
    }
)
_SENTENCE = 400
_CODE = re.compile(r"\bCode: (\d+)\. DB::Exception")
_NOISE = re.compile(
    r"Streaming query failed: |Received ClickHouse exception, code: \d+, server response: "
    r"|HTTPS?Connection(?:Pool)?\([^)]*\): | \(for url [^)]*\)| \(version [^()]*(?:\([^)]*\))?\)"
)
"""Parts of the client's sentences that hide what happened: addresses with all their parameters, for one."""


def translated(error: Exception, where: str) -> TrackerError:
    """The error of ours that says what to do about ClickHouse's; `where` is what was talked to."""
    code, sentence = code_of(error), f"{where}: {said(error)}"
    if code in _SCHEMA:
        return SchemaMismatch(sentence)
    return BadRows(sentence) if code in _DATA else Retry(sentence)


def code_of(error: Exception) -> int | None:
    """ClickHouse's number of an error; None where it is none of ClickHouse's."""
    if isinstance(error, Error):
        return int(error.code) if error.code is not None else None
    found = _CODE.search(str(error)) if isinstance(error, RuntimeError) else None  # chDB's own have a text only
    return int(found[1]) if found else None


def said(error: Exception) -> str:
    """What happened, without what the client says around it."""
    cause: object = error.__cause__ if isinstance(error.__cause__, HTTPError) else error
    if isinstance(cause, MaxRetryError):
        cause = cause.reason or cause
    return " ".join(_NOISE.sub("", str(cause)).split())[:_SENTENCE] or type(error).__name__
