"""Fuzz the parsers of files from elsewhere: `python -m tests.hostile.fuzz --seconds 600 [--parser h5]`.

Seeds are honest files and the small files of the corpus; a mutation changes, inserts, deletes, repeats or
joins bytes. Every input must give a value or an error of the zoo. Another exception, a crash or an input of
more than 10 seconds is a find; the input is kept in the working directory. The same seed gives the same
inputs.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

import zoo
from zoo.data.on_demand.parquet_files import read_metadata
from zoo.data.readers.series_files import parse_series
from zoo.io.foreign.json_text import parse_json
from zoo.io.foreign.keras_config import check_config
from zoo.io.run_files import read_history, read_metrics, read_record
from zoo.io.safe_load import check_model_file, read_array, read_arrays
from zoo.registry.catalog_reader import read_entries
from zoo.testing.hostile.archives import (
    config,
    h5_bytes,
    keras_bytes,
    model_h5_bytes,
    weights,
    zip_bytes,
)
from zoo.testing.hostile.collection import cases
from zoo.testing.hostile.guard import SECONDS
from zoo.testing.hostile.zip_cases import npy_bytes

LARGEST_SEED = 30_000  # bytes
LARGE = (  # words in the names of cases that take long to write
    *("MB", "GB", "100 GiB", "101,000", "70,000", "25,000", "20,000"),
    *("400,000", "million", "megabyte"),
)
RECORD = {
    "name": "cnn.digits",
    "architecture": "cnn",
    "package": "keras-zoo 1",
    "config": {"input_shape": [8, 8, 1], "classes": 10, "epochs": 3},
    "dataset": {
        "source": "digits",
        "fingerprint": "x",
        "classes": ["0", "1"],
        "input_shape": [8, 8, 1],
    },
    "seed": 0,
    "versions": {"keras": "3"},
    "started": "2026-01-01",
    "state": "finished",
    "compute": {"xla": True},
}
CATALOG = '[mlp.x]\nsummary = "x"\nsettings = { units = [3, 4], epochs = 2 }\nresults = { accuracy = 0.5 }\n'
SERIES = "@problemName x\n@classLabel true a b\n@data\n1.5,2,?:3,4,5:a\n-1,2e3,0:3,4,5:b\n"


def _read_text(path: Path) -> Any:
    return path.read_bytes().decode("utf-8")


def _parse_json(path: Path) -> Any:
    with contextlib.suppress(ValueError):
        return parse_json(_read_text(path), path)
    return None


def _table() -> bytes:
    """Return a Parquet file of numbers and labels."""
    file = io.BytesIO()
    table = pyarrow.table({"a": [1.0, 2.0, 3.0, 4.0], "label": [0, 1, 0, 1]})
    pyarrow.parquet.write_table(table, file, row_group_size=2)
    return file.getvalue()


def _check_config(path: Path) -> Any:
    with contextlib.suppress(UnicodeDecodeError):
        return check_config(_read_text(path), path)
    return None


def _seeds_of(kind: str) -> list[bytes]:
    """Return the small files of one kind of the corpus."""
    found = []
    for case in cases(kind):
        with tempfile.TemporaryDirectory() as folder:
            if not any(word in case.name for word in LARGE):
                path = case.write(Path(folder))
                if path.is_file() and path.stat().st_size < LARGEST_SEED:
                    found.append(path.read_bytes())
    return found


Parser = tuple[str, Callable[[Path], Any], list[bytes], str]
"""The name of its file, the function, honest files, and the kind of the corpus whose files are seeds, too."""

PARSERS: dict[str, Parser] = {
    "ts": ("x.ts", parse_series, [SERIES.encode()], "ts"),
    "csv": ("x.csv", parse_series, [b"class,a,b\n1,2,3\n2,,4\n", b"a,1,2\nb,3,4\n"], "csv"),
    "npz": (
        "x.npz",
        read_arrays,
        [zip_bytes({"x.npy": npy_bytes(), "y.npy": npy_bytes((2, 2))})],
        "npz",
    ),
    "npy": ("x.npy", read_array, [npy_bytes()], "npy"),
    "parquet": ("x.parquet", read_metadata, [_table()], "parquet"),
    "h5": ("x.h5", check_model_file, [model_h5_bytes()], "h5"),
    "weights": ("x.weights.h5", check_model_file, [h5_bytes(weights)], ""),
    "keras": ("x.keras", check_model_file, [keras_bytes()], "keras"),
    "config": ("x.json", _check_config, [json.dumps(config()).encode()], ""),
    "toml": ("registry.toml", lambda path: read_entries(path, None), [CATALOG.encode()], "toml"),
    "json": ("x.json", _parse_json, [json.dumps(RECORD).encode()], "json"),
    "record": (
        "run.json",
        lambda path: read_record(path.parent),
        [json.dumps(RECORD).encode()],
        "json",
    ),
    "metrics": (
        "metrics.json",
        lambda path: read_metrics(path.parent),
        [b'{"accuracy": 0.5}'],
        "json",
    ),
    "history": (
        "history.csv",
        lambda path: read_history(path.parent),
        [b"epoch,loss\n1,0.5\n2,\n"],
        "",
    ),
}


def mutate(content: bytes, other: bytes, draw: random.Random) -> bytes:
    """Return a changed copy of a file.

    Args:
        content: the file.
        other: another file, to join.
        draw: the source of chance.
    """
    data = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        at, end = sorted(draw.randrange(len(data) + 1) for _ in range(2))
        way = draw.randrange(7)
        if way == 0 and data:
            data[at % len(data)] ^= 1 << draw.randrange(8)
        elif way == 1:
            data[at:at] = draw.choice(
                (b"\0", b"\xff", b"9", b"-", b"[", b'"', b".", b"\n", b",", b":")
            )
        elif way == 2:
            del data[at : min(end, at + draw.choice((1, 4, 64)))]
        elif way == 3:
            data[at:at] = data[at : min(end, at + 200)] * draw.choice((1, 2, 50))
        elif way == 4:
            data[at : at + 4] = draw.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\1\0\0\0", b"\0\0\0\0")
            )
        elif way == 5:
            start = draw.randrange(len(other) + 1)
            data[at:end] = other[start : start + draw.choice((4, 40, 400))]
        elif data:
            data[at % len(data)] = draw.randrange(256)
    return bytes(data)


def fuzz(name: str, seconds: float, seed: int = 0) -> int:
    """Try mutated files on one parser for some seconds, and return how many.

    Args:
        name: of PARSERS.
        seconds: to go on.
        seed: the same seed gives the same files.

    Raises:
        AssertionError: the parser raised something else than an error of the zoo, or took too long.
    """
    file, parse, honest, kind = PARSERS[name]
    seeds = honest * 3 + (_seeds_of(kind) if kind else [])
    draw, path, count = random.Random(f"{name}{seed}"), Path(file), 0
    end = time.monotonic() + seconds
    signal.signal(signal.SIGALRM, _too_long)
    while time.monotonic() < end:
        content = mutate(draw.choice(seeds), draw.choice(seeds), draw)
        path.write_bytes(content)
        signal.alarm(6 * SECONDS)  # other processes may be busy
        try:
            parse(path)
        except zoo.ZooError:
            pass
        except Exception as error:
            raise AssertionError(f"{name}, input {count} of seed {seed}: {error!r}") from error
        signal.alarm(0)
        count += 1
    path.unlink(missing_ok=True)
    return count


def _too_long(*_: Any) -> None:
    raise AssertionError("an input did not end")


def fuzz_here(name: str, seconds: float, seed: int = 0) -> None:
    """Fuzz one parser and print how many inputs it took."""
    print(f"{name}: {fuzz(name, seconds, seed):,} inputs")


def main() -> None:
    """Fuzz parsers from the command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60, help="for each parser")
    options.add_argument("--parser", choices=sorted(PARSERS), help="one parser; all if not given")
    options.add_argument("--seed", type=int, default=int(time.time()))
    chosen = options.parse_args()
    print(f"seed {chosen.seed}", file=sys.stderr)
    for name in [chosen.parser] if chosen.parser else PARSERS:
        fuzz_here(name, chosen.seconds, chosen.seed)


if __name__ == "__main__":
    main()
