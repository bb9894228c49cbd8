"""A batch on its way into columns: hits as arrays of their fields, and their payloads as one array per parameter."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Hits:
    """Hits of one protocol family, as parallel sequences: element i of each belongs to hit i.

    Offsets are those of `partition`'s log; `protosession` numbers the protosession within the plan, from 0.
    """

    partition: int
    ingested_at: int
    family: str
    offsets: NDArray[np.int64]
    protosession: NDArray[np.int64]
    ids: Sequence[bytes]
    protocols: Sequence[str]
    property_ids: Sequence[str]
    client_ids: Sequence[str]
    user_ids: Sequence[str | None]
    stamps: Sequence[bytes | None]
    cookieless: Sequence[bool]
    received_at: NDArray[np.int64]
    event_times: Sequence[int | None]
    event_times_refused: Sequence[str | None]
    event_keys: Sequence[bytes | None]
    ips: Sequence[str]
    hosts: Sequence[str]
    paths: Sequence[str]
    methods: Sequence[str]
    headers: Sequence[Mapping[str, str]]
    queries: Sequence[bytes]
    bodies: Sequence[bytes]
    schema_epoch: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def query_array(self) -> pa.BinaryArray:
        """The raw queries, as `binary`."""
        return pa.array(self.queries, pa.binary())

    @cached_property
    def body_array(self) -> pa.BinaryArray:
        """The raw bodies, as `binary`."""
        return pa.array(self.bodies, pa.binary())

    @cached_property
    def property_codes(self) -> pa.DictionaryArray:
        """The property ids, dictionary-encoded: few distinct values, asked for by every setting."""
        return pa.array(self.property_ids, pa.string()).dictionary_encode()

    def header(self, name: str) -> pa.StringArray:
        """One header of every hit; null where it was not sent."""
        return pa.array([headers.get(name) for headers in self.headers], pa.string())

    def take(self, rows: NDArray[np.int64]) -> "Hits":
        """The hits at `rows`, in that order."""

        def pick(values: Sequence[object]) -> list[object]:
            return [values[row] for row in rows]

        changed: dict[str, object] = {}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                changed[name] = value[rows]
            elif not isinstance(value, int | str):
                changed[name] = pick(value)
        return Hits(**{**{n: getattr(self, n) for n in self.__dataclass_fields__}, **changed})


class Parameters(ABC):
    """The decoded payloads of a batch: one text array per parameter key, made when it is asked for."""

    @abstractmethod
    def __len__(self) -> int:
        """Rows: one per hit."""

    @abstractmethod
    def get(self, key: str) -> pa.StringArray | None:
        """The values of `key`, one per hit, null where absent (an empty value is not absent); None where no hit has
        it.
        """

    @abstractmethod
    def prefixed(self, prefix: str) -> pa.ListArray:
        """`list<struct<name: string, value: string>>` of every key that begins with `prefix`, in wire order, prefix
        cut off.
        """

    @abstractmethod
    def keys(self) -> Sequence[str]:
        """Every key that some hit has."""

    @abstractmethod
    def take(self, rows: NDArray[np.int64]) -> "Parameters":
        """The rows at `rows`, in that order; cheap, for values are only moved when they are asked for."""
