"""Answers as bytes."""

from tracker.model import Reply
from tracker.receiver.answer import Renderer

NOW = 1_760_000_000_000_000


def test_a_value_cannot_break_out_of_its_header() -> None:
    """Line breaks in a header become spaces, whoever sent them."""
    data = Renderer(NOW).render(Reply(200, b"x", {"A": "1\r\nSet-Cookie: evil=1"}), keep=True)
    assert b"\r\nA: 1  Set-Cookie: evil=1\r\n" in data


def test_headers_of_the_connection_are_ours() -> None:
    """A protocol cannot lie about length or connection."""
    data = Renderer(NOW).render(Reply(200, b"abc", {"content-length": "9", "Connection": "upgrade"}), keep=False)
    assert data == (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\nDate: Thu, 09 Oct 2025 08:53:20 GMT\r\n\r\nabc"
    )


def test_the_date_moves_on() -> None:
    """Remembered answers do not keep their old date."""
    renderer, reply = Renderer(NOW), Reply(204)
    before = renderer.render(reply, keep=True)
    renderer.tick(NOW + 1_000_000)
    assert before.replace(b":20 GMT", b":21 GMT") == renderer.render(reply, keep=True)


def test_two_bodies_of_one_length_are_not_mixed_up() -> None:
    """Only heads are remembered."""
    renderer = Renderer(NOW)
    assert renderer.render(Reply(200, b"one"), keep=True).endswith(b"one")
    assert renderer.render(Reply(200, b"two"), keep=True).endswith(b"two")
