"""`tracker snippet`: the tags to put on a site, pointed at this tracker, and what cannot work about the address."""

import ipaddress
import json
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

import typer

_GA4 = """\
<!-- GA4 tag, sending to your tracker -->
<script async src="https://www.googletagmanager.com/gtag/js?id={id}"></script>
<script>
  window.dataLayer = window.dataLayer || [];
  function gtag() {{ dataLayer.push(arguments); }}
  gtag('js', new Date());
  gtag('config', {id_text}, {{ {option}: {url} }});
</script>
"""
_MATOMO = """\
<!-- Matomo tag, sending to your tracker; matomo.js is served by you or by your Matomo -->
<script>
  var _paq = window._paq = window._paq || [];
  _paq.push(['trackPageView']);
  _paq.push(['enableLinkTracking']);
  _paq.push(['setTrackerUrl', {url}]);
  _paq.push(['setSiteId', {id_text}]);
</script>
<script async src="/matomo.js"></script>
"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the tracker is, as browsers call it."""

    scheme: str
    host: str
    port: int | None
    """None: the scheme's own."""
    path: str

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{f':{self.port}' if self.port else ''}{self.path}"

    @property
    def is_local(self) -> bool:
        """True when only this machine reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")


def snippet(
    url: Annotated[str, typer.Argument(help="Where browsers reach the tracker.", metavar="URL")],
    ga4: Annotated[str | None, typer.Option(help="GA4 measurement id (G-...).")] = None,
    matomo: Annotated[str | None, typer.Option(help="Matomo site id (a number).")] = None,
) -> None:
    """Print the tags to put on a site, and what will not work with this address.

    Example: tracker snippet https://t.example.com --ga4 G-ABC1234567
    """
    address = parse(url)
    if matomo is not None and not (matomo.isascii() and matomo.isdigit() and int(matomo)):
        raise typer.BadParameter(f"{matomo!r} is no Matomo site id; those are numbers from 1", param_hint="--matomo")
    both = ga4 is None and matomo is None
    if ga4 or both:
        print(ga4_tag(address, ga4 or "G-XXXXXXXXXX"))
    if matomo or both:
        print(matomo_tag(address, matomo or "1"))
    for warning in warnings(address, ga4 or ("G-XXXXXXXXXX" if both else None)):
        print(f"Note: {warning}")


def parse(url: str) -> Address:
    """The address in `url`; https where it names no scheme. Raises `typer.BadParameter` for what is no address."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    try:
        port = parts.port
    except ValueError:
        raise typer.BadParameter(f"{url!r} has no valid port", param_hint="URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise typer.BadParameter(f"{url!r} is no address such as https://t.example.com", param_hint="URL")
    is_default = port == {"http": 80, "https": 443}[parts.scheme]
    return Address(parts.scheme, parts.hostname, None if is_default else port, parts.path.rstrip("/"))


def ga4_tag(address: Address, id: str) -> str:
    """The Google tag. `server_container_url` drops a port, `transport_url` alone keeps it."""
    option = "transport_url" if address.port else "server_container_url"
    return _GA4.format(id=id, id_text=json.dumps(id), option=option, url=json.dumps(address.url))


def matomo_tag(address: Address, id: str) -> str:
    """The Matomo tag."""
    return _MATOMO.format(id_text=json.dumps(id), url=json.dumps(f"{address.url}/matomo.php"))


def warnings(address: Address, ga4: str | None) -> list[str]:
    """What will not work, a sentence each. `ga4` is the measurement id, if that tag is used."""
    found = []
    if address.port and ga4:
        found.append(
            f"the tag's server_container_url drops the port (it would call {address.scheme}://{address.host} without"
            f" :{address.port}), so the tag above uses transport_url; a tag manager that only offers"
            " server_container_url needs a reverse proxy on the usual port."
        )
    if address.scheme == "http" and not address.is_local:
        found.append(
            "browsers block http requests from https pages: put a reverse proxy with TLS in front and give its URL."
        )
    if address.is_local:
        found.append(f"{address.host} is the visitor's own machine: this works for trying out only, on this machine.")
    if ga4 and not ga4.startswith("G-"):
        found.append(f"{ga4} is no GA4 measurement id (those begin with G-); Universal Analytics ids are not read.")
    return found
