"""A page in the browser: a file as it is, or a server of its folder for this machine alone until Ctrl-C."""

from __future__ import annotations

import os
import threading
import webbrowser
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["open_file", "serve_page", "start_server"]


_TYPES = {
    ".js": "text/javascript",
    ".onnx": "application/octet-stream",
    ".gz": "application/octet-stream",
    ".webp": "image/webp",
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
    """Serve the folder of a page and open it in the browser; return after Ctrl-C.

    Args:
        page: the folder's index.html.
        tell: is called with the address.
    """
    with start_server(page.parent) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()  # a browser in the terminal answers only when it is closed
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        try:
            tell(address)
            webbrowser.open(address)
            thread.join()
        except KeyboardInterrupt:
            server.shutdown()


def open_file(page: Path) -> None:
    """Open an HTML file that needs no server in the browser."""
    webbrowser.open(page.resolve().as_uri())
