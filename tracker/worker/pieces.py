"""Large numbered values in LMDB, cut so that each piece fits inside a page of the tree.

A value of many pages must find as many free pages in a row, which a log that has been trimmed for long may not have.
Pieces need none.
"""

import struct
from typing import TypeAlias

import lmdb

Txn: TypeAlias = "lmdb.Transaction[bytes]"
"""A transaction whose keys and values are copied out as bytes."""
Database: TypeAlias = lmdb._Database
"""A named database of an environment."""

SIZE = 1900
"""Bytes of a piece. LMDB keeps a key and value of up to half a page (4,096 bytes) in the tree."""
_key = struct.Struct(">QI")


def put(txn: Txn, db: Database, number: int, value: bytes) -> None:
    """Store `value` under `number`, in place of what was there."""
    drop(txn, db, number)
    for piece, start in enumerate(range(0, max(len(value), 1), SIZE)):
        txn.put(_key.pack(number, piece), value[start : start + SIZE], db=db)


def get(txn: Txn, db: Database, number: int) -> bytes | None:
    """The value under `number`."""
    found = first(txn, db, number)
    return found[1] if found and found[0] == number else None


def first(txn: Txn, db: Database, from_number: int) -> tuple[int, bytes] | None:
    """The lowest number from `from_number` on, and its value; None where there is none."""
    with txn.cursor(db) as cursor:
        if not cursor.set_range(_key.pack(max(from_number, 0), 0)):
            return None
        name = cursor.key()[:8]
        parts = []
        for key, part in cursor:
            if not key.startswith(name):
                break
            parts.append(part)
    return int.from_bytes(name), b"".join(parts)


def drop(txn: Txn, db: Database, number: int) -> None:
    """Remove the value under `number`, if there is one."""
    name = _key.pack(number, 0)[:8]
    with txn.cursor(db) as cursor:
        cursor.set_range(name)
        while cursor.key().startswith(name):
            cursor.delete()
