"""JSON values as the text that a query string would hold."""

import orjson


def written(value: object) -> str:
    """Text as it is, `true` or `false`, numbers without a needless fraction, anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value) if isinstance(value, int) else orjson.dumps(value).decode()


def is_number(value: object) -> bool:
    """True for a JSON number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
