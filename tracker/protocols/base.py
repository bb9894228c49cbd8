"""What a protocol is: how to cut requests into hits, how to read many hits at once, and how to answer.

A protocol is pure: bytes in, values out. It never sees aiohttp, the clock, a file or the network.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import ClassVar, Generic, TypeVar

from tracker.columns.parameters import Hits, Parameters
from tracker.config import Properties, PropertySettings
from tracker.model import Aside, Hit, RawRequest, Rejected, Reply, Result

SettingsT = TypeVar("SettingsT", bound=PropertySettings)


class TrackingProtocol(ABC, Generic[SettingsT]):
    """One way that tags speak to us.

    `name` is the row's `tracking_protocol`; protocols with one `family` share sessions. `paths` are matched as
    suffixes that begin at a slash, so `/metrics/g/collect` reaches the protocol of `/g/collect`.
    """

    name: ClassVar[str]
    family: ClassVar[str]
    paths: ClassVar[Sequence[str]]
    methods: ClassVar[Sequence[str]] = ("GET", "POST")
    columns: ClassVar[Sequence[ModuleType] | None] = None
    """Modules of the columns only this protocol can fill; None means the module the protocol is defined in."""
    boundaries: ClassVar[Mapping[str, bool]] = {}
    """Session boundaries that its family switches on or off, by name, where a property does not say."""
    Settings: ClassVar[type[PropertySettings]] = PropertySettings
    """Per-property settings this protocol adds; their fields may stand in any `[properties.ID]` section."""

    @abstractmethod
    def hits(self, request: RawRequest, properties: Properties[SettingsT]) -> Iterator[Hit | Rejected | Aside]:
        """Cut `request` into hits, at receipt: must be cheap and must never raise for bad input.

        Each event yields a `Hit` (made by `request.hit`) or a `Rejected`; an `Aside` only tells `reply` something, for
        which it may be the only chance: it sees no settings. `properties.of(id)` gives the settings of a
        property, or None where strangers are refused. Yields nothing when the request holds no event at all.
        Must cut secrets out of `query` and `body`.
        """

    @abstractmethod
    def parameters(self, hits: Hits) -> Parameters:
        """Decode a whole batch of this protocol's hits at once: row i of the result belongs to hit i.

        Called when a plan is written. May raise for a batch it cannot read: the batch is then halved until only the bad
        hits are left out.
        """

    @abstractmethod
    def reply(self, request: RawRequest, result: Result) -> Reply:
        """Answer `request`; also called for a request that was refused as a whole (`result.problem`)."""

    def preflight(self, request: RawRequest) -> Reply:
        """Answer a CORS preflight (OPTIONS)."""
        origin = request.headers.get("origin", "*")
        return Reply(
            204,
            headers={
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": ", ".join(self.methods),
                "Access-Control-Allow-Headers": request.headers.get("access-control-request-headers", "*"),
                "Access-Control-Allow-Credentials": "true",
                "Access-Control-Max-Age": "86400",
                "Vary": "Origin",
            },
        )
