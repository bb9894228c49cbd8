"""Which protocol a path belongs to."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tracker.errors import Misconfigured, Problems, did_you_mean
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
    """A protocol's path does not begin at a slash, or is no path alone."""

    def __init__(self, path: str, protocol: str) -> None:
        super().__init__(path, protocol)
        self.path, self.protocol = path, protocol

    def __str__(self) -> str:
        wrong = "must not hold a query or a fragment" if self.path.startswith("/") else "must begin with a slash"
        return f"the path {self.path!r} of the protocol {self.protocol!r} {wrong}"


class PathOfNobody(Misconfigured):
    """The settings give paths to a protocol that there is not."""

    def __init__(self, protocol: str, known: Sequence[str]) -> None:
        super().__init__(protocol, known)
        self.protocol, self.known = protocol, known

    def __str__(self) -> str:
        near = did_you_mean(self.protocol, self.known)
        return (
            f"receiver.paths.{self.protocol}: there is no such protocol{near}; known: {', '.join(sorted(self.known))}"
        )


class Routes:
    """The table of paths. An exact path goes first, then the longest path that the request's path ends with.

    `further` has paths by protocol name that the settings add. Raises `Problems` with every path that cannot be.
    """

    def __init__(self, protocols: Sequence[AnyProtocol], further: Mapping[str, Sequence[str]] | None = None) -> None:
        self._exact: dict[str, AnyProtocol] = {}
        further, names = further or {}, [protocol.name for protocol in protocols]
        problems: list[Misconfigured] = [PathOfNobody(name, names) for name in further if name not in names]
        for protocol, path in _paths(protocols, further):
            if not path.startswith("/") or "?" in path or "#" in path:
                problems.append(BadPath(path, protocol.name))
            elif self._exact.setdefault(path, protocol) is not protocol:
                problems.append(PathClash(path, self._exact[path].name, protocol.name))
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


def _paths(protocols: Sequence[AnyProtocol], further: Mapping[str, Sequence[str]]) -> Iterator[tuple[AnyProtocol, str]]:
    """Every path: first those that protocols have of their own."""
    for protocol in protocols:
        for path in protocol.paths:
            yield protocol, path
    for protocol in protocols:
        for path in further.get(protocol.name, ()):
            yield protocol, path
