"""A server of one folder for this machine alone, at a free port, until Ctrl-C."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["serve_page", "start_server"]


_TYPES = {
    ".js": "text/javascript",
    ".onnx": "application/octet-stream",
    ".gz": "application/octet-stream",
    ".md": "text/plain; charset=utf-8",
}


class _Handler(SimpleHTTPRequestHandler):
    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """Return the type of a file's content; the system's own table may have others for scripts."""
        return _TYPES.get(os.path.splitext(path)[1]) or super().guess_type(path)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: requests are not logged."""


def start_server(folder: Path) -> ThreadingHTTPServer:
    """Return a server of a folder on 127.0.0.1; `serve_forever` runs it."""
    handler = partial(_Handler, directory=str(folder))
    return ThreadingHTTPServer(("127.0.0.1", 0), handler)


def serve_page(page: Path, tell: Callable[[str], object]) -> None:
    """Serve the folder of an HTML file and open it in the browser; return after Ctrl-C.

    Args:
        page: the HTML file.
        tell: is called with the address.
    """
    with start_server(page.parent) as server:
        name = "" if page.name == "index.html" else page.name
        address = f"http://127.0.0.1:{server.server_address[1]}/{name}"
        tell(address)
        webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
