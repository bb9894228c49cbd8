"""Which protocol a path belongs to."""

from collections.abc import Sequence
from typing import Any

from tracker.errors import Misconfigured, Problems
from tracker.protocols.base import TrackingProtocol

AnyProtocol = TrackingProtocol[Any]
"""A protocol, whatever its settings."""


class PathClash(Misconfigured):
    """Two protocols want one path."""

    def __init__(self, path: str, first: str, second: str) -> None:
        super().__init__(path, first, second)
        self.path, self.first, self.second = path, first, second

    def __str__(self) -> str:
        return (
            f"the protocols {self.first!r} and {self.second!r} both want the path {self.path!r}; leave one of them out"
        )


class BadPath(Misconfigured):
    """A protocol's path does not begin at a slash."""

    def __init__(self, path: str, protocol: str) -> None:
        super().__init__(path, protocol)
        self.path, self.protocol = path, protocol

    def __str__(self) -> str:
        return f"the path {self.path!r} of the protocol {self.protocol!r} must begin with a slash"


class Routes:
    """The table of paths. An exact path goes first, then the longest path that the request's path ends with."""

    def __init__(self, protocols: Sequence[AnyProtocol]) -> None:
        self._exact: dict[str, AnyProtocol] = {}
        problems: list[Misconfigured] = []
        for protocol in protocols:
            for path in protocol.paths:
                if not path.startswith("/"):
                    problems.append(BadPath(path, protocol.name))
                elif path in self._exact:
                    problems.append(PathClash(path, self._exact[path].name, protocol.name))
                else:
                    self._exact[path] = protocol
        if problems:
            raise Problems(problems)
        self._suffixes = sorted((path for path in self._exact if len(path) > 1), key=len, reverse=True)

    def find(self, path: str) -> AnyProtocol | None:
        """The protocol of `path`; None: nobody's."""
        found = self._exact.get(path)
        if found is None:
            for suffix in self._suffixes:
                if path.endswith(suffix):
                    return self._exact[suffix]
        return found
