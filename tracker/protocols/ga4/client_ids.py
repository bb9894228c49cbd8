"""Client ids: any text that a tag or a server made up, but for what broken code writes where there is none."""

from tracker.protocols.receipt import is_junk


def is_nobody(client_id: str) -> bool:
    """True for junk, and for a pair of junk such as `undefined.undefined`: no id of one client."""
    return all(is_junk(part) for part in client_id.split("."))
