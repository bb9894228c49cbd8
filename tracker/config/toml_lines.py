"""Finds the line of a TOML file that a key stands on; `tomllib` keeps no positions."""

import tomllib
from collections.abc import Iterator

Key = tuple[str, ...]


def line_of(text: str, key: Key) -> int | None:
    """The line, from 1, of `key` or of the nearest table it stands in. None where neither is to be seen."""
    best, line = 0, None
    for number, written in _written(text):
        if key[: len(written)] == written and len(written) > best:
            best, line = len(written), number
    return line


def _written(text: str) -> Iterator[tuple[int, Key]]:
    table: Key = ()
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("["):
            table = _key(line) or table
            yield number, table
        elif "=" in line and (key := _key(line.partition("=")[0] + "= 0")):
            yield number, (*table, *key)


def _key(source: str) -> Key:
    """The key that one line of TOML sets; empty where the line alone is no TOML (inside a list, for one)."""
    try:
        value: object = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return ()
    key: Key = ()
    while isinstance(value, list | dict) and value:
        if isinstance(value, list):
            value = value[0]
        else:
            name, value = next(iter(value.items()))
            key = (*key, name)
    return key
