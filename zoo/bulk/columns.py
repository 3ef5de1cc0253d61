"""Results as columns of Parquet: numbers, texts, lists, maps; arrays as lists; pictures by their path."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["ERROR", "ITEM", "rows_table", "schema_of"]

ITEM, ERROR = "item", "error"


def schema_of(results: Sequence[Mapping[str, Any]]) -> Any:
    """Return the schema of a table that holds such results, and an error for items that have none.

    Args:
        results: some results of the model; a value that is None in all of them is a text.
    """
    import pyarrow as pa

    values: dict[str, Any] = {}
    for result in results:
        for name, value in result.items():
            if values.get(name) is None:
                values[name] = value
    kinds = [(name, _kind(value)) for name, value in values.items() if name not in (ITEM, ERROR)]
    return pa.schema([(ITEM, pa.string()), *kinds, (ERROR, pa.string())])


def rows_table(rows: Sequence[Mapping[str, Any]], schema: Any) -> Any:
    """Return rows as a table of a schema.

    Args:
        rows: results and errors by the name of the column; a missing one is null.
        schema: of `schema_of`. A value of a name that it lacks is left out.
    """
    import pyarrow as pa

    columns = [[_cell(row.get(field.name), field.type) for row in rows] for field in schema]
    arrays = [pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _kind(value: Any) -> Any:
    """Return the type of a column that holds a value."""
    import pyarrow as pa

    if isinstance(value, bool | np.bool_):
        return pa.bool_()
    if _is_number(value):
        return pa.float64()
    if isinstance(value, np.ndarray):
        kind = pa.float32() if value.dtype.kind == "f" else pa.from_numpy_dtype(value.dtype)
        for _ in range(value.ndim):
            kind = pa.list_(kind)
        return kind
    if isinstance(value, Mapping) and value and all(map(_is_number, value.values())):
        return pa.map_(pa.string(), pa.float64())
    if isinstance(value, list | tuple) and value and all(map(_is_number, value)):
        return pa.list_(pa.float64())
    return pa.string()


def _cell(value: Any, kind: Any) -> Any:
    """Return a value as PyArrow takes it for a column."""
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_map(kind):
        return [(str(name), float(number)) for name, number in value.items()]
    if isinstance(value, np.ndarray):
        return value.tolist()
    if pa.types.is_string(kind):
        text = str(value) if isinstance(value, str | Path) else json.dumps(value, default=str)
        return text.encode("utf-8", "backslashreplace").decode()  # a name may be no UTF-8
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
