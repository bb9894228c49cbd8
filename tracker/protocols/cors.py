"""Cross-origin headers. A browser that sends credentials refuses `*`, so the origin is named whenever there is one."""

from collections.abc import Sequence

from tracker.model import RawRequest


def cors(request: RawRequest) -> dict[str, str]:
    """The headers that let the page which sent `request` read its answer."""
    origin = request.headers.get("origin")
    if not origin:
        return {"Access-Control-Allow-Origin": "*", "Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"}


def preflight_headers(request: RawRequest, methods: Sequence[str]) -> dict[str, str]:
    """The headers of the answer to OPTIONS. Named besides `*`, which is only a name where credentials are sent."""
    asked = request.headers.get("access-control-request-headers")
    return {
        **cors(request),
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": f"*, {asked}" if asked else "*",
        "Access-Control-Max-Age": "86400",
    }
