"""Data of one's own in twelve kinds, and drawn shapes with no settings given.

    python benchmarks/own_data.py kinds           # each kind: what it is read as, trained 2 epochs, applied
    python benchmarks/own_data.py shapes 3        # so many sets of 160 drawn shapes, learned by cnn
    python benchmarks/own_data.py shapes 3 any    # the same on backgrounds of any colour, which is harder

A set of shapes has 40 circles, squares, triangles and stars, of any size, place, rotation and colour, on
white or on a background of any colour, in pictures of 48 to 200 pixels of any proportions. A fifth of them
is held out.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

import zoo
from zoo.runs.start.summary import describe_data

SHAPES = {"circle": 0, "square": 4, "star": 10, "triangle": 3}  # and their corners
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16")


def draw_shapes(
    folder: Path,
    count: int = 40,
    seed: int = 0,
    sides: tuple[int, int] = (48, 200),
    background: str = "white",
) -> None:
    """Draw so many pictures of each shape into a folder for each class.

    Args:
        folder: the folder.
        count: pictures of each shape.
        seed: of places, sizes and colours.
        sides: the smallest and the largest side of a picture, in pixels.
        background: white, or any for a colour of its own behind each shape.
    """
    random = np.random.default_rng(seed)
    for name, corners in SHAPES.items():
        (folder / name).mkdir(parents=True)
        for number in range(count):
            image = draw_shape(corners, random, sides, background)
            image.save(folder / name / f"{number:02}.png")


def draw_shape(
    corners: int, random: np.random.Generator, sides: tuple[int, int], background: str = "white"
) -> Image.Image:
    """Return a picture of one shape; its colour differs from the background's by 150 of 765 at least."""
    width, height = (int(side) for side in random.integers(*sides, 2))
    behind, colour = np.full(3, 255), random.integers(0, 180, 3)
    if background == "any":
        behind, colour = random.integers(0, 256, (2, 3))
        while abs(int(behind.sum()) - int(colour.sum())) < 150:
            colour = random.integers(0, 256, 3)
    image = Image.new("RGB", (width, height), tuple(map(int, behind)))
    radius = min(width, height) * random.uniform(0.2, 0.45)
    x, y = (random.uniform(radius, side - radius) for side in (width, height))
    draw, fill = ImageDraw.Draw(image), tuple(map(int, colour))
    if corners == 0:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill)
        return image
    start, points = random.uniform(0, 2 * math.pi), []
    for at in range(corners):
        length = radius * (0.45 if corners == 10 and at % 2 else 1)
        angle = start + 2 * math.pi * at / corners
        points.append((x + length * math.cos(angle), y + length * math.sin(angle)))
    draw.polygon(points, fill)
    return image


def write_images(folder: Path, mode: str) -> Path:
    """Write 12 light and 12 dark pictures of a mode of Pillow."""
    random = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 200)):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            pixels = random.normal(level, 20, (20, 20, 3)).clip(0, 255).astype(np.uint8)
            image = Image.fromarray(pixels)
            if mode == "I;16":
                image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
            suffix = "tif" if mode == "CMYK" else "png"
            (image if mode == "I;16" else image.convert(mode)).save(
                folder / name / f"{number}.{suffix}"
            )
    return folder


def write_odd(folder: Path) -> Path:
    """Write pictures of 10 x 90 and 90 x 10 pixels, and of sizes between."""
    random = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 200)):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            sides = (10 + 7 * number, 94 - 7 * number, 3)
            pixels = random.normal(level, 20, sides).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg")
    return folder


def waves(count: int = 40, steps: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Return slow and fast waves of shape (count, steps), and their labels."""
    random, labels = np.random.default_rng(0), np.arange(count) % 2
    times = np.linspace(0, 6, steps)
    return np.sin(times * (1 + labels[:, None])) + random.normal(0, 0.1, (count, steps)), labels


def write_text(path: Path, layout: str) -> Path:
    """Write waves as text: `first` and `last` have the class there, `long` a time step in each row.

    `semicolons` is what a spreadsheet writes where numbers have decimal commas.
    """
    series, labels = waves()
    rows = [[f"{value:.6f}" for value in row] for row in series]
    names = ["slow", "fast"]
    if layout == "first":
        lines = [",".join([names[at], *row]) for at, row in zip(labels, rows, strict=True)]
    elif layout == "semicolons":
        lines = [";".join([names[at], *row]) for at, row in zip(labels, rows, strict=True)]
        lines = [line.replace(".", ",") for line in lines]
    elif layout == "last":
        header = ",".join([*(f"t{at}" for at in range(len(rows[0]))), "class"])
        lines = [
            header,
            *(",".join([*row, names[at]]) for at, row in zip(labels, rows, strict=True)),
        ]
    elif layout == "long":
        lines = ["id,time,value,label"] + [
            f"{number},{at},{value},{names[label]}"
            for number, (label, row) in enumerate(zip(labels, rows, strict=True))
            for at, value in enumerate(row)
        ]
    elif layout == "ucr":
        lines = [f"  {at + 1:.7e}  " + "  ".join(row) for at, row in zip(labels, rows, strict=True)]
    else:
        lines = ["@classLabel true slow fast", "@data"]
        lines += [",".join(row) + f":{names[at]}" for at, row in zip(labels, rows, strict=True)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def write_npz(path: Path) -> Path:
    """Write waves as an .npz of numbers."""
    series, labels = waves()
    np.savez(path, x=series.astype(np.float32), y=labels)
    return path


def table() -> Any:
    """Return a DataFrame of pandas: a column for each number, and one called label."""
    import pandas

    series, labels = waves()
    frame = pandas.DataFrame(series, columns=[f"t{at}" for at in range(series.shape[1])])
    return frame.assign(label=np.array(["slow", "fast"])[labels])


def kinds(folder: Path) -> dict[str, tuple[str, Callable[[], Any]]]:
    """Return for each kind of data the architecture that learns it, and the function that makes it."""
    found: dict[str, tuple[str, Callable[[], Any]]] = {}
    for mode in MODES:
        name = mode.replace(";", "-")
        make = partial(write_images, folder / name, mode)
        found[f"folder, mode {mode}"] = ("cnn", make)
    found["folder, odd proportions"] = ("cnn", lambda: write_odd(folder / "odd"))
    found |= {
        ".csv, class first": ("cnn", lambda: write_text(folder / "first.csv", "first")),
        ".csv, class last": ("cnn", lambda: write_text(folder / "last.csv", "last")),
        ".csv, semicolons": ("cnn", lambda: write_text(folder / "semi.csv", "semicolons")),
        ".csv, long format": ("cnn", lambda: write_text(folder / "long.csv", "long")),
        ".txt of UCR": ("cnn", lambda: write_text(folder / "Waves_TRAIN.txt", "ucr")),
        ".ts": ("cnn", lambda: write_text(folder / "waves.ts", "ts")),
        ".npz": ("mlp", lambda: write_npz(folder / "waves.npz")),
        "data=(x, y)": ("mlp", lambda: waves()),
        "data=DataFrame": ("mlp", table),
    }
    return found


def measure_kinds(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield for each kind what it is read as, its measures after two epochs, and what apply makes of it."""
    for kind, (architecture, make) in kinds(folder).items():
        data = make()
        run = zoo.train(
            architecture, data=data, out=folder / f"run of {kind}", epochs=2, batch_size=8
        )
        metrics = zoo.evaluate(run, data)
        items = [data] if isinstance(data, Path) else list(np.asarray(waves()[0], np.float32)[:4])
        answers = zoo.apply(run, items)
        read = (
            describe_data(zoo.open_dataset(data))
            if isinstance(data, Path)
            else "40 rows of numbers"
        )
        yield kind, read, f"{metrics['accuracy']:.2f}", str(len(answers))


def measure_shapes(folder: Path, sets: int, background: str = "white") -> Iterator[tuple[str, ...]]:
    """Yield for each set of shapes the accuracy on its held-out fifth, and the seconds of the training.

    Args:
        folder: an empty one.
        sets: how many sets.
        background: white or any.
    """
    for seed in range(sets):
        draw_shapes(folder / str(seed), seed=seed, background=background)
        start = time.perf_counter()
        run = zoo.train("cnn", data=folder / str(seed), out=folder / f"run-{seed}")
        seconds = time.perf_counter() - start
        yield str(seed), f"{run.metrics['accuracy']:.3f}", f"{seconds:.0f}"


def main(part: str = "kinds", sets: str = "1", background: str = "white") -> None:
    """Print a table in Markdown."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        if part == "kinds":
            print("| data | read as | accuracy after 2 epochs | items applied |\n|---|---|---|---|")
            rows = measure_kinds(folder)
        else:
            print("| set | test accuracy, no settings given | seconds |\n|---|---|---|")
            rows = measure_shapes(folder, int(sets), background)
        for row in rows:
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
