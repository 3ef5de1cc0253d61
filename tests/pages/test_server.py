"""The server of --open: one folder, this machine alone."""

import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from zoo.pages.server import start_server


def test_a_folder_is_served_on_this_machine_alone(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "app.js").write_text("program")
    (tmp_path.parent / "secret").write_text("secret")
    with start_server(tmp_path) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        address = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{address}/") as answer:
            assert answer.read() == b"page"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        with urllib.request.urlopen(f"{address}/app.js") as answer:
            assert answer.headers["Content-Type"] == "text/javascript"
        for path in ("/../secret", "/%2e%2e/secret", "/nothing"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(address + path)
        server.shutdown()
