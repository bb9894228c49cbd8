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
    query: bytes
    """The part of the raw query that says so: what may be stored of it."""
    secret: str = field(default="", repr=False)

    @classmethod
    def of(cls, query: bytes) -> "Stream":
        """The stream that a raw query names; of both ids the measurement id wins."""
        sent = _read(plain(query))
        web, app = sent.get(b"measurement_id", b""), sent.get(b"firebase_app_id", b"")
        is_app = not web and bool(app)
        named = b"firebase_app_id=" + app if is_app else b"measurement_id=" + web
        return cls(text(web or app), is_app, named, text(sent.get(b"api_secret", b"")))
