"""Make the pictures of README and docs again: all of them, or those that are named.

python docs/pictures/make.py
python docs/pictures/make.py sweep-best sweep-parallel --out /tmp/pictures

The trained weights come from weights/, the data from ZOO_DATA. page.cnn.mnist needs the built pages (npm ci
and npm run build in web/) and a browser. seven.png is not made: it is an image to try.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import zoo
from zoo.io.pictures import to_image
from zoo.runs.load import load_run_model
from zoo.sweeps.plots import save_pictures
from zoo.testing.harness.isolation import isolated_plugins

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HEIGHT, GAP = 360, 16  # of pictures side by side
COLOURS = 256
ROWS = 3  # of photographs


def beside(pictures: list[Any]) -> Image.Image:
    """Return the pictures at one height, in a row; each is a file, an image or a figure."""
    opened = [Image.open(each) if isinstance(each, Path) else to_image(each) for each in pictures]
    images = [image.convert("RGB") for image in opened]
    scaled = [image.resize((image.width * HEIGHT // image.height, HEIGHT)) for image in images]
    width = sum(image.width for image in scaled) + GAP * (len(scaled) - 1)
    row = Image.new("RGB", (width, HEIGHT), "white")
    left = 0
    for image in scaled:
        row.paste(image, (left, 0))
        left += image.width + GAP
    return row


@cache
def trained_run(model: str) -> zoo.Run:
    """Return the run of trained weights; its files are there as long as the run is held."""
    return zoo.open(f"weights:{model}")


def pictures_of(model: str, *names: str) -> list[Path]:
    """Return the files of pictures that come with trained weights."""
    folder = trained_run(model).path / "pictures"
    return [folder / f"{name}.png" for name in names]


def draw_deblurring() -> Any:
    """Return photographs of the test split: blurred, restored and sharp."""
    metrics, plots = map(
        importlib.import_module, ("zoo_deblur_gan.metrics", "zoo_deblur_gan.plots")
    )
    recipe, model = load_run_model(trained_run("deblur-gan.photos"))
    chunks = metrics.blurred_test_chunks(recipe.config, recipe.load_data(), ROWS)
    rows = [(blurred, metrics.restore(model, blurred), sharp) for sharp, blurred, _ in chunks]
    return plots.plot_comparison(*(np.concatenate(column) for column in zip(*rows, strict=True)))


def draw_manifold() -> Any:
    """Return the images at the places of a grid in the plane of two latents."""
    recipe, model = load_run_model(trained_run("vae.mnist"))
    return recipe.architecture.preview(model, recipe.config, recipe.load_data(), None)["manifold"]


def draw_templates(folder: Path) -> Image.Image:
    """Train the perceptron of the tutorial, and return its templates."""
    sys.path.insert(0, str(ROOT / "examples" / "zoo-perceptron"))
    with isolated_plugins() as register:
        register(importlib.import_module("zoo_perceptron"))
        run = zoo.train("perceptron.digits", out=folder / "perceptron", progress=False)
        return Image.open(run.path / "pictures" / "templates.png")


@cache
def sweep_pictures(folder: Path) -> dict[str, Path]:
    """Sweep a small network, and return the pictures of the sweep by name."""
    space = {
        "learning_rate": "log(1e-4, 1e-1)",
        "units": [[16], [64], [64, 64], [128, 128]],
        "dropout": "uniform(0, 0.6)",
    }
    result = zoo.sweep("mlp.digits", space, trials=16, metric="val_accuracy", out=folder / "sweep")
    return {path.stem: path for path in save_pictures(result)}


def photograph_page(folder: Path) -> Image.Image:
    """Draw a 7 on the page of cnn.mnist in a browser, and return what it looks like."""
    zoo.page("cnn.mnist", out=folder / "site")
    command = ["node", "--test", "--test-name-pattern=a drawn 7", "tests/classifier.test.mjs"]
    variables = {"ZOO_PAGES": str(folder / "site"), "ZOO_SCREENSHOTS": str(folder)}
    subprocess.run(command, cwd=ROOT / "web", env=os.environ | variables, check=True)
    return Image.open(folder / "page.cnn.mnist.png")


def drawing(module: str, *arguments: str) -> Any:
    """Return what `draw` of another script in this folder returns."""
    sys.path.insert(0, str(HERE))
    return importlib.import_module(module).draw(*arguments)


PICTURES: dict[str, Callable[[Path], Any]] = {
    "cnn.digits.png": lambda folder: beside(pictures_of("cnn.digits", "curve", "confusion")),
    "dcgan.mnist.png": lambda folder: Image.open(pictures_of("dcgan.mnist", "samples")[0]),
    "deblur-gan.photos.png": lambda folder: draw_deblurring(),
    "gallery.png": lambda folder: drawing("gallery", "cnn.mnist"),
    "hero.png": lambda folder: drawing("hero", "cnn.mnist"),
    "page.cnn.mnist.png": photograph_page,
    "perceptron.templates.png": draw_templates,
    "sweep-best.png": lambda folder: Image.open(sweep_pictures(folder)["best"]),
    "sweep-parallel.png": lambda folder: Image.open(sweep_pictures(folder)["parallel"]),
    "threat-model.svg": lambda folder: drawing("threat_model"),
    "vae.mnist.png": lambda folder: beside([draw_manifold(), *pictures_of("vae.mnist", "latents")]),
}


def save(picture: Any, path: Path) -> None:
    """Write a text, an image or a figure; colours are rounded to 256."""
    if isinstance(picture, str):
        path.write_text(picture, "utf-8")
    else:
        image = picture if isinstance(picture, Image.Image) else to_image(picture)
        small = image if image.mode == "L" else image.convert("RGB").quantize(COLOURS)
        small.save(path, optimize=True)


def main() -> None:
    """Make the pictures that the command names."""
    names = {Path(name).stem: name for name in PICTURES}
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument(
        "--out", type=Path, default=HERE, help="the folder; docs/pictures if not given"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - names.keys():
        parser.error(f"there is no picture {sorted(unknown)[0]}. Choices: {', '.join(names)}")
    os.environ.setdefault("ZOO_WEIGHTS", str(ROOT / "weights" / "keras_zoo_weights"))
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or names:
            save(PICTURES[names[name]](Path(folder)), arguments.out / names[name])
            print(names[name], flush=True)


if __name__ == "__main__":
    main()
