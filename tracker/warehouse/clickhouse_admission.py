"""Which questions ClickHouse may be asked on behalf of users, besides what its `readonly` setting refuses.

`readonly = 1` lets through more than it seems: `INTO OUTFILE` inside chDB, several statements, `KILL QUERY`, and
functions that read files or the network. So the server itself writes the question anew (`formatQuery`), which takes
one statement only and leaves no comment; what is looked at here is that text, which is also what runs.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from tracker.errors import Reject

_TABLE_FUNCTIONS = frozenset(
    {
        "format", "fuzzquery", "generate_series", "generaterandom", "generateseries", "merge", "null", "numbers",
        "numbers_mt", "primes", "sqlstandardvalues", "values", "view", "zeros", "zeros_mt",
    }
)  # fmt: skip
"""The table functions a question may call: they make rows, or read tables that it could read anyway."""
_REFUSED = frozenset({"file", "catboostevaluate", "sleep", "sleepeachrow", "showcertificate"})
"""Other functions that reach for files, or only wait."""
_TEXTS = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`", re.DOTALL)
_CALLS = re.compile(r"\b(\w+)\s*\(|\bAPPLY\s*\(?\s*(\w+)")
_EXPLAIN = re.compile(
    r"EXPLAIN(?: (?:SYNTAX|QUERY TREE|PLAN|PIPELINE|ESTIMATE))?(?: \w+ = \w+(?:, \w+ = \w+)*)?\n(?P<select>.*)",
    re.DOTALL,
)
_DESCRIBE = re.compile(r"DESCRIBE TABLE\s+\((?P<select>.*)\)", re.DOTALL)
_LOOKS = re.compile(
    r"DESCRIBE TABLE [\w.]+|SHOW (?:FULL )?(?:TABLES|COLUMNS|DATABASES|FUNCTIONS|INDEXES|CREATE TABLE|CREATE VIEW)\b.*"
    r"|EXISTS (?:TABLE|VIEW) [\w.]+",
    re.DOTALL,
)
_OUTPUT = re.compile(r"\bINTO OUTFILE\b|\bFORMAT\b")
_SETTINGS = re.compile(r"\bSETTINGS\s+\w+ = ")
_NOISE = re.compile(r":? In scope SELECT formatQuery\(.*", re.DOTALL)

KINDS = "only SELECT, EXPLAIN, SHOW and DESCRIBE are answered here, without FORMAT, INTO OUTFILE and SETTINGS"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A question that may run."""

    text: str
    is_select: bool


def admitted(sql: str, ask: Callable[[str], str], table_functions: Collection[str]) -> Admitted:
    """The statement to run. `ask` answers one statement of ours with one text; `table_functions` are all that the
    server knows, in lower case.

    Raises `Reject` with ClickHouse's sentence where the statement is none, or with ours where it is not answered here.
    """
    text = _formatted(sql, ask)
    bare = _TEXTS.sub(lambda found: "''" if found[0][0] == "'" else "q", text)
    for called in {(name or applied).lower() for name, applied in _CALLS.findall(bare)}:
        if called in _REFUSED or (called in table_functions and called not in _TABLE_FUNCTIONS):
            raise Reject(f"the function {called} may not be called here")
    if _SETTINGS.search(bare):  # inside a subquery `readonly` lets them pass
        raise Reject(KINDS)
    is_look = _LOOKS.fullmatch(bare) is not None
    if is_look and not _OUTPUT.search(bare):
        return Admitted(text, is_select=False)
    inner = _EXPLAIN.fullmatch(text) or _DESCRIBE.fullmatch(text)
    select = inner["select"] if inner else text
    if is_look or not _is_select(select, ask):
        raise Reject(KINDS)
    return Admitted(text, is_select=inner is None)


def literal(text: str) -> str:
    """A text as ClickHouse reads it in SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _formatted(sql: str, ask: Callable[[str], str]) -> str:
    try:
        return ask(f"SELECT formatQuery({literal(sql)})")
    except Reject as error:
        raise Reject(_NOISE.sub("", str(error))) from error


def _is_select(text: str, ask: Callable[[str], str]) -> bool:
    """Whether it can stand where only a SELECT can: that rules out what follows one, such as INTO OUTFILE."""
    if not re.match(r"\(*\s*(?:SELECT|WITH)\b", text):
        return False
    inner = f"SELECT * FROM ({text})"  # noqa: S608 - it is parsed, not run
    try:
        ask(f"SELECT formatQuery({literal(inner)})")
    except Reject:
        return False
    return True
