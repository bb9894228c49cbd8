"""A few weeks of three sites, with everything in it that is easily counted wrong.

`Shop` (GA4, UTC), `Night` (GA4, New York) and `Boutique` (Matomo, Tokyo). A visit is what one client sends until it
goes away; visits that are joined close together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import quote

import numpy as np

from tracker.clock import DAY, HOUR, MINUTE
from tracker.config import Properties
from tracker.model import Batch, Closed, Hit
from tracker.protocols.ga4 import GA4Protocol
from tracker.protocols.matomo import MatomoProtocol
from tracker.protocols.matomo.auth import MatomoSettings
from tracker.testing import make_request
from tracker.testing.hits import NOW
from tracker.testing.rows import compute_batch

SHOP, NIGHT, BOUTIQUE = "G-SHOP", "G-NIGHT", "7"
SETTINGS: dict[str, Any] = {
    "properties": {
        SHOP: {"name": "Shop", "currency": "EUR"},
        NIGHT: {"name": "Night", "time_zone": "America/New_York"},
        BOUTIQUE: {"name": "Boutique", "time_zone": "Asia/Tokyo", "currency": "JPY"},
    }
}
P1 = "pr1=idP1~nmShoe~brAcme~caShoes~pr20~qt2"
P2 = "pr2=idP2~nmSock~caSocks~pr5.5~qt1"
P1_AGAIN = "pr2=idP1~nmShoe~va42~pr20~qt1"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Events of one client, (minutes after the first, what is sent)."""

    property_id: str
    client_id: str
    days: float
    """When it begins, in days after `NOW`."""
    events: tuple[tuple[float, str], ...]
    user_id: str = ""
    joined: bool = False
    """Closes together with the visit before it."""


def page(path: str, referrer: str = "", name: str = "page_view") -> str:
    """A GA4 event on a page of the shop."""
    location = quote(f"https://shop.example{path}", safe="")
    return f"en={name}&dl={location}" + (f"&dr={quote(referrer, safe='')}" if referrer else "")


def shown(path: str, more: str = "") -> str:
    """A page of the boutique, for Matomo."""
    return f"url={quote(f'https://boutique.example{path}', safe='')}{more}"


def bought(order: str, value: float | str, currency: str, more: str = "") -> str:
    """A GA4 purchase."""
    sent = f"{page('/thanks', name='purchase')}&epn.value={value}&cu={currency}"
    return sent + (f"&ep.transaction_id={order}" if order else "") + more


def refund(order: str, value: str, currency: str = "") -> str:
    """A GA4 refund."""
    sent = f"{page('/account', name='refund')}&ep.transaction_id={order}"
    return sent + (f"&epn.value={value}" if value else "") + (f"&cu={currency}" if currency else "")


ITEMS = quote('[["S-1","Kimono","Robes",9000,1],["S-2","Obi",["Belts","Silk"],3000,2]]', safe="")
CART = quote('[["S-1","Kimono","Robes",9000,1]]', safe="")
KIMONO = "&_pks=S-1&_pkn=Kimono&_pkc=Robes&_pkp=9000"
NEWS = "/?utm_source=news&utm_medium=email&utm_campaign=spring"
GOOGLE = "https://www.google.com/"

VISITS = (
    # A whole funnel, later the order's page again, then a login: the client was bob's all the time.
    Visit(SHOP, "a.1", 0, (
        (0, page(NEWS)), (0.5, page("/shoes")), (0.6, page("/shoes", name="view_item") + f"&{P1}"),
        (1, page("/shoes", name="add_to_cart") + f"&{P1}&cu=EUR&epn.value=40"),
        (2, page("/cart", name="begin_checkout") + f"&{P1}&cu=EUR"),
        (3, page("/thanks")),
        (3.1, bought("T1", 59.5, "EUR", f"&epn.tax=9.5&epn.shipping=4&{P1}&{P2}")),
        (4, page("/thanks", name="scroll")),
    )),
    Visit(SHOP, "a.1", 1, ((0, page("/")), (0.2, page("/shoes")), (9, bought("T1", 59.5, "EUR", f"&{P1}&{P2}")))),
    Visit(SHOP, "a.1", 3, ((0, page("/shoes", GOOGLE)), (1, refund("T1", "10", "EUR"))), "bob"),
    # Bob's telephone, at the very moment he begins a session on the first client.
    Visit(SHOP, "a.2", 8, ((0, page("/", GOOGLE)), (2, bought("T2", 20, "USD"))), "bob"),
    Visit(SHOP, "a.1", 8, ((0, page("/sale")),)),
    Visit(SHOP, "a.2", 22.2, ((0, page("/shoes")), (1, refund("T2", "5", "EUR")),
        (2, refund("T2", "4", "USD"))), "bob"),
    # Two clients in one session, by their user.
    Visit(SHOP, "a.1", 29, ((0, page("/")),), "bob"),
    Visit(SHOP, "a.3", 29, ((3, page("/shoes")), (4, page("/cart"))), "bob", joined=True),
    # A tablet that two people share.
    Visit(SHOP, "t.1", -1, ((0, page("/")),)),
    Visit(SHOP, "t.1", 0, ((0, page("/")), (1, page("/shoes"))), "ann"),
    Visit(SHOP, "t.1", 1, ((0, page("/shoes")),)),
    Visit(SHOP, "t.1", 2, ((0, page(NEWS)), (5, page("/sale"))), "carl"),
    Visit(SHOP, "t.1", 9, ((0, page("/sale", GOOGLE)), (0.5, page("/sale", name="user_engagement") + "&_et=30000"))),
    Visit(SHOP, "t.1", 10, ((0, page("/sale", name="user_engagement") + "&_et=900"),)),
    # Steps of the funnel in another order, orders in two currencies, and what is given back of orders nobody saw.
    Visit(SHOP, "b.1", 2, (
        (0, page("/shoes", name="add_to_cart") + f"&{P1}"), (1, page("/shoes", name="view_item") + f"&{P1}"),
        (2, page("/cart", name="begin_checkout") + f"&{P1}"), (3, bought("T3", 30, "GBP", f"&{P1}&{P1_AGAIN}")),
        (4, bought("T4", 12, "EUR", f"&{P2}")),
    )),
    Visit(SHOP, "b.1", 2.2, ((0, page("/account")), (1, refund("T3", "") + "&pr1=idP1~nmShoe~pr20~qt1"),
        (2, refund("T99", "3", "EUR")))),
    Visit(SHOP, "b.2", 2, ((0, page("/")), (1, page("/shoes", name="view_item") + f"&{P1}&{P2}"),
        (2, page("/shoes", name="view_item") + f"&{P2}"), (3, page("/", name="add_to_cart") + f"&{P2}"))),
    # Orders without an id, one in a currency that has no rate, one without an amount.
    Visit(SHOP, "b.3", 3, ((0, page("/")), (1, bought("", 8, "EUR", f"&{P2}")), (2, bought("", 8, "EUR", f"&{P2}")),
        (3, bought("T5", 100, "XTS")), (4, page("/thanks", name="purchase") + "&ep.transaction_id=T6"))),
    Visit(SHOP, "b.4", 3, ((0, bought("T7", 7, "EUR")),
        (1, page("/", name="purchase") + "&cu=EUR&ep.transaction_id=T8"))),
    # What is given back before it is bought, as far as clocks tell.
    Visit(SHOP, "b.5", 5, ((0, page("/")), (1, refund("T9", "6", "EUR")), (2, bought("T9", 6, "EUR")))),
    # Somebody logs in on somebody else's client, in the middle of a session.
    Visit(SHOP, "d.1", 5, ((0, page("/")),), "eve"),
    Visit(SHOP, "d.1", 6, ((0, page("/")), (1, page("/shoes") + "&uid=dora"), (2, page("/sale")))),
    Visit(SHOP, "d.1", 7, ((0, page("/")),)),
    # What a consent change sends again.
    Visit(SHOP, "c.1", 4, ((0, page(NEWS)), (1, page("/shoes", name="view_item") + f"&{P1}"),
        (2, page(NEWS) + "&gcu=1"), (2.1, page("/shoes", name="add_to_cart") + f"&{P1}&gcu=1&uid=zoe"),
        (2.2, page("/about")))),
    Visit(SHOP, "c.1", 5, ((0, page("/about")),)),
    Visit(SHOP, "c.2", 4, ((0, page("/", name="scroll")),)),
    # Over midnight in New York, which is no midnight in UTC; and the other way round.
    Visit(NIGHT, "n.1", 0.79, ((0, page("/")), (5, page("/a")), (9, page("/a")), (14, page("/b")))),
    Visit(NIGHT, "n.1", 1.61, ((0, page("/a", "https://chatgpt.com/")), (25, page("/b")))),
    Visit(NIGHT, "n.2", 0.625, ((0, page("/b")), (10, page("/b", name="refund") + "&epn.value=2&cu=USD"))),
    Visit(NIGHT, "n.2", 3, ((0, bought("N1", 30, "USD")), (5, refund("N1", "4")))),
    # Matomo: products, carts, orders, a goal; the order's page is loaded again on another day.
    Visit(BOUTIQUE, "0123456789abcdef", 0, (
        (0, shown("/?mtm_campaign=sakura&mtm_source=line&mtm_medium=social")), (1, shown("/kimono", KIMONO)),
        (2, shown("/cart", f"&idgoal=0&revenue=9000&ec_items={CART}")),
        (3, shown("/cart", f"&idgoal=0&revenue=15000&ec_items={ITEMS}")),
        (4, shown("/done", f"&idgoal=0&ec_id=O-1&revenue=15600&ec_sh=600&ec_tx=1500&ec_items={ITEMS}")),
        (5, shown("/done")), (6, shown("/done", "&ping=1")),
    )),
    Visit(BOUTIQUE, "0123456789abcdef", 2,
        ((0, shown("/done", f"&idgoal=0&ec_id=O-1&revenue=15600&ec_items={ITEMS}")), (1, shown("/")))),
    Visit(BOUTIQUE, "fedcba9876543210", 0.25, ((0, shown("/")), (2, shown("/kimono", KIMONO)),
        (4, shown("/", "&idgoal=3&revenue=5")), (16, shown("/kimono", KIMONO))), "kei"),
    Visit(BOUTIQUE, "fedcba9876543210", 15, ((0, shown("/kimono", KIMONO)),
        (1, shown("/", "&search=obi&search_count=0")))),
    Visit(BOUTIQUE, "00000000000000aa", 15, ((0, shown("/", "&ping=1")),)),
)  # fmt: skip
AGAIN = next(place for place, visit in enumerate(VISITS) if visit.client_id == "b.2")
"""The visit that is uploaded a second time, with one event more."""


def hits_of(number: int, visit: Visit) -> Iterator[Hit]:
    """What the visit's client sends; GA4's load of a page is the visit."""
    known = Properties({}, MatomoSettings())
    for place, (minutes, sent) in enumerate(visit.events, 1):
        at = NOW + round(visit.days * DAY + minutes * MINUTE)
        if visit.property_id == BOUTIQUE:
            user = f"&uid={visit.user_id}" if visit.user_id else ""
            target = f"/matomo.php?idsite=7&rec=1&_id={visit.client_id}&pv_id=p{number:03}{place:02}&{sent}{user}"
            protocol: Any = MatomoProtocol()
        else:
            user = f"&uid={visit.user_id}" if visit.user_id else ""
            tag = f"v=2&tid={visit.property_id}&cid={visit.client_id}&_p={number + 1}&_s={place}"
            target, protocol = f"/g/collect?{tag}&{sent}{user}", GA4Protocol()
        request = make_request(target, headers={"User-Agent": CHROME}, received_at=at)
        for hit in protocol.hits(request, known):
            assert isinstance(hit, Hit), (target, hit)
            yield hit


@cache
def batches() -> tuple[Batch, Batch]:
    """Two plans: all visits, and the one that was uploaded again."""
    sent: list[Hit] = []
    closed: list[list[int]] = []
    for number, visit in enumerate(VISITS):
        hits = list(hits_of(number, visit))
        offsets = list(range(len(sent), len(sent) + len(hits)))
        sent += hits
        if visit.joined:
            closed[-1] += offsets
        else:
            closed.append(offsets)
    one = VISITS[AGAIN]
    more = Visit(one.property_id, one.client_id, one.days, (*one.events, (6, page("/cart"))))
    repeated = list(hits_of(AGAIN, more))
    last = [Closed(np.arange(len(sent), len(sent) + len(repeated)), "timeout")]
    first = [Closed(np.array(offsets), "timeout") for offsets in closed]
    everything = [replace(hit, id=place.to_bytes(16)) for place, hit in enumerate([*sent, *repeated])]
    return compute_batch(everything, SETTINGS, first), compute_batch(
        everything, SETTINGS, last, log_time=NOW + 2 * HOUR
    )


def rows() -> list[dict[str, Any]]:
    """All rows of both plans, in the order of the log."""
    found = [row for batch in batches() for row in batch.events.to_pylist()]
    return sorted(found, key=lambda row: int(row["log_offset"]))
