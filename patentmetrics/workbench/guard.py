"""Who may talk to the page (访问保护): a browser on this machine, from the page itself, and nobody else.

The server listens on 127.0.0.1 only. Yet any page that the browser has open can send requests there, and a
name of an attacker can be made to mean 127.0.0.1. So requests must name this very host, and those that say
where they come from must come from here. The page, in turn, may load nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

HOST = "127.0.0.1"

# the interface of ASGI servers
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
App = Callable[[_Message, _Receive, _Send], Awaitable[None]]

# the toolkit makes its elements by scripts and templates of its own, so these must be let run; not the net
_MAY_LOAD = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' {sockets}; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
_HEADERS = (
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


def allowed(headers: Iterable[tuple[bytes, bytes]], *, port: int) -> bool:
    """Say whether a request names this host, and comes from it if it says from where.

    Examples
    --------
    >>> allowed([(b"host", b"127.0.0.1:8765")], port=8765)
    True
    >>> allowed([(b"host", b"evil.example:8765")], port=8765)
    False
    >>> allowed([(b"host", b"localhost:8765"), (b"origin", b"https://evil.example")], port=8765)
    False
    """
    hosts = {host.encode() for host in _hosts(port)}
    origins = {b"http://" + host for host in hosts}
    listed = list(headers)
    named = [value for name, value in listed if name.lower() == b"host"]
    come = [value for name, value in listed if name.lower() == b"origin"]
    return len(named) == 1 and named[0] in hosts and set(come) <= origins


def guarded(app: App, *, port: int) -> App:
    """Wrap a server's application so that it answers this machine's browser only.

    Others are answered 403, a web socket is closed before it opens. All answers forbid the page to load
    anything from another host, and others to show it in a frame.
    """
    sockets = " ".join(f"ws://{host}" for host in _hosts(port))
    answered = (*_HEADERS, (b"content-security-policy", _MAY_LOAD.format(sockets=sockets).encode()))

    async def answer(scope: _Message, receive: _Receive, send: _Send) -> None:
        async def send_with_headers(message: _Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *answered]
            await send(message)

        if scope["type"] not in {"http", "websocket"} or allowed(scope["headers"], port=port):
            await app(scope, receive, send_with_headers)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain"), *answered]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"this page is for this machine only\n"})

    return answer


def _hosts(port: int) -> tuple[str, ...]:
    return f"{HOST}:{port}", f"localhost:{port}"
