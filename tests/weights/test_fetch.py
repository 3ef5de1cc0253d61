"""Fetching from a server on this machine: whole, resumed, broken off, and another file."""

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import zoo
from zoo.weights.description import WeightsInfo
from zoo.weights.fetch import fetch_weights, weights_url
from zoo.weights.places import cached_file

CONTENT = bytes(range(256)) * 4000
INFO = WeightsInfo(
    "a.zip",
    hashlib.sha256(CONTENT).hexdigest(),
    len(CONTENT),
    "MIT",
    "digits",
    "MIT",
    "x",
    "0123abc",
)


class Server(ThreadingHTTPServer):
    """Serves CONTENT as /a.zip; `cut` bytes an answer if set; /moved leads elsewhere."""

    cut: int | None = None
    content = CONTENT
    location = ""
    ranges: list[str | None]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        if self.server.location:
            self.send_response(302)
            self.send_header("Location", self.server.location)
            self.end_headers()
            return
        if self.path != "/a.zip":
            self.send_error(404)
            return
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        body = self.server.content[start:]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.cut])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.ranges = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("ZOO_WEIGHTS_URL", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_is_fetched_once_with_progress(server: Server) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch_weights("mlp.tiny", INFO, lambda done, size: seen.append((done, size)))
    assert path == cached_file(INFO)
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert fetch_weights("mlp.tiny", INFO) == path
    assert server.ranges == [None]
    assert {item.suffix for item in path.parent.iterdir()} <= {".zip", ".lock"}


def test_a_connection_that_breaks_off_is_resumed_where_it_ended(server: Server) -> None:
    server.cut = 400_000
    assert fetch_weights("mlp.tiny", INFO).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=400000-", "bytes=800000-"]


def test_what_one_call_fetched_the_next_goes_on_with(server: Server) -> None:
    server.cut = 100_000
    message = r"ends before the file does\. 0\.3 MB of it are here, and the same command fetches the rest\.\n"
    with pytest.raises(zoo.WeightsError, match=message):
        fetch_weights("mlp.tiny", INFO)
    assert not cached_file(INFO).exists()
    server.cut = None
    assert fetch_weights("mlp.tiny", INFO).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=300000-"


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT + b"x" * 10**6])
def test_another_file_at_the_address_is_refused_and_removed(server: Server, content: bytes) -> None:
    server.content = content
    message = r"a\.zip is not the file of the catalog.* says .*\. What was fetched is removed\.$"
    with pytest.raises(zoo.UnsafeFile, match=message):
        fetch_weights("mlp.tiny", INFO)
    assert not list(cached_file(INFO).parent.glob("*.part"))
    server.content = CONTENT
    assert fetch_weights("mlp.tiny", INFO).exists()


def test_a_missing_file_is_an_error_of_two_lines_with_all_ways(server: Server) -> None:
    with pytest.raises(zoo.WeightsError) as caught:
        fetch_weights("mlp.tiny", replace(INFO, file="b.zip"))
    first, second = str(caught.value).splitlines()
    assert "b.zip cannot be read: Not Found" in first
    for way in (
        "pip install ./weights in a checkout",
        "ZOO_WEIGHTS,",
        "ZOO_WEIGHTS_URL",
        "zoo train mlp.tiny",
    ):
        assert way in second


def test_without_an_address_or_a_network_the_error_has_the_same_two_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(zoo.WeightsError, match=r"have no address\.\nInstall"):
        fetch_weights("mlp.tiny", INFO)
    monkeypatch.setenv("ZOO_WEIGHTS_URL", "http://127.0.0.1:9")
    with pytest.raises(zoo.WeightsError, match=r"cannot be read: .*refused.*\nInstall"):
        fetch_weights("mlp.tiny", INFO)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "ftp://localhost",
        "file:///tmp",
        "localhost",
        "http://localhost.evil.org",
    ],
)
def test_a_mirror_is_https_or_on_this_machine(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_WEIGHTS_URL", url)
    with pytest.raises(zoo.UsageError, match="ZOO_WEIGHTS_URL must be"):
        fetch_weights("mlp.tiny", INFO)


def test_a_mirror_replaces_the_address_of_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    info = replace(INFO, url="https://example.org/files/a.zip")
    assert weights_url(info) == "https://example.org/files/a.zip"
    monkeypatch.setenv("ZOO_WEIGHTS_URL", "https://mirror.example.org/zoo/")
    assert weights_url(info) == "https://mirror.example.org/zoo/a.zip"


def test_a_redirect_away_from_https_is_not_followed(server: Server) -> None:
    server.location = "http://example.org/a.zip"
    with pytest.raises(zoo.UnsafeFile, match="which is not https"):
        fetch_weights("mlp.tiny", INFO)
