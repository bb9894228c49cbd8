"""Libraries that bring lists of their own, which columns look things up in: another release may give other rows."""

from collections.abc import Mapping
from importlib import metadata

LIBRARIES = ("crawler-user-agents", "pycountry", "tldextract", "ua-parser", "ua-parser-builtins")
"""User agents, countries and public suffixes; what is opened as a resource tells its version itself."""


def library_versions() -> Mapping[str, str]:
    """The installed version of each, by name."""
    return {name: metadata.version(name) for name in LIBRARIES}
