"""The Acme protocol under the contract of all protocols, and its rows."""

from typing import Any, ClassVar

from acme import Acme, AcmeSettings

from tracker.config import Properties
from tracker.testing import ProtocolContract, compute_rows, make_request

BUY = "/acme/collect?site=shop&visitor=v1&event=buy&page=https://shop.example/cart&total=12.50&key=open%20sesame"


class TestAcme(ProtocolContract):
    """What every protocol must do."""

    protocol = Acme()
    good = (make_request(BUY), make_request(BUY.replace("buy", "look") + "&coupon=X%26Y"))
    bad = (
        make_request("/acme/collect?visitor=v1&event=buy&key=open%20sesame"),
        make_request("/acme/collect?site=shop&visitor=v1&event=buy&key=wrong"),
    )
    secrets: ClassVar = (b"sesame",)

    def properties(self) -> Properties[AcmeSettings]:
        """The shop has a key."""
        return Properties({"shop": AcmeSettings(acme_token="open sesame")}, AcmeSettings())


def test_rows(settings: dict[str, Any]) -> None:
    """What Acme sends fills the columns that all protocols share, and one of its own."""
    request = make_request(BUY + "&coupon=SPRING")
    (row,) = compute_rows(list(Acme().hits(request, Properties({}, AcmeSettings()))), settings)
    assert [row[name] for name in ("name", "page_path", "is_purchase", "acme_coupon")] == [
        "buy",
        "/cart",
        True,
        "SPRING",
    ]
    assert (row["ecommerce_purchase_revenue"], row["tracking_protocol"]) == (12.5, "acme")
