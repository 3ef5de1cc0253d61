"""Results of a model for the user's items, with the pictures and arrays among them saved as files."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from zoo.data.images import SUFFIXES, flatten_image
from zoo.data.inputs import item_path, item_stem
from zoo.errors import UsageError
from zoo.io import pictures
from zoo.io.atomic import atomic_write, make_directory
from zoo.io.results import EDITED, Values

# the formats that an edited picture keeps, and how they are written; others become .png
_WRITE_OPTIONS: dict[str, dict[str, Any]] = {
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".png": {},
    ".tif": {"compression": "tiff_lzw"},
    ".tiff": {"compression": "tiff_lzw"},
    ".webp": {"quality": 95},
}
TINY, VIEWED = 64, 160  # pixels of the smaller side: fewer are enlarged, to so many
OPAQUE = {".jpg", ".jpeg"}  # formats without transparency


def output_names(files: Sequence[Path]) -> list[str]:
    """Return a name for the results of each file: its stem, with a number where that is taken."""
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


def save_result(
    answer: Mapping[str, Any],
    name: str,
    out: Path | None,
    file: Path,
    originals: Collection[Path],
) -> dict[str, Any]:
    """Save the pictures and arrays of a result, and return it with their paths in their places.

    Without a folder, they are left out of a result that has words too, such as a verdict or a class.

    Args:
        answer: the result for one item.
        name: the item's name in `out`, without a suffix.
        out: the folder for pictures and arrays; None where there are none.
        file: the item.
        originals: the resolved paths of all items, none of which may be replaced.

    Raises:
        UsageError: `out` is missing, or an original would be replaced.
    """
    result: dict[str, Any] = {}
    has_words = any(isinstance(value, str) for key, value in answer.items() if key != "item")
    for key, value in answer.items():
        if not _is_picture(value):
            result[key] = value
        elif out is None and has_words:
            continue
        elif out is None:
            kind = "arrays" if isinstance(value, Values) else "pictures"
            raise UsageError(f"The results have {kind} ({key}). Give a folder for them: --out DIR")
        elif key == EDITED:
            result[key] = _save_edited(value, out, name, file, originals)
        elif isinstance(value, Values):
            result[key] = _save_array(value, out / f"{name}-{key}.npy")
        else:
            result[key] = pictures.save(_enlarge_for_viewing(value, file), out / f"{name}-{key}")
    return result


def _enlarge_for_viewing(picture: Any, item: Path) -> Any:
    """Return a picture with tiny images enlarged: of an animation, and of an item that is no image itself.

    A result for an image file, such as a denoised image, keeps the size of its pixels.
    """
    if isinstance(picture, list | tuple):
        return [_enlarge(frame) for frame in picture]
    return picture if item_path(item).suffix.lower() in SUFFIXES else _enlarge(picture)


def _enlarge(image: Any) -> Any:
    """Return an array whose smaller side has about `VIEWED` pixels, if it has fewer than `TINY`."""
    if not isinstance(image, np.ndarray) or min(image.shape[:2]) >= TINY:
        return image
    pixels = image if image.ndim == 3 else image[..., None]
    return pictures.enlarge(pixels[None], VIEWED)[0]


def _save_array(array: Values, path: Path) -> Path:
    make_directory(path.parent)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.save(file, np.asarray(array))
    return path


def _save_edited(
    picture: Any, out: Path, name: str, file: Path, originals: Collection[Path]
) -> Path:
    """Save a new version of a file under its name, in its format, with its profile and EXIF data.

    A .jpg cannot be transparent. A picture that is transparent, from whatever is in a file of that
    suffix, is laid on white.

    Raises:
        UsageError: it would replace an original, or a file beside its own.
    """
    suffix = file.suffix if file.suffix.lower() in _WRITE_OPTIONS else ".png"
    path = out / f"{name}{suffix}"
    beside = path.exists() and path.parent.resolve() == Path(os.path.realpath(file)).parent
    if Path(os.path.realpath(path)) in originals or beside:
        raise UsageError(
            f"{path} is an original or stands beside one, and would be replaced. "
            "Give another folder: --out DIR"
        )
    make_directory(out)
    image = pictures.to_image(picture)
    metadata = {key: image.info[key] for key in ("exif", "icc_profile") if key in image.info}
    image = flatten_image(image) if suffix.lower() in OPAQUE and "A" in image.mode else image
    with atomic_write(path) as temporary:
        image.save(temporary, **_WRITE_OPTIONS[suffix.lower()], **metadata)
    return path
