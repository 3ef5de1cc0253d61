"""Parquet files whose pages unpack to very much, or whose columns are of kinds that nobody trains on."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from zoo.testing.hostile.case import HostileCase, Writer, collect

__all__ = ["cases"]

_TURNS = [0, 1] * 4


def cases() -> Iterator[HostileCase]:
    """Yield the cases."""
    writers: dict[str, Writer] = {
        name: partial(_write, make, {"store_schema": False}) for name, make in _tables().items()
    }
    writers |= {name: partial(_write, make, {}) for name, make in _named_tables().items()}
    writers |= {
        "19 million equal rows": partial(
            _write, lambda: _table([0.0] * 19 * 10**5, 10), {"compression": "zstd"}
        ),
        "a page of noise": partial(_patch, b"\xff" * 60),
        "a page of zeros": partial(_patch, bytes(60)),
        "a page that declares 2 GB": partial(_patch, b"\x15\x00\x15\xfe\xff\xff\xff\x0f\x15\x02"),
        "a page of fewer bytes than none": partial(_patch, b"\x15\x00\x15\x01\x15\x01"),
    }
    yield from collect("parquet", "data.parquet", writers)


def _tables() -> dict[str, Callable[[], Any]]:
    """Return the functions that make tables, by what is wrong with them."""
    import pyarrow as pa

    def labels(values: Any) -> Any:
        return pa.table({"x": [1.0] * len(values), "label": values})

    def repeated(value: Any, times: int) -> Any:
        return pa.DictionaryArray.from_arrays(pa.array([0] * times, pa.int8()), pa.array([value]))

    def lists() -> Any:
        offsets = pa.array([number * 5 * 10**6 for number in range(9)], pa.int32())
        zeros = pa.nulls(4 * 10**7, pa.int64()).fill_null(0)
        return labels(pa.ListArray.from_arrays(offsets, zeros))

    return {
        "a text of a megabyte in 300 rows": lambda: labels(["a" * 10**6, "b" * 10**6] * 150),
        "a text of 500 kB in 4,000 rows": lambda: labels(repeated("a" * 500_000, 4000)),
        "bytes of 900 kB in 2,000 rows": lambda: pa.table(
            {"image": repeated(b"x" * 900_000, 2000), "label": [0, 1] * 1000}
        ),
        "40 million numbers in eight rows": lists,
        "texts that are no UTF-8": lambda: labels(_bad_texts()),
        "targets that are days": lambda: labels([datetime.date(2020, 1, 1)] * 8),
        "targets that are maps": lambda: labels(
            pa.array([[("a", 1)]] * 8, pa.map_("string", "int64"))
        ),
        "targets that are records": lambda: labels([{"a": 1}] * 8),
        "targets of nothing": lambda: labels(pa.nulls(8)),
        "targets that are lists of different lengths": lambda: labels([[1], [1, 2]] * 4),
        "targets that are lists of texts": lambda: labels([["a"], ["b"]] * 4),
        "an image in another file": lambda: pa.table(
            {"image": [{"bytes": None, "path": "/etc/passwd"}] * 8, "label": _TURNS}
        ),
        "no rows": lambda: labels(pa.array([], pa.int64())),
    }


def _named_tables() -> dict[str, Callable[[], Any]]:
    """Return the functions that make tables with names of classes as Hugging Face writes them."""
    import pyarrow as pa

    def named(names: Any) -> Any:
        features = {"label": {"names": names, "_type": "ClassLabel"}}
        about = {"huggingface": json.dumps({"info": {"features": features}})}
        table = pa.table({"x": [1.0] * len(_TURNS), "label": _TURNS})
        return table.replace_schema_metadata(about)

    return {
        "200,000 names of classes": lambda: named([f"c{number}" for number in range(200_000)]),
        "a name of a class of 5,000 letters": lambda: named(["a" * 5000, "b"]),
    }


def _table(values: list[float], times: int) -> Any:
    import pyarrow as pa

    table = pa.table({"x": values, "label": [0.0, 1.0] * (len(values) // 2)})
    return pa.concat_tables([table] * times)


def _bad_texts() -> Any:
    """Return 99,000-odd letters that are no UTF-8, as the name of a class that is too long."""
    import pyarrow as pa

    texts = pa.array([b"\xff" * 5000, b"\xfe" * 5000] * 4)
    return pa.Array.from_buffers(pa.string(), len(texts), texts.buffers())


def _write(make: Callable[[], Any], options: dict[str, Any], path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(make(), path, **options)


def _patch(content: bytes, path: Path) -> None:
    """Write a table whose first page begins with other bytes."""
    buffer = io.BytesIO()
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"x": [1.0, 2.0] * 4, "label": _TURNS}), buffer)
    data = buffer.getvalue()
    path.write_bytes(data[:4] + content + data[4 + len(content) :])
