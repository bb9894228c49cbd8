"""What the query of a Measurement Protocol request says: which stream it is for, and its secret."""

from dataclasses import dataclass, field

from tracker.protocols.receipt import plain, reader, text

_read = reader(b"measurement_id", b"firebase_app_id", b"api_secret")


@dataclass(frozen=True, slots=True)
class Stream:
    """The stream that events are sent to."""

    property_id: str
    """Measurement id or Firebase app id; empty where neither was sent."""
    is_app: bool
    """True where only a Firebase app id was sent."""
    secret: str = field(default="", repr=False)

    @classmethod
    def of(cls, query: bytes) -> "Stream":
        """The stream that a raw query names; of both ids the measurement id wins."""
        sent = _read(plain(query))
        web, app = sent.get(b"measurement_id", b""), sent.get(b"firebase_app_id", b"")
        return cls(text(web or app), not web and bool(app), text(sent.get(b"api_secret", b"")))
