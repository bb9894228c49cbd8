"""What client hints say beyond a user agent: Chromium's agents are frozen (`Android 10; K`, `Windows NT 10.0`).

Pure functions, the same for every library that reads agents: hints are put into the agent before it reads, and go
before what it found afterwards.
"""

import re
from dataclasses import dataclass

_FROZEN = re.compile(r"Android 10; K(?=[);])")
_WORDS = re.compile(r"[^a-z]+")
_BRANDS = {
    "Google Chrome": "Chrome",
    "Microsoft Edge": "Edge",
    "HeadlessChrome": "Headless Chrome",
    "Opera GX": "Opera",
    "Yandex": "Yandex Browser",
    "YaBrowser": "Yandex Browser",
}
"""Browsers that call themselves otherwise in client hints."""
_PLATFORMS = {"Chromium OS": "Chrome OS", "Mac OS X": "macOS"}
_WINDOWS = {"0.1": "7", "0.2": "8", "0.3": "8.1"}
"""Windows' old versions, by the platform versions they are told with."""
_WINDOWS_11 = 13
GENERIC = ("Chrome", "Chromium", "Android WebView")
"""Browsers that many others are built on: a hint that names another one knows more."""
_WRAPPED = frozenset({"Fire OS", "HarmonyOS", "Android TV", "Wear OS", "Tizen", "webOS", "KaiOS", "Windows Phone"})
"""Systems that client hints call by the name of another one, mostly Android."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Client hints, in the form of the columns `client_hint_*`."""

    brands: str | None = None
    mobile: bool | None = None
    model: str | None = None
    platform: str | None = None
    platform_version: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an agent tells of its device, in the words of the columns `device_*`. What is not known is None."""

    category: str | None = None
    brand: str | None = None
    model: str | None = None
    operating_system: str | None = None
    operating_system_version: str | None = None
    browser: str | None = None
    browser_version: str | None = None


def restored(agent: str, hints: Hints) -> str:
    """The agent as it would be if it were not frozen: Android's version and the device's model as hints tell them."""
    if not hints.model and not (hints.platform == "Android" and hints.platform_version):
        return agent
    version = _trimmed(hints.platform_version) if hints.platform_version else "10"
    return _FROZEN.sub(lambda _: f"Android {version}; {hints.model or 'K'}", agent, count=1)


def corrected(found: Found, hints: Hints) -> Found:
    """What was found, and in its place what hints say where they know more."""
    browser, browser_version = _browser(found, hints)
    system, system_version, category = _system(found, hints)
    return Found(category, found.brand, found.model or hints.model, system, system_version, browser, browser_version)


def browser_of(brands: str | None) -> tuple[str, str | None] | None:
    """Name and version of the browser among `Chromium;126.0.1|Google Chrome;126.0.1|Not/A)Brand;8`."""
    chromium = None
    for one in (brands or "").split("|"):
        brand, _, version = one.rpartition(";")
        if brand == "Chromium":
            chromium = brand, version or None
        elif brand and not _is_grease(brand):
            return _BRANDS.get(brand, brand), version or None
    return chromium


def major_of(version: str | None) -> str | None:
    """`126` of `126.0.0.0`."""
    return version and version.partition(".")[0]


def system_of(platform: str | None, version: str | None) -> tuple[str, str | None] | None:
    """Name and version of the operating system as it is usually called: Windows 11 tells 13.0.0 and more."""
    if not platform or platform == "Unknown":
        return None
    name, version = _PLATFORMS.get(platform, platform), version or None
    if name == "Windows" and version:
        number = version.partition(".")[0]
        old = _WINDOWS.get(".".join(version.split(".")[:2]))
        version = old or ("11" if number.isdigit() and int(number) >= _WINDOWS_11 else "10")
    return name, version and _trimmed(version)


def _browser(found: Found, hints: Hints) -> tuple[str | None, str | None]:
    told = browser_of(hints.brands)
    if told is None:
        return found.browser, found.browser_version
    name, version = told
    if found.browser == name or ((found.browser is None or found.browser in GENERIC) and name != "Chromium"):
        return name, _longer(version, found, name)
    return found.browser, found.browser_version


def _longer(version: str | None, found: Found, name: str) -> str | None:
    """A hint may have the major version only, where the agent has more of the same."""
    return found.browser_version if found.browser == name and major_of(found.browser_version) == version else version


def _system(found: Found, hints: Hints) -> tuple[str | None, str | None, str | None]:
    """Operating system, its version, and the kind of device, which Android's hints tell."""
    told = system_of(hints.platform, hints.platform_version)
    if told is None or found.operating_system in _WRAPPED:
        return found.operating_system, found.operating_system_version, found.category
    name, version = told
    known = found.operating_system_version if found.operating_system == name else None
    category = found.category
    if name == "Android" and category in (None, "desktop", "smartphone", "tablet"):
        is_phone = hints.mobile if hints.mobile is not None else category == "smartphone"
        category = "smartphone" if is_phone else "tablet"
    return name, version or known, category


def _is_grease(brand: str) -> bool:
    """True for brands that stand there so that nobody relies on the list's form: `Not/A)Brand`."""
    return _WORDS.sub("", brand.lower()) == "notabrand"


def _trimmed(version: str) -> str:
    """`14` of `14.0.0`; `14.5` of `14.5.0`."""
    while version.endswith(".0"):
        version = version[:-2]
    return version
