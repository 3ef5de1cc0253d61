"""Apply a run's model to files: folders become the files in them, a broken file stops nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zoo.data.images import flatten_onto_white
from zoo.data.inputs import expand_items, item_stem
from zoo.errors import DataError, UsageError
from zoo.io import pictures
from zoo.io.atomic import atomic_write, make_directory
from zoo.io.results import EDITED, Values
from zoo.runs.load import load_run_model
from zoo.runs.run import Run

# the formats that such a picture keeps, and how they are written; others become .png
_WRITTEN: dict[str, dict[str, Any]] = {
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".png": {},
    ".tif": {"compression": "tiff_lzw"},
    ".tiff": {"compression": "tiff_lzw"},
    ".webp": {"quality": 95},
}
OPAQUE = {".jpg", ".jpeg"}


def apply_to_files(
    run: Run,
    items: Sequence[str],
    out: Path | None,
    tracked: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Apply a run's model to files, to folders and to the series of a file, one after the other.

    Pictures and arrays (`Values`) among the results are saved in `out` under the item's name and
    their own: NAME-KEY.png. One called `edited` is the item's file anew: NAME.jpg of NAME.jpg.

    Returns:
        The results, and one sentence for each item that could not be read.
    """
    files = expand_items(list(map(Path, items)), run.record["config"].get("input_shape"))
    chosen, model = load_run_model(run)
    originals = {file.resolve() for file in files}
    results, faults = [], []
    for file, name in zip(tracked(files), output_names(files), strict=True):
        try:
            answer = chosen.architecture.apply(model, chosen.config, [file])[0]
        except DataError as error:
            faults.append(_naming(file, error))
            continue
        results.append({"item": str(file)} | _saved(answer, name, out, file, originals))
    return results, faults


def _naming(file: Path, error: DataError) -> str:
    """Say of which file an error speaks."""
    said = str(error)
    return said if str(file) in said else f"{file}: {said}"


def output_names(files: Sequence[Path]) -> list[str]:
    """Name what comes of each file after it, with a number where a name is taken."""
    stems = [item_stem(file) for file in files]
    reserved, taken = set(stems), set[str]()
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))
    names = []
    for stem in stems:
        others = (f"{stem}-{number}" for number in numbers[stem])
        names.append(next(n for n in others if n not in reserved) if stem in taken else stem)
        taken.add(stem)
    return names


def _is_picture(value: Any) -> bool:
    if isinstance(value, list | tuple):  # the frames of an animation
        return bool(value) and all(map(_is_picture, value))
    return isinstance(value, np.ndarray | Image.Image) or hasattr(value, "savefig")


def _saved(
    answer: Mapping[str, Any],
    name: str,
    out: Path | None,
    file: Path,
    originals: Collection[Path],
) -> dict[str, Any]:
    """Replace pictures and arrays by the paths that they are saved at."""
    kept: dict[str, Any] = {}
    for key, value in answer.items():
        if not _is_picture(value):
            kept[key] = value
        elif out is None:
            kind = "arrays" if isinstance(value, Values) else "pictures"
            raise UsageError(f"apply gives {kind} here ({key}). Say where they go: --out DIR")
        elif key == EDITED:
            kept[key] = _edited(value, out, name, file, originals)
        elif isinstance(value, Values):
            kept[key] = _array_saved(value, out / f"{name}-{key}.npy")
        else:
            kept[key] = pictures.save(value, out / f"{name}-{key}")
    return kept


def _array_saved(array: Values, path: Path) -> Path:
    make_directory(path.parent)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.asarray(array))
    return path


def _edited(picture: Any, out: Path, name: str, file: Path, originals: Collection[Path]) -> Path:
    """Save a new version of a file under its name, in its format, with its profile and EXIF data.

    A .jpg cannot be transparent, though what is in a file of that name may be: it is laid on white.

    Raises:
        UsageError: it would take an original's place, or that of what lies beside its own.
    """
    suffix = file.suffix if file.suffix.lower() in _WRITTEN else ".png"
    path = out / f"{name}{suffix}"
    beside = path.exists() and path.parent.resolve() == file.resolve().parent
    if path.resolve() in originals or beside:
        raise UsageError(
            f"{path} is an original or stands beside one, and would be replaced. "
            "Give another folder: --out DIR"
        )
    make_directory(out)
    image = pictures.to_image(picture)
    about = {key: image.info[key] for key in ("exif", "icc_profile") if key in image.info}
    image = flatten_onto_white(image) if suffix.lower() in OPAQUE and "A" in image.mode else image
    with atomic_write(path) as temporary:
        image.save(temporary, **_WRITTEN[suffix.lower()], **about)
    return path
