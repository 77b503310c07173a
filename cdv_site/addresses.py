"""The address the site is found at: taken before anything starts, so that nobody else gets it in between."""

import contextlib
import socket
import time
import urllib.request
from collections.abc import Callable

FIRST_PORT = 8000


class NoAddress(Exception):
    """The site cannot be reached where it was asked for."""


def take(bind: str, port: int | None = None) -> socket.socket:
    """A listening socket on this port, or on the first free one from 8000 up."""
    for number in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + 100):
        with contextlib.suppress(OSError):
            family = socket.AF_INET6 if ":" in bind else socket.AF_INET
            return socket.create_server((bind, number), family=family, backlog=2048)
    asked = f"port {port}" if port is not None else f"any port from {FIRST_PORT} up"
    raise NoAddress(f"Cannot listen on {asked} of {bind}; choose another with --port.")


def url_of(listener: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::", "127.0.0.1"}:  # compared, not bound  # nosec B104
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def wait_until_answered(
    listener: socket.socket, seconds: float = 60, *, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Wait for the first page from behind this socket, calling `meanwhile` between tries."""
    deadline, address = time.monotonic() + seconds, f"{url_of(listener)}healthz"
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):  # always http  # nosec B310
            return
        meanwhile()
        time.sleep(0.05)
    raise NoAddress("The site does not answer; see web.log.")
