"""Decoding a batch of GA4 queries into arrays: CPU microseconds per event, beside `parse_qsl` per hit.

Run: python -m bench.decode [rows]
"""

import random
import sys
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, quote

import pyarrow as pa

from tracker.protocols.querystring import QueryParameters

_BRANDS = "Not%253AA-Brand%3B8.0.0.0%7CChromium%3B{}%7CGoogle%2520Chrome%3B{}"


def query(rng: random.Random) -> bytes:
    """One hit as a browser sends it: about 880 bytes, 43 parameters, the usual share of values that differ."""
    page = f"https://shop.example.com/products/{rng.choice('abcdefgh')}-{rng.randrange(3_000)}?utm_source=news&gclid=Cj0KCQ"
    load, client, session = rng.randrange(10**12, 2 * 10**12), rng.randrange(10**9), rng.randrange(10**9, 2 * 10**9)
    version = f"{rng.randrange(110, 140)}.0.{rng.randrange(6000, 7000)}.{rng.randrange(100)}"
    pairs = [
        "v=2", "tid=G-0GDZ6S3NNK", "gtm=45je4730v9185408096za200", f"_p={load}", "gcs=G111", "gcd=13r3t3r3p5l1",
        "npa=0", "dma=0", "tag_exp=101509157~103116026~103200004", f"cid={client}.{session}",
        f"ecid={rng.randrange(10**9)}", f"ul={rng.choice(('en-us', 'de-de', 'fr-fr', 'pt-br'))}",
        f"sr={rng.choice(('1920x1080', '2560x1440', '390x844'))}", "_fplc=0",
        f"ur={rng.choice(('DE-BY', 'US-CA', ''))}", "uaa=x86", "uab=64",
        f"uafvl={_BRANDS.format(version, version)}", "uamb=0", "uam=",
        f"uap={rng.choice(('Linux', 'Windows', 'macOS'))}", f"uapv=14.{rng.randrange(9)}.0", "uaw=0", "are=1", "frm=0",
        "pscdl=noapi", f"_s={rng.randrange(1, 30)}", f"uid=user-{rng.randrange(20_000)}", "cu=EUR", f"sid={session}",
        f"sct={rng.randrange(1, 40)}", "seg=1", f"dl={quote(page, safe='')}",
        f"dr={quote('https://www.example.org/search?q=blue+running+shoes', safe='')}",
        f"dt={quote(f'Product {rng.randrange(3_000)} — Ünï & Co, the shoes that run for you', safe='')}",
        "en=page_view", "_ee=1", f"ep.page_type={rng.choice(('product', 'list', 'home'))}",
        f"epn.value={rng.randrange(10_000) / 100}",
        f"_et={rng.randrange(60_000)}", f"tfd={rng.randrange(10**6)}", "ep.content_group=Shop%20%2F%20Shoes",
        f"ep.event_id={rng.randrange(10**16)}_{rng.randrange(10**16)}",
    ]  # fmt: skip
    return "&".join(pairs).encode()


def cpu(work: Callable[[], object], events: int) -> float:
    """CPU microseconds per event of the best of five runs."""

    def once() -> float:
        before = time.process_time()
        work()
        return time.process_time() - before

    return min(once() for _ in range(5)) / events * 1e6


def main(rows: int) -> None:
    rng = random.Random(7)
    queries = [query(rng) for _ in range(rows)]
    raw, bodies = pa.array(queries, pa.binary()), pa.array([b""] * rows, pa.binary())

    def build() -> QueryParameters:
        return QueryParameters.of(raw, bodies)

    def read() -> None:
        parameters = build()
        for key in list(parameters.keys()):
            parameters.get(key)

    def read_prefixed() -> None:
        parameters.prefixed("ep.")

    texts, parameters = [text.decode() for text in queries[: rows // 10]], build()
    size = sum(map(len, queries)) / rows
    print(f"{rows:,} rows of {size:.0f} bytes, {len(parameters.keys())} keys; CPU us per event")
    print(f"  build                {cpu(build, rows):6.2f}")
    print(f"  build, read all keys {cpu(read, rows):6.2f}")
    print(f"  prefixed('ep.')      {cpu(read_prefixed, rows):6.2f}")
    print(f"  parse_qsl per hit    {cpu(lambda: [parse_qsl(text, True) for text in texts], len(texts)):6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
