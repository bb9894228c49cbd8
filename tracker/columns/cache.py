"""Remembers what was computed per distinct value, across batches, within a bound."""

from collections.abc import Callable
from typing import Any

LIMIT = 20_000


class BoundedCache:
    """Results by function. A function's results are forgotten when there are too many, or when their data file
    changes.
    """

    def __init__(self, failed: Callable[[str, int, Exception], None], limit: int = LIMIT) -> None:
        self._failed, self._limit = failed, limit
        self._results: dict[Callable[..., Any], tuple[Any, dict[Any, Any]]] = {}

    def results(self, function: Callable[..., Any], version: Any) -> dict[Any, Any]:
        """The remembered results of `function` with data of `version`; the caller adds to them."""
        known_version, results = self._results.get(function, (version, {}))
        if known_version != version or len(results) > self._limit:
            results = {}
        self._results[function] = (version, results)
        return results

    def failed(self, function: Callable[..., Any], error: Exception) -> None:
        """Count one value that the function could not read."""
        self._failed(getattr(function, "__name__", str(function)), 1, error)
