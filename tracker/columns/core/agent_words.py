"""One vocabulary for devices, whoever reads the agent: libraries name the same browser and system differently."""

import re

BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Android WebView",
    "Chrome Webview": "Android WebView",
    "HeadlessChrome": "Headless Chrome",
    "AVG": "AVG Secure Browser",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "iOS WebView",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Firefox Mobile iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Edge WebView2": "Edge",
    "Microsoft Edge": "Edge",
    "Opera Mobile": "Opera",
    "Opera Touch": "Opera",
    "Opera GX": "Opera",
    "IE": "Internet Explorer",
    "IE Mobile": "Internet Explorer",
    "Samsung Browser": "Samsung Internet",
    "Android": "Android Browser",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "DuckDuckGo Privacy Browser": "DuckDuckGo",
    "MiuiBrowser": "MIUI Browser",
    "Mi Browser": "MIUI Browser",
    "Huawei Browser Mobile": "Huawei Browser",
    "BlackBerry WebKit": "BlackBerry Browser",
    "WeChat Browser": "WeChat",
    "Google": "Google App",
    "Google Search App": "Google App",
    "LINE": "Line",
    "Amazon Silk": "Silk",
    "Mobile Silk": "Silk",
    "NaverWhale": "Whale",
    "Whale Browser": "Whale",
    "Facebook Messenger": "Messenger",
    "GNOME Web": "Epiphany",
    "Python Requests": "python-requests",
    "OkHttp": "okhttp",
}
"""Other names of browsers, and the one they have here."""
SYSTEMS = {
    "Mac OS X": "macOS",
    "Mac": "macOS",
    "iPadOS": "iOS",
    "GNU/Linux": "Linux",
    "Ubuntu": "Linux",
    "Fedora": "Linux",
    "Debian": "Linux",
    "Arch Linux": "Linux",
    "Red Hat": "Linux",
    "SUSE": "Linux",
    "Gentoo": "Linux",
    "Mint": "Linux",
    "ATV OS X": "tvOS",
    "BlackBerry Tablet OS": "BlackBerry OS",
    "Windows Mobile": "Windows Phone",
    "FireOS": "Fire OS",
    "Web0S": "webOS",
}
"""Other names of operating systems, and the one they have here: distributions of Linux are one."""
BRANDS = {"Oppo": "OPPO", "XiaoMi": "Xiaomi", "ASUS": "Asus", "vivo": "Vivo", "HUAWEI": "Huawei", "RIM": "BlackBerry"}
"""Brands in one spelling."""
DESKTOPS = frozenset({"Windows", "macOS", "Linux", "Chrome OS", "FreeBSD", "OpenBSD", "NetBSD", "Solaris"})

_KINDS = (
    ("tv", r"smart-?tv|\btv\b|web0s|netcast|hbbtv|bravia|; aft[a-z0-9]+\b|\broku|appletv|crkey|chromecast|mibox|viera"),
    ("console", r"playstation|nintendo|xbox"),
    ("wearable", r"watch|sm-r\d{3}|oculusbrowser|; quest|wear ?os"),
    ("tablet", r"ipad|tablet|kindle|playbook|nexus (?:7|9|10)\b|; kf[a-z]{3,5}\b"),
    ("smartphone", r"iphone|ipod|windows phone|kaios|opera mini|bb10|blackberry|android.*mobile|\(mobile;"),
    ("tablet", r"android"),
    ("other", r"tesla|qtcarbrowser"),
)
_MAKERS = (
    ("Samsung", r"SM-|GT-|SAMSUNG"),
    ("Xiaomi", r"M2\d{3}[A-Z]|2\d{6,9}[A-Z]|Redmi|POCO|MIBOX|Mi "),
    ("Realme", r"RMX\d"),
    ("Motorola", r"moto |motorola|XT\d{4}"),
    ("Sony", r"XQ-|BRAVIA"),
    ("LG", r"LM-|LG-"),
    ("Vivo", r"V[12]\d{3}[A-Z]?$|vivo"),
    ("Google", r"Pixel|Chromecast"),
    ("Amazon", r"AFT[A-Z]|KF[A-Z]{3}"),
    ("Fairphone", r"FP\d$|Fairphone"),
    ("NVIDIA", r"SHIELD"),
    ("OnePlus", r"ONEPLUS|OnePlus"),
    ("HONOR", r"HONOR"),
)
_MAKER = tuple((maker, re.compile(pattern)) for maker, pattern in _MAKERS)
_KIND = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS)


def kind_of_agent(agent: str, system: str | None) -> str:
    """Kind of device, by the marks that makers leave in agents: the first that applies; `other` for none."""
    for kind, mark in _KIND:
        if mark.search(agent):
            return kind
    return "desktop" if system in DESKTOPS else "other"


def maker_of(model: str | None, brand: str | None) -> str | None:
    """Brand of a model, by how its makers begin their models' codes; `brand` where that does not tell."""
    return next((maker for maker, code in _MAKER if model and code.match(model)), brand)
