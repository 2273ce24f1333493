"""Only this machine's browser, from the page itself, is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from patentmetrics.workbench.guard import guarded

PORT = 8765
OWN = (b"host", b"127.0.0.1:8765")


def answered(kind: str, *headers: tuple[bytes, bytes]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if kind == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "reached"})

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {}

    asyncio.run(guarded(app, port=PORT)({"type": kind, "headers": list(headers)}, receive, send))
    return sent


@pytest.mark.parametrize(
    "headers",
    [
        [OWN],
        [(b"Host", b"localhost:8765")],
        [OWN, (b"origin", b"http://127.0.0.1:8765")],
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_page_itself_is_answered(kind: str, headers: list[tuple[bytes, bytes]]) -> None:
    assert answered(kind, *headers)[-1] == {"type": "reached"}


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"evil.example")],
        [(b"host", b"127.0.0.1")],
        [(b"host", b"127.0.0.1:8765.evil.example")],
        [OWN, (b"host", b"evil.example")],
        [OWN, (b"origin", b"https://evil.example")],
        [OWN, (b"origin", b"https://127.0.0.1:8765")],
        [OWN, (b"origin", b"null")],
        [OWN, (b"origin", b"http://127.0.0.1:9999")],
    ],
)
def test_others_are_refused(headers: list[tuple[bytes, bytes]]) -> None:
    assert answered("http", *headers)[0]["status"] == 403
    assert answered("websocket", *headers) == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("host", [OWN, (b"host", b"evil.example")])
def test_every_answer_forbids_other_hosts_to_be_loaded_or_to_frame_it(host: tuple[bytes, bytes]) -> None:
    headers = dict(answered("http", host)[0]["headers"])
    policy = headers[b"content-security-policy"].decode()
    assert "default-src 'self'" in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers[b"x-frame-options"] == b"DENY"
