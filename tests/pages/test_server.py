"""The server of --open: one folder, this machine alone."""

import os
import signal
import subprocess
import sys
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


PROGRAM = """
import sys
from pathlib import Path
from zoo.pages.server import serve_page
serve_page(Path(sys.argv[1]), lambda address: print(address, flush=True))
"""


def test_a_page_is_served_until_ctrl_c(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("page")
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(page)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "BROWSER": "true %s"},
    ) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        assert urllib.request.urlopen(address).read() == b"page"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
