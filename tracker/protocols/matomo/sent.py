"""What one tracking request sent, as far as it matters at receipt."""

import re
from dataclasses import dataclass

from tracker.protocols.matomo.charset import codec_of, in_utf8
from tracker.protocols.receipt import plain, reader, text
from tracker.protocols.secrets import cut

SECRETS = frozenset({b"token_auth", b"cip"})
"""Never stored: the token, and the address that replaces the sender's before it is masked."""
PLACE = frozenset({b"cip", b"country", b"region", b"city", b"lat", b"long"})
"""Where the visitor is, as the sender says."""
TIMINGS = frozenset({b"pf_net", b"pf_srv", b"pf_tfr", b"pf_dm1", b"pf_dm2", b"pf_onl"})

_TOKEN_IN_JSON = re.compile(rb'(?:"|%22)token_auth(?:"|%22)[^,}]*', re.IGNORECASE)
"""A token in what is left of a damaged bulk request, which is no JSON any more and so read as a form."""
_read = reader(
    *(b"idsite", b"rec", b"recMode", b"token_auth", b"cdt", b"cdo", b"cid", b"_id", b"uid", b"url", b"urlref"),
    *(b"cs", b"ua", b"lang", b"e_c", b"e_a", b"idgoal", b"ec_id", *sorted(PLACE), *sorted(TIMINGS)),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One tracking request: a single one, or an entry of a bulk request."""

    query: bytes
    """Free of secrets, like `body`: what may be stored."""
    body: bytes
    values: dict[bytes, bytes]
    """Raw values of what is read at receipt, of the query where it has them, else of the form body.

    Empty ones are left out: to Matomo an empty value is not sent.
    """

    @classmethod
    def of(cls, query: bytes, body: bytes = b"") -> "Sent":
        """Read a query and a form body. The query wins."""
        query = plain(query)
        values = _read(query)
        if body:
            body = plain(body)
            values = {**_read(body), **values}
        if not SECRETS.isdisjoint(values):
            query, body = cut(query, SECRETS), cut(body, SECRETS)
        body = _TOKEN_IN_JSON.sub(b"", body)
        if charset := codec_of(values.get(b"cs", b"")):
            query, body = in_utf8(query, charset), in_utf8(body, charset)
            values = {name: in_utf8(value, charset) for name, value in values.items()}
        if b"" in values.values():
            values = {name: value for name, value in values.items() if value}
        return cls(query, body, values)

    def text(self, name: bytes) -> str:
        """A decoded value; empty where it was not sent."""
        raw = self.values.get(name)
        return text(raw) if raw else ""

    def integer(self, name: bytes) -> int | None:
        """An integer, where the text is one exactly as it would be printed; else None."""
        return integer(self.text(name))


def integer(text: str) -> int | None:
    """The number `text` prints, of at most 18 digits; None for anything else, `01` and `+1` included."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return None
    number = int(text)
    return number if text[0] not in "-0" or str(number) == text else None
