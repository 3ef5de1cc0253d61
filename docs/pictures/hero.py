"""Draw what two commands show of one network, for the top of README: `zoo explain` and `zoo gallery`.

ZOO_DATA=../shared/data python docs/pictures/hero.py cnn.mnist docs/pictures/hero.png
"""

import dataclasses
import re
import sys

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

import zoo
from zoo.interpret.attribution_plots import scale

ROWS = 3  # of examples that are explained, and of channels
PAIRS = 2  # of channels in a row
MADE, EXAMPLES = 24, 3000  # channels to choose from, and real examples to search
DPI, TILE, GAP, LABEL, HEAD, CAPTION = 110, 150, 8, 74, 92, 26  # pixels
PAPER, INK, SOFT = "#fbfaf8", "#1c1b19", "#6b6760"
FOR, AGAINST = (0.84, 0.10, 0.16), (0.13, 0.36, 0.80)
METHODS = {"integrated": "integrated gradients", "gradcam": "Grad-CAM"}


class Sheet:
    """A figure whose places are pixels from the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.figure = Figure((width / DPI, height / DPI), dpi=DPI, facecolor=PAPER)

    def image(self, pixels: np.ndarray, left: int, top: int) -> None:
        """Show an image as a tile."""
        width, height = self.size
        box = (left / width, 1 - (top + TILE) / height, TILE / width, TILE / height)
        axes = self.figure.add_axes(box)
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_axis_off()

    def text(self, words: str, left: int, top: int, **style: object) -> None:
        """Write words; their upper left corner is given, unless the style says something else."""
        width, height = self.size
        style = {"va": "top", "color": SOFT, "fontsize": 8} | style
        self.figure.text(left / width, 1 - top / height, words, **style)


def smooth(values: np.ndarray) -> np.ndarray:
    """Return a map of shape (height, width) at the size of a tile, without steps."""
    picture = Image.fromarray(values.astype(np.float32), "F")
    return np.asarray(picture.resize((TILE, TILE), Image.Resampling.BICUBIC))


def heat(grey: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a pale image with red where a value is for the class, and blue where it is against it."""
    pale = 1 - 0.35 * np.clip(smooth(grey), 0, 1)[..., None].repeat(3, -1)
    strength = np.clip(smooth(values), -1, 1)[..., None]
    colour = np.where(strength > 0, FOR, AGAINST)
    return np.clip((1 - np.abs(strength)) * pale + np.abs(strength) * colour, 0, 1)


def square(examples: np.ndarray) -> np.ndarray:
    """Return nine grey images as one tile, with light lines between them."""
    padded = np.pad(examples[:9, :, :, 0], ((0, 0), (0, 1), (0, 1)), constant_values=0.85)
    rows = [np.concatenate(padded[at : at + 3], 1) for at in (0, 3, 6)]
    return np.concatenate(rows)[:-1, :-1]


def choose_examples(run: zoo.Run, data: zoo.Dataset) -> list[int]:
    """Return the test example that the network is surest of for each of the last classes."""
    probabilities = run.predict(data.test.inputs[:300])
    best = {
        int(row.argmax()): at
        for at, row in sorted(enumerate(probabilities), key=lambda each: each[1].max())
    }
    return [best[label] for label in (4, 7, 8)]


def choose_channels(layer: object) -> list[object]:
    """Return channels that look for one class each, no class twice."""
    chosen: dict[str, object] = {}
    for channel in sorted(layer.channels, key=lambda each: -(each.ratio or 0)):
        match = re.fullmatch(r"(.+) in (\d+) of 9", channel.classes)
        if match and int(match[2]) >= 8:
            chosen.setdefault(match[1], channel)
    return list(chosen.values())[: ROWS * PAIRS]


def draw(name: str) -> Figure:
    """Return the picture."""
    run = zoo.open(name)
    data = zoo.open_dataset(run.record["dataset"]["source"])
    items = list(data.test.inputs[choose_examples(run, data)])
    explained = zoo.explain(run, items, methods=list(METHODS))
    few = dataclasses.replace(data, test=data.test.take(slice(EXAMPLES)))
    layer = zoo.gallery(run, data=few, channels=MADE, out=None).layers[0]
    right = LABEL + 3 * (TILE + GAP) + 48  # where the gallery begins
    pair = 2 * TILE + GAP + 22
    sheet = Sheet(right + PAIRS * pair, HEAD + ROWS * (TILE + CAPTION) + 6)
    for left, title, command in (
        (16, "Why does it say so?", f"zoo explain {name} four.png --out why/"),
        (right, "What does it look for?", f"zoo gallery {name}"),
    ):
        sheet.text(title, left, 14, fontsize=13, weight="bold", color=INK)
        sheet.text(command, left, 42, fontsize=9, family="monospace")
    for at, words in enumerate(("the image", *METHODS.values())):
        middle = LABEL + at * (TILE + GAP) + TILE // 2
        sheet.text(words, middle, HEAD - 20, ha="center")
    for row, each in enumerate(explained):
        top, grey = HEAD + row * (TILE + CAPTION), each.input[..., 0]
        words = f"{each.predicted}\n{each.probability:.1%}"
        sheet.text(
            words, LABEL - 10, top + TILE // 2, ha="right", va="center", color=INK, fontsize=10
        )
        sheet.image(1 - smooth(grey), LABEL, top)
        for column, method in enumerate(METHODS, 1):
            values = scale(each.maps[method].squeeze(), method)
            sheet.image(heat(grey, values), LABEL + column * (TILE + GAP), top)
    for at, channel in enumerate(choose_channels(layer)):
        left, top = right + at % PAIRS * pair, HEAD + at // PAIRS * (TILE + CAPTION)
        sheet.image(smooth(channel.image[..., 0]), left, top)
        sheet.image(square(channel.examples), left + TILE + GAP, top)
        name, count = re.fullmatch(r"(.+) in (\d+) of 9", channel.classes).groups()
        sheet.text(f"{channel.ratio:.1f} x the best real image", left, top + TILE + 3)
        sheet.text(f"{count} of 9 are of the class {name}", left + TILE + GAP, top + TILE + 3)
    sheet.text(
        "the image made to excite a channel, and the nine test images that excite it most",
        right,
        HEAD - 20,
    )
    return sheet.figure


if __name__ == "__main__":
    model, target = sys.argv[1:]
    draw(model).savefig(target)
