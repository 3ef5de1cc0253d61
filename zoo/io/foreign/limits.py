"""The limits on files from elsewhere: each has a name, a generous default, and a way to raise it.

ZOO_LIMITS=NAME=NUMBER,NAME=NUMBER sets limits for one process. The sizes of array files have a variable of
their own, ZOO_LARGEST_DATA.
"""

from __future__ import annotations

from typing import Any

from zoo.environment import file_limits
from zoo.errors import UnsafeFile, UsageError, nearest

__all__ = ["LIMITS", "check_limit", "limit"]

LIMITS: dict[str, tuple[int, str]] = {
    "text_bytes": (16 * 2**20, "bytes of a text file (run.json, report.json, history.csv, cards)"),
    "line_bytes": (16 * 2**20, "bytes of one line in a .ts or .csv file"),
    "series_lines": (2_000_000, "lines of a .ts, .csv, .tsv or .txt file"),
    "series_columns": (250_000, "columns of a .csv, .tsv or .txt file"),
    "series_channels": (20_000, "channels of a series in a .ts file"),
    "catalog_bytes": (
        8 * 2**20,
        "bytes of a catalog file, a run file or a sweep; 10,000 entries take 3 MB",
    ),
    "journal_bytes": (
        64 * 2**20,
        "bytes of the journal of a sweep; 1,000 trials of 300 epochs take 50 MB",
    ),
    "journal_pairs": (
        100_000_000,
        "pairs of epochs of the same trial in the journal of a sweep; 1,000 epochs are 500,000",
    ),
    "toml_depth": (32, "nested tables, lists and parts of a key in a catalog file"),
    "json_depth": (128, "nested lists and objects in a JSON file"),
    "number_digits": (300, "digits of a number in a JSON or TOML file"),
    "history_rows": (1_000_000, "rows of history.csv"),
    "history_columns": (10_000, "columns of history.csv"),
    "metrics": (20_000, "numbers in metrics.json"),
    "links_outside": (
        0,
        "1: files of a run or of an export may be links to files outside its folder",
    ),
    "zip_members": (20_000, "members of a .zip, .npz or .keras file"),
    "npz_ratio": (200, "unpacked bytes for each byte of an .npz or Parquet file, beyond 256 MiB"),
    "classes": (100_000, "classes of a data set"),
    "class_letters": (1_000, "letters of the name of a class"),
    "empty_classes": (10_000, "classes without an example, below the largest label"),
    "array_rank": (32, "dimensions of an array"),
    "model_ratio": (
        20,
        "bytes that a model file declares for each byte that it has, beyond 64 MiB",
    ),
    "config_bytes": (32 * 2**20, "bytes of the config in a .keras or .h5 file"),
    "config_values": (4_000_000, "values in the config of a .keras or .h5 file"),
    "config_layers": (
        5_000,
        "layers, each as often as it is called, in the config of a model file",
    ),
    "config_objects": (
        100_000,
        "layers, initializers and other objects in the config of a model file",
    ),
    "config_text": (2**20, "letters of one text in the config of a .keras or .h5 file"),
    "build_steps": (20_000, "calls of layers, and tries to make one, to build the model of a file"),
    "build_tensors": (50_000, "inputs and outputs of layers, to build the model of a file"),
    "unrolled_steps": (10_000, "steps of a recurrent layer that is unrolled"),
    "output_bytes": (2**29, "bytes of a layer's output for one example"),
    "h5_objects": (100_000, "groups and arrays in an HDF5 file"),
    "h5_depth": (64, "nested groups in an HDF5 file"),
    "h5_attributes": (1_000, "attributes of one group or array in an HDF5 file"),
    "h5_chunk": (256 * 2**20, "bytes of one chunk of an array in an HDF5 file"),
    "h5_chunks": (  # HDF5 takes 4 kB for each chunk of an array that it reads
        200_000,
        "chunks of all arrays in an HDF5 file, stored or not",
    ),
    "image_pixels": (100_000_000, "pixels of an image"),
    "webp_pixels": (50_000_000, "pixels of a WebP image, whose decoder has four copies of it"),
    "run_pixels": (100_000_000, "pixels of all pictures of a run together"),
    "image_scans": (4_000_000_000, "pixels of a JPEG in all of its scans together"),
    "image_bytes": (512 * 2**20, "bytes of an image file"),
    "table_rows": (20_000_000, "rows of the Parquet files of a split"),
    "table_ratio": (8, "rows for each byte of Parquet files, beyond 4 million rows"),
    "table_footer": (32 * 2**20, "bytes of the footer of a Parquet file"),
    "table_values": (8_000_000, "numbers and texts in the footer of a Parquet file"),
    "table_columns": (50_000, "columns of a Parquet file"),
    "table_depth": (32, "nested columns of a Parquet file"),
    "table_groups": (10_000, "row groups of a Parquet file"),
    "table_chunks": (200_000, "columns of all row groups of a Parquet file together"),
    "folder_files": (5_000_000, "files in a folder of data"),
    "folder_depth": (64, "nested folders in a folder of data"),
    "export_files": (10_000, "files and folders in an export"),
    "export_depth": (16, "nested folders in an export"),
    "graph_fields": (5_000_000, "fields of an ONNX file or a SavedModel, without the weights"),
    "cage_seconds": (0, "seconds of processor time of an exported file; 0: by its size"),
    "cage_mib": (0, "MiB of memory of an exported file; 0: by its size"),
}


def limit(name: str) -> int:
    """Return a limit: the one that ZOO_LIMITS sets, or the default.

    Raises:
        UsageError: ZOO_LIMITS is not readable, or names a limit that does not exist.
    """
    set_by_user = file_limits()
    if not set_by_user:
        return LIMITS[name][0]
    for each in set_by_user:
        if each not in LIMITS:
            raise UsageError(f"ZOO_LIMITS: there is no limit {each!r}. {nearest(each, LIMITS)}")
    return set_by_user.get(name, LIMITS[name][0])


def check_limit(path: Any, name: str, found: int, *, more: bool = False) -> None:
    """Refuse a file that exceeds a limit.

    Args:
        path: the file, for the message.
        name: of the limit.
        found: what the file has.
        more: whether the file may have more than `found`, since counting stopped there.

    Raises:
        UnsafeFile: the message says the limit, what was found, and how to raise the limit.
    """
    most = limit(name)
    if found > most:
        raise UnsafeFile(
            f"{path} was not opened: {LIMITS[name][1]}: {'more than ' if more else ''}{found:,} "
            f"found, at most {most:,} allowed. If you trust the file, set ZOO_LIMITS={name}="
            f"{10 * most if more else found} and try again."
        )
