"""The receiver over real sockets: what is answered, when, and what reaches the log."""

import asyncio
import os
import socket

import cbor2
import pytest

from tests.receiver.world import Serve, ToyProtocol, request
from tracker.errors import LogFull, Misconfigured, Problems, Retry
from tracker.receiver.connection import Patience
from tracker.receiver.sockets import PortHeld


async def test_a_hit_is_answered_after_its_append(serve: Serve) -> None:
    """No answer is sent while the append runs."""
    world = await serve()
    world.log.gate.clear()
    client = await world.connect()
    client.write(request())
    await world.appending()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.reader.read(1), 0.05)
    world.log.gate.set()
    answer = await client.read()
    assert (answer.status, world.log.records) == (204, [b"a=1"])


async def test_the_query_is_kept_exactly_as_sent(serve: Serve) -> None:
    """Neither percent signs, plus signs, quotes nor a second question mark are touched."""
    world = await serve()
    await world.send(request('/toy/collect?a=%7e+%20&b="|?c=d%26&&'))
    assert world.log.records == [b'a=%7e+%20&b="|?c=d%26&&']


async def test_raw_bytes_in_the_url_become_percent_signs(serve: Serve) -> None:
    """The HTTP parser refuses them; senders that forget to escape are understood all the same."""
    world = await serve()
    await world.send(request("/toy/collect?a=\udcff&b=ä", headers={"X-Name": "ä\udcff"}))
    assert world.log.records == [b"a=%FF&b=%C3%A4"]


async def test_a_proxy_may_send_the_whole_url(serve: Serve) -> None:
    """The absolute form of the request target reaches the same protocol."""
    world = await serve()
    assert (await world.send(request("http://t.example/toy/collect?a=1#x"))).status == 204
    assert (world.hits[0].path, world.log.records) == ("/toy/collect", [b"a=1"])


async def test_a_body_in_pieces_is_read_whole(serve: Serve) -> None:
    """A body that arrives after its head is waited for."""
    world = await serve()
    client = await world.connect()
    data = request(method="POST", body=b"one\ntwo")
    client.write(data[:-4])
    await asyncio.sleep(0.02)
    client.write(data[-4:])
    assert ((await client.read()).status, world.log.records) == (204, [b"one", b"two"])


async def test_a_chunked_body_is_read_whole(serve: Serve) -> None:
    """Chunks are joined."""
    world = await serve()
    head = request(method="POST", headers={"Transfer-Encoding": "chunked"})
    await world.send(head + b"2\r\non\r\n5\r\ne\ntwo\r\n0\r\n\r\n")
    assert world.log.records == [b"one", b"two"]


async def test_expect_is_answered_with_continue(serve: Serve) -> None:
    """A client that asks before it sends its body is told to go on."""
    world = await serve()
    client = await world.connect()
    client.write(request(method="POST", headers={"Expect": "100-continue", "Content-Length": "3"}))
    assert (await client.read()).status == 100
    client.write(b"one")
    assert ((await client.read()).status, world.log.records) == (204, [b"one"])


async def test_pipelined_requests_are_answered_in_order(serve: Serve) -> None:
    """Answers come in the order of the requests, whichever way each of them took."""
    world = await serve()
    world.log.gate.clear()
    client = await world.connect()
    client.write(request("/toy/collect?first"))
    await world.appending()
    client.write(request("/nowhere") + request("/toy/collect?third") + request("/toy/collect?bad"))
    await asyncio.sleep(0.02)
    world.log.gate.set()
    assert [(await client.read()).status for _ in range(4)] == [204, 404, 204, 422]
    assert world.log.records == [b"first", b"third"]


async def test_a_connection_serves_many_requests(serve: Serve) -> None:
    """Connections are kept; `Connection: close` is obeyed."""
    world = await serve()
    client = await world.connect()
    for _ in range(3):
        client.write(request())
        assert (await client.read()).status == 204
    client.write(request(headers={"Connection": "close"}))
    assert (await client.read()).headers["connection"] == "close"
    assert await client.is_closed()


async def test_an_old_client_is_served(serve: Serve) -> None:
    """HTTP/1.0 is answered and hung up on, unless it asks to stay."""
    world = await serve()
    client = await world.connect()
    client.write(request(version="1.0", headers={"Connection": "keep-alive"}))
    assert (await client.read()).headers["connection"] == "keep-alive"
    client.write(request(version="1.0"))
    assert (await client.read()).status == 204
    assert await client.is_closed()


async def test_a_bad_piece_rejects_only_itself(serve: Serve) -> None:
    """Its neighbours are stored, and the rejection goes into the same append."""
    world = await serve()
    answer = await world.send(request("/x/toy/collect", method="POST", body=b"one\nbad\nthree"))
    assert answer.status == 204
    [(records, [rejection])] = world.log.appends
    told = cbor2.loads(rejection)
    assert records == [b"one", b"three"]
    assert told.pop("t") > 0
    assert told == {
        "r": "bad", "d": "the line is bad", "pi": "T", "ci": None, "pa": "/x/toy/collect", "p": "toy", "x": False,
    }  # fmt: skip


async def test_a_hit_that_cannot_be_encoded_rejects_only_itself(serve: Serve) -> None:
    """An error in encoding is a rejection, counted by name."""
    world = await serve()
    answer = await world.send(request(method="POST", body=b"one\npoison\nthree"))
    assert (answer.status, world.log.records) == (204, [b"one", b"three"])
    assert world.count("tracker_rejected_total", protocol="toy", reason="unencodable") == 1


async def test_hits_that_swell_are_refused(serve: Serve) -> None:
    """What all hits of a request share is copied into each; where that is far more than was sent, none is stored."""
    world = await serve()
    world.receiver._desk.limits.max_records = 8
    assert (await world.send(request(method="POST", body=b"one\nthree\n2"))).status == 413
    assert (await world.send(request(method="POST", body=b"one\nthree"))).status == 204
    assert world.log.records == [b"one", b"three"]


async def test_a_rejection_holds_a_path_of_bounded_length(serve: Serve) -> None:
    """Many rejections may wait for a commit, and their path is the sender's choice."""
    world = await serve()
    await world.send(request("/" + "x" * 9_000 + "/toy/collect", method="POST", body=b"one\nbad"))
    assert len(cbor2.loads(world.log.rejections[0])["pa"]) == 300


async def test_only_rejected_pieces_are_answered_at_once(serve: Serve) -> None:
    """Nobody waits for the log where nothing was accepted; the protocol decides the status."""
    world = await serve()
    world.log.gate.clear()
    assert (await world.send(request("/toy/collect?bad"))).status == 422
    assert (await world.send(request("/toy/collect?bot"))).status == 204


async def test_lone_rejections_reach_the_log_within_a_second(serve: Serve) -> None:
    """They ride with the next commit, or with one of their own when no hit comes."""
    world = await serve()
    await world.send(request("/toy/collect?bad"))
    assert world.log.appends == []
    world.receiver.tick()
    await world.receiver.committer.drain()
    assert [cbor2.loads(rejection)["r"] for rejection in world.log.rejections] == ["bad"]


async def test_a_full_log_is_answered_503(serve: Serve) -> None:
    """`LogFull` becomes 503 with Retry-After, CORS headers and a sentence; nothing counts as accepted."""
    world = await serve()
    world.log.error = LogFull(81, 100)
    answer = await world.send(request(headers={"Origin": "https://shop.example"}))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["toy-problem"] == "unavailable"
    assert answer.body == b"The tracker cannot store hits at the moment; nothing was accepted.\n"
    assert world.count("tracker_hits_total", protocol="toy") == 0


async def test_the_receiver_goes_on_after_a_full_log(serve: Serve) -> None:
    """The next commit is tried as if nothing had been."""
    world = await serve()
    world.log.error = Retry("not now")
    assert (await world.send()).status == 503
    world.log.error = None
    assert (await world.send()).status == 204


async def test_an_unexpected_error_of_the_log_is_answered_500(serve: Serve) -> None:
    """Only the requests of that commit suffer."""
    world = await serve()
    world.log.error = OSError("disk gone")
    assert (await world.send()).status == 500
    world.log.error = None
    assert (await world.send()).status == 204


async def test_too_many_waiting_hits_are_answered_503(serve: Serve) -> None:
    """Over `max_waiting` nothing more is taken in, at once."""
    world = await serve(max_waiting=2)
    world.log.gate.clear()
    first, second = await world.connect(), await world.connect()
    first.write(request())
    await world.appending()
    second.write(request(method="POST", body=b"one\ntwo"))
    await world.waiting(2)
    assert (await world.send()).status == 503
    world.log.gate.set()
    assert [(await client.read()).status for client in (first, second)] == [204, 204]


async def test_a_client_that_leaves_keeps_its_hits(serve: Serve) -> None:
    """What was received is committed though nobody waits for the answer."""
    world = await serve()
    world.log.gate.clear()
    held = await world.connect()
    held.write(request("/toy/collect?first"))
    await world.appending()
    leaver = await world.connect()
    leaver.write(request("/toy/collect?left"))
    await world.waiting(1)
    leaver.close()
    world.log.gate.set()
    await world.send(request("/toy/collect?last"))
    assert world.log.records == [b"first", b"left", b"last"]


async def test_a_body_that_breaks_off_makes_no_hit(serve: Serve) -> None:
    """Half a request is no request."""
    world = await serve()
    client = await world.connect()
    client.write(request(method="POST", body=b"one\ntwo")[:-2])
    await asyncio.sleep(0.02)
    client.close()
    await world.send(request("/toy/collect?next"))
    assert world.log.records == [b"next"]


async def test_a_broken_chunk_is_answered_400(serve: Serve) -> None:
    """A chunked body that stops making sense is not waited for."""
    world = await serve()
    client = await world.connect()
    client.write(request(method="POST", headers={"Transfer-Encoding": "chunked"}) + b"2\r\non\r\n")
    await asyncio.sleep(0.02)
    client.write(b"what?\r\n")
    assert (await client.read()).status == 400
    assert world.log.records == []


async def test_a_protocol_that_raises_harms_only_its_request(serve: Serve) -> None:
    """Before any hit it is 400, counted; the next request is served."""
    world = await serve()
    assert (await world.send(request("/toy/collect?boom"))).status == 400
    assert (await world.send()).status == 204
    assert world.count("tracker_rejected_total", protocol="toy", reason="protocol_failed") == 1


async def test_what_was_cut_before_a_protocol_raised_is_stored(serve: Serve) -> None:
    """The rest of the request is one rejection."""
    world = await serve()
    answer = await world.send(request(method="POST", body=b"one\nboom\nthree"))
    assert (answer.status, world.log.records) == (204, [b"one"])
    assert [cbor2.loads(rejection)["r"] for rejection in world.log.rejections] == ["protocol_failed"]


async def test_a_bug_is_logged_once_a_minute_without_the_request(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log says which protocol failed and where, and quotes neither the query nor the error's own words."""
    world = await serve()
    for _ in range(3):
        await world.send(request("/toy/collect?boom&token=hush"))
    written = capsys.readouterr().out
    assert written.count("failed to cut") == 1
    assert "RuntimeError at " in written
    assert "hush" not in written


async def test_a_protocol_that_cannot_reply_does_not_cause_a_resend(serve: Serve) -> None:
    """What is stored is acknowledged, whatever becomes of the protocol's own words."""
    world = await serve()
    answer = await world.send(request("/toy/collect?mute"))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "*")


async def test_an_unknown_path_is_404(serve: Serve) -> None:
    """With a sentence, and readable by the page that asked."""
    world = await serve()
    answer = await world.send(request("/nowhere?a=1", headers={"Origin": "https://shop.example"}))
    assert (answer.status, answer.body) == (404, b"No protocol has this path.\n")
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["access-control-allow-credentials"] == "true"


async def test_the_root_says_what_this_is(serve: Serve) -> None:
    """One line for the person who opens the address in a browser; no version."""
    world = await serve()
    answer = await world.send(request("/"))
    assert (answer.status, answer.body.count(b"\n")) == (200, 1)
    assert "server" not in answer.headers


async def test_head_has_no_body(serve: Serve) -> None:
    """HEAD of the root is answered like GET, without the body."""
    world = await serve()
    client = await world.connect()
    client.write(request("/", method="HEAD"))
    assert int((await client.read(is_head=True)).headers["content-length"]) > 0
    client.write(request())
    assert (await client.read()).status == 204


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
async def test_a_method_the_protocol_does_not_list_is_405(serve: Serve, method: str) -> None:
    """With Allow and the protocol's headers."""
    world = await serve()
    answer = await world.send(request(method=method), is_head=method == "HEAD")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST, OPTIONS")
    assert (answer.headers["toy-problem"], world.log.records) == ("method", [])


async def test_a_preflight_is_answered_by_the_protocol(serve: Serve) -> None:
    """OPTIONS makes no hit."""
    world = await serve()
    answer = await world.send(request(method="OPTIONS", headers={"Origin": "https://shop.example"}))
    assert (answer.status, answer.headers["access-control-allow-methods"]) == (204, "GET, POST")
    assert world.log.records == []


async def test_an_answer_has_a_date_and_no_length_for_204(serve: Serve) -> None:
    """As RFC 9110 wants it."""
    world = await serve()
    headers = (await world.send()).headers
    assert headers["date"].endswith(" GMT")
    assert "content-length" not in headers


async def test_requests_are_counted_by_protocol_and_status(serve: Serve) -> None:
    """Hits too, and only those on disk."""
    world = await serve()
    await world.send(request(method="POST", body=b"one\nbad\nthree"))
    await world.send(request("/nowhere"))
    assert world.count("tracker_requests_total", protocol="toy", status="204") == 1
    assert world.count("tracker_requests_total", protocol="", status="404") == 1
    assert world.count("tracker_hits_total", protocol="toy") == 2
    assert world.count("tracker_rejected_total", protocol="toy", reason="bad") == 1


async def test_stop_answers_what_waits(serve: Serve) -> None:
    """Requests in a commit, and behind it, are answered; then the connections are closed."""
    world = await serve()
    world.log.gate.clear()
    clients = [await world.connect() for _ in range(3)]
    clients[0].write(request("/toy/collect?one"))
    await world.appending()
    clients[1].write(request("/toy/collect?two"))
    long = request(method="POST", body=b"three")
    clients[2].write(long[:-1])
    await asyncio.sleep(0.02)
    clients[2].write(long[-1:])
    await world.waiting(2)
    stopping = asyncio.create_task(world.receiver.stop())
    await asyncio.sleep(0.02)
    world.log.gate.set()
    assert [(await client.read()).status for client in clients] == [204, 204, 204]
    assert all([await client.is_closed() for client in clients])
    await stopping
    assert sorted(world.log.records) == [b"one", b"three", b"two"]


async def test_stop_waits_for_a_slow_commit(serve: Serve) -> None:
    """Longer than it waits for slow clients: an answer that is owed is given."""
    world = await serve(patience=Patience(stop=0.01))
    world.log.gate.clear()
    client = await world.connect()
    client.write(request())
    await world.appending()
    stopping = asyncio.create_task(world.receiver.stop())
    await asyncio.sleep(0.1)
    world.log.gate.set()
    assert (await client.read()).status == 204
    await stopping


async def test_stop_does_not_wait_for_slow_clients(serve: Serve) -> None:
    """A body that does not come is given up."""
    world = await serve(patience=Patience(stop=0.01))
    client = await world.connect()
    client.write(request(method="POST", body=b"one\ntwo")[:-2])
    await client.drained()
    await asyncio.wait_for(world.receiver.stop(), 5)
    assert world.log.records == []


async def test_stop_flushes_lone_rejections(serve: Serve) -> None:
    """What was refused in the last second is not forgotten."""
    world = await serve()
    await world.send(request("/toy/collect?bad"))
    await world.receiver.stop()
    assert len(world.log.rejections) == 1


async def test_a_held_port_names_its_holder(serve: Serve) -> None:
    """The error can be retried, and says which process is in the way."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortHeld) as caught:
            await serve(port=port)
    assert isinstance(caught.value, Retry)
    assert str(caught.value).startswith(f"127.0.0.1:{port} is held by process {os.getpid()} (")


async def test_a_held_admin_port_leaves_the_other_free(serve: Serve) -> None:
    """A start that failed holds nothing and may be repeated."""
    with socket.create_server(("127.0.0.1", 0)) as other, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        with pytest.raises(PortHeld):
            await serve(port=port, admin_port=other.getsockname()[1])
    assert (await serve(port=port)).receiver.port == port


async def test_processes_share_a_port(serve: Serve) -> None:
    """With more than one process the port is bound by each, and the admin port by the first alone."""
    first = await serve(processes=2)
    second = await serve(processes=2, port=first.receiver.port, admin_port=first.receiver.admin_port, index=1)
    answers = [(await first.send()).status for _ in range(20)]
    assert answers == [204] * 20
    assert len(first.log.records) + len(second.log.records) == 20


async def test_an_address_of_nobody_is_a_misconfiguration(serve: Serve) -> None:
    """Retrying would not help."""
    with pytest.raises(Misconfigured, match="cannot listen on 192"):
        await serve(host="192.0.2.1")


async def test_clashing_protocols_are_refused(serve: Serve) -> None:
    """At construction, before a port is opened."""
    with pytest.raises(Problems, match="both want"):
        await serve(protocols=[ToyProtocol(), ToyProtocol()])
