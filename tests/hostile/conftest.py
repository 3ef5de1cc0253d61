"""What the tests of hostile files share: a process with Keras, one without, and what no outcome may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from zoo.testing.hostile.guard import BYTES, SECONDS, Outcome
from zoo.testing.hostile.server import Server

LIGHT = (
    "zoo.cli.main",
    "zoo.data.load",
    "zoo.data.inputs",
    "zoo.registry.catalog",
    "zoo.io.run_files",
    "pyarrow.parquet",
)
HEAVY = (
    *LIGHT,
    "keras",
    "zoo.exporters.sources",
    "zoo.layers",
    "zoo_mlp",
    "zoo.runs.predict",
    "zoo.cli.render",
)


@pytest.fixture(scope="session")
def light() -> Iterator[Server]:
    """A process without Keras."""
    server = Server(LIGHT)
    yield server
    server.close()


@pytest.fixture(scope="session")
def heavy() -> Iterator[Server]:
    """A process with Keras, in which nothing has been computed yet."""
    server = Server(HEAVY)
    yield server
    server.close()


Check = Callable[[Outcome], str]


@pytest.fixture
def harmless() -> Check:
    """Check that an outcome is no harm, and return its message."""

    def check(outcome: Outcome) -> str:
        text = outcome.output
        assert not outcome.problem, f"{outcome.problem}: {text[-2000:]}"
        assert "Traceback (most recent" not in text, text[-3000:]
        assert "did not expect this" not in text, text[-2000:]
        assert not outcome.written, outcome.written
        assert outcome.bytes < 2 * BYTES, outcome.bytes
        assert outcome.seconds < 3 * SECONDS
        assert not any(letter in text for letter in "\x1b\x9b\x07"), repr(text)
        return text

    return check
