"""Functions of whole arrays for columns to use. The only module that touches `pyarrow.compute`.

Every function takes arrays or `Events` (the result is then `Events` too); where two arrays meet, either may be a plain
value. Null in, null out, unless the docstring says otherwise.
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tracker.columns import arrays
from tracker.columns.events import Events, lift
from tracker.columns.types import arrow_type

MAX_TEXT = 8_192
"""Characters after which stored text is cut."""


class DistinctCache(Protocol):
    """Remembers results of `per_distinct` across batches; owned by whoever runs the columns."""

    def results(self, function: Callable[..., Any], version: Any) -> dict[Any, Any]:
        """The remembered results of `function`."""

    def failed(self, function: Callable[..., Any], error: Exception) -> None:
        """Told of each value the function raised for."""


current_cache: ContextVar[DistinctCache | None] = ContextVar("current_cache", default=None)


def _binary(function: Callable[..., Any], doc: str) -> Callable[[Any, Any], Any]:
    def operation(a: Any, b: Any) -> Any:
        return function(a, b)

    operation.__doc__ = doc
    return lift(operation)


equal = _binary(pc.equal, "True where `a` equals `b`.")
not_equal = _binary(pc.not_equal, "True where `a` differs from `b`.")
at_least = _binary(pc.greater_equal, "True where `a` is `b` or more.")
at_most = _binary(pc.less_equal, "True where `a` is `b` or less.")
more_than = _binary(pc.greater, "True where `a` is more than `b`.")
less_than = _binary(pc.less, "True where `a` is less than `b`.")
add = _binary(pc.add, "`a` + `b`.")
subtract = _binary(pc.subtract, "`a` - `b`. Of two times: a duration; see `seconds_between`.")
multiply = _binary(pc.multiply, "`a` * `b`.")
both = _binary(pc.and_kleene, "True where both are true.")
either = _binary(pc.or_kleene, "True where at least one is true.")


@lift
def remainder(a: Any, b: Any) -> Any:
    """What is left of whole number `a` after division by `b`; null where `b` is 0."""
    whole = pc.divide(a, pc.if_else(pc.equal(b, 0), pa.scalar(None, pa.int64()), b))
    return pc.subtract(a, pc.multiply(whole, b))


@lift
def divide(a: Any, b: Any) -> Any:
    """`a` / `b` as a float; null where `b` is 0."""
    return pc.divide(_float(a), pc.if_else(pc.equal(b, 0), pa.scalar(None, pa.float64()), _float(b)))


@lift
def negate(a: Any) -> Any:
    """True where `a` is false."""
    return pc.invert(a)


@lift
def is_known(a: Any) -> Any:
    """True where `a` is not null; never null."""
    return pc.is_valid(a)


@lift
def is_null(a: Any) -> Any:
    """True where `a` is null; never null."""
    return pc.is_null(a)


@lift
def is_true(a: Any) -> Any:
    """True where `a` is true, false where it is false or null; never null."""
    return a.fill_null(False)


@lift
def coalesce(*choices: Any) -> Any:
    """For each row the first value that is not null."""
    return pc.coalesce(*choices)


@lift
def if_else(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` where the condition is true, `otherwise` where it is false, null where it is null."""
    if otherwise is None:
        otherwise = pa.scalar(None, then.type)
    return pc.if_else(condition, then, otherwise)


@lift
def only_where(condition: Any, values: Any) -> Any:
    """`values` where the condition is true, null elsewhere."""
    return pc.if_else(condition.fill_null(False), values, pa.scalar(None, values.type))


def first_that_applies(*cases: tuple[Any, str], otherwise: str) -> Any:
    """Text chosen by the first condition that is true, in order; a null condition is not true."""
    conditions = [condition.fill_null(False) for condition, _ in cases]
    table = pa.StructArray.from_arrays(conditions, names=[str(i) for i in range(len(conditions))])
    return pc.case_when(table, *(text for _, text in cases), otherwise)


@lift
def known_text(a: Any) -> Any:
    """Text, with the empty text as null."""
    return pc.if_else(pc.equal(a, ""), pa.scalar(None, pa.string()), a)


@lift
def lower(a: Any) -> Any:
    """Lower case."""
    return pc.utf8_lower(a)


@lift
def upper(a: Any) -> Any:
    """Upper case."""
    return pc.utf8_upper(a)


@lift
def strip(a: Any) -> Any:
    """Without white space at both ends."""
    return pc.utf8_trim_whitespace(a)


@lift
def first_characters(a: Any, count: int) -> Any:
    """At most `count` characters."""
    return pc.utf8_slice_codeunits(a, 0, count)


@lift
def characters_from(a: Any, start: int) -> Any:
    """What stands from character `start` (from 0) on."""
    return pc.utf8_slice_codeunits(a, start)


@lift
def starts_with(a: Any, prefix: str) -> Any:
    """True where text begins with `prefix`."""
    return pc.starts_with(a, prefix)


@lift
def contains(a: Any, part: str) -> Any:
    """True where `part` stands somewhere in the text."""
    return pc.match_substring(a, part)


@lift
def matches(a: Any, pattern: str) -> Any:
    """True where the regular expression (RE2) matches somewhere in the text."""
    return pc.match_substring_regex(a, pattern)


@lift
def replaced(a: Any, pattern: str, by: str) -> Any:
    """Text with every match of the regular expression (RE2) replaced."""
    return pc.replace_substring_regex(a, pattern, by)


@lift
def is_in(a: Any, values: Sequence[Any]) -> Any:
    """True where the value is one of `values`; false for null."""
    return pc.is_in(a, value_set=pa.array(values, a.type))


@lift
def is_listed(a: Any, lists: Any) -> Any:
    """True where the text is one of those that `lists` joins by commas; false for null. Meant for few distinct lists:
    a setting of several texts.
    """
    found = pa.repeat(pa.scalar(False), len(a))
    for several in pc.unique(lists).to_pylist():
        if several:
            listed = pc.is_in(a, value_set=pa.array(several.split(",")))
            found = pc.or_(found, pc.and_(listed, pc.fill_null(pc.equal(lists, several), False)))
    return found


@lift
def field(struct: Any, name: str) -> Any:
    """One member of a struct column; null where the struct is."""
    return pc.struct_field(struct, name)


@lift
def cast(a: Any, kind: Any) -> Any:
    """Another type, strictly: raises where a value does not fit."""
    return a.cast(arrow_type(kind))


@lift
def as_int(a: Any) -> Any:
    """Whole numbers written as text (`-3`, `+3`); null for anything else, also beyond 64 bits."""
    fits = pc.match_substring_regex(a, r"^[+-]?[0-9]{1,18}$")
    return pc.replace_substring_regex(_where(fits, a), r"^\+", "").cast(pa.int64())


@lift
def as_whole(a: Any) -> Any:
    """Numbers written as text, cut towards zero (`12.5` is 12); null for anything else, also beyond 18 digits."""
    number = as_int(a)
    return number if number.null_count == a.null_count else pc.coalesce(number, whole(as_float(a)))


@lift
def whole(a: Any) -> Any:
    """Floats as whole numbers, cut towards zero; null from 2**53 on, where floats no longer tell them apart."""
    return pc.trunc(_where(pc.less(pc.abs(a), 2.0**53), a)).cast(pa.int64())


@lift
def as_float(a: Any) -> Any:
    """Numbers written as text (`-1.5e3`); null for anything else, NaN and infinities included."""
    fits = pc.match_substring_regex(a, r"^[+-]?([0-9]{1,300}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$")
    number = pc.replace_substring_regex(_where(fits, a), r"^\+", "").cast(pa.float64())
    return _where(pc.is_finite(number), number)


@lift
def as_bool(a: Any) -> Any:
    """`1 true t yes y on` and `0 false f no n off`, in any case; null for anything else."""
    word = pc.utf8_lower(pc.utf8_trim_whitespace(a))
    yes = pc.is_in(word, value_set=pa.array(["1", "true", "t", "yes", "y", "on"]))
    no = pc.is_in(word, value_set=pa.array(["0", "false", "f", "no", "n", "off"]))
    return pc.if_else(yes, True, pc.if_else(no, False, pa.scalar(None, pa.bool_())))


def typed(text: Any, kind: pa.DataType) -> Any:
    """Parameter text read leniently as `kind`: bad text is null. Raises TypeError for a type text cannot be read as."""
    if kind == pa.string():
        return text
    if kind == pa.int64():
        return as_whole(text)
    if kind == pa.float64():
        return as_float(text)
    if kind == pa.bool_():
        return as_bool(text)
    raise TypeError(f"a parameter cannot be read as {kind}; use String, Int64, Float64 or Bool")


@lift
def day(times: Any) -> Any:
    """The UTC day of each time."""
    return times.cast(pa.date32(), safe=False)


@lift
def day_in_zone(times: Any, zones: Any) -> Any:
    """The calendar day of each time in its row's time zone (IANA name); null where the zone is unknown."""
    return _by_zone(times, zones, lambda local: local.cast(pa.date32(), safe=False), pa.date32())


def _by_zone(times: Any, zones: Any, convert: Callable[[Any], Any], kind: pa.DataType) -> Any:
    out = pa.nulls(len(times), kind)
    for zone in pc.unique(zones).to_pylist():
        if zone is None or not _is_zone(zone):
            continue
        local = pc.local_timestamp(times.cast(pa.timestamp("us", tz=zone)))
        out = pc.if_else(pc.fill_null(pc.equal(zones, zone), False), convert(local), out)
    return out


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@lift
def microseconds_between(earlier: Any, later: Any) -> Any:
    """Microseconds from `earlier` to `later`."""
    return pc.subtract(later.cast(pa.int64()), earlier.cast(pa.int64()))


@lift
def seconds_between(earlier: Any, later: Any) -> Any:
    """Whole seconds from `earlier` to `later`, cut towards zero."""
    return pc.divide(pc.subtract(later.cast(pa.int64()), earlier.cast(pa.int64())), 1_000_000)


@lift
def constant(like: Any, value: Any, kind: Any) -> Any:
    """`value` on every row of `like`."""
    return pa.repeat(pa.scalar(value, arrow_type(kind)), len(like))


def numbers_of(values: Any) -> Any:
    """A number (numpy, from 0) for each value of a plain array, equal where the values are."""
    return arrays.codes(values)


def take(values: Any, at: Any) -> Any:
    """The values at positions `at` of a plain array."""
    return arrays.take(values, at)


@lift
def concat(*parts: Any) -> Any:
    """Texts joined row by row; null where one of them is."""
    return pc.binary_join_element_wise(*parts, "")


@lift
def cut_text(a: Any) -> Any:
    """Text cut at 8,192 characters."""
    if a.nbytes <= MAX_TEXT or not pc.any(pc.greater(pc.binary_length(a), MAX_TEXT)).as_py():
        return a
    return pc.utf8_slice_codeunits(a, 0, MAX_TEXT)


def per_distinct(values: Any, function: Callable[..., Any], kind: Any, *, version: Any = None) -> Any:
    """`function` of each value (or tuple of values), called in Python once per distinct input of the batch.

    `values` is an array, `Events`, or a tuple of them. The function gets plain Python values (null as None) and must
    return what `kind` can hold; where it raises, the row is null and the failure is counted. Results are remembered
    across batches as long as `version` (of a data file, say) stays the same. A single null input gives null without a
    call.
    """
    several = isinstance(values, tuple)
    parts = values if several else (values,)
    offsets = next((part.offsets for part in parts if isinstance(part, Events)), None)
    plain = [part.values if isinstance(part, Events) else part for part in parts]
    result = _per_distinct(plain, several, function, arrow_type(kind), version)
    return result if offsets is None else Events(result, offsets)


def _per_distinct(
    parts: list[Any], several: bool, function: Callable[..., Any], kind: pa.DataType, version: Any
) -> Any:
    cache = current_cache.get()
    known = cache.results(function, version) if cache else {}
    inputs, rows = _distinct(parts)
    answers: list[Any] = []
    for value in inputs:
        if not several and value[0] is None:
            answers.append(None)
            continue
        try:
            answer = known[value]
        except KeyError:
            try:
                answer = function(*value)
            except Exception as error:
                answer = None
                if cache:
                    cache.failed(function, error)
            known[value] = answer
        answers.append(answer)
    return arrays.take(pa.array(answers, kind), rows)


def _distinct(parts: list[Any]) -> tuple[list[tuple[Any, ...]], Any]:
    if len(parts) == 1:
        encoded = parts[0].dictionary_encode(null_encoding="encode")
        return [(value,) for value in encoded.dictionary.to_pylist()], np.asarray(encoded.indices)
    rows = arrays.codes(parts[0])
    for part in parts[1:]:
        codes = arrays.codes(part)
        rows = arrays.codes(pa.array(rows * (codes.max(initial=0) + 1) + codes))
    firsts = np.empty(rows.max(initial=-1) + 1, np.int64)
    firsts[rows[::-1]] = np.arange(len(rows))[::-1]  # the last write to a place is its first row
    at = pa.array(firsts)
    return list(zip(*(part.take(at).to_pylist() for part in parts), strict=True)), rows


def _where(condition: Any, values: Any) -> Any:
    return pc.if_else(condition, values, pa.scalar(None, values.type))


def _float(a: Any) -> Any:
    return a.cast(pa.float64()) if isinstance(a, pa.Array) else float(a)
