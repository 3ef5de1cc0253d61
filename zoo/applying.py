"""Using a run's model on files: folders become the images in them, a broken file stops nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zoo import pictures
from zoo.errors import DataError, UsageError
from zoo.images import SUFFIXES
from zoo.models import loaded
from zoo.runs import Run


def apply_to_files(
    run: Run,
    items: Sequence[str],
    out: Path | None,
    tracked: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Apply a run's model to files and folders, one after the other.

    Pictures among the results are saved in `out` under the item's name.

    Returns:
        The results, and one sentence for each item that could not be read.
    """
    files = expanded(items)
    chosen, model = loaded(run)
    results, faults = [], []
    for file in tracked(files):
        try:
            answer = chosen.architecture.apply(model, chosen.config, [file])[0]
        except DataError as error:
            faults.append(str(error))
            continue
        results.append(_saved(answer, file, out))
    return results, faults


def expanded(items: Sequence[str]) -> list[Path]:
    """Replace each folder by the images in it.

    Raises:
        UsageError: a folder holds no image.
    """
    files: list[Path] = []
    for item in map(Path, items):
        inside = [item]
        if item.is_dir():
            inside = sorted(path for path in item.rglob("*") if path.suffix.lower() in SUFFIXES)
            if not inside:
                raise UsageError(f"There is no image in {item}.")
        files += inside
    return files


def _saved(answer: Mapping[str, Any], file: Path, out: Path | None) -> dict[str, Any]:
    """Replace pictures by the paths that they are saved at."""
    kept: dict[str, Any] = {}
    for key, value in answer.items():
        if not isinstance(value, np.ndarray | Image.Image):
            kept[key] = value
        elif out is not None:
            kept[key] = pictures.save(value, out / f"{file.stem}-{key}")
        else:
            raise UsageError(f"apply gives pictures here ({key}). Say where they go: --out DIR")
    return kept
