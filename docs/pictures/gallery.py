"""Draw the first channels of a gallery as one picture, for README.

ZOO_DATA=../shared/data python docs/pictures/gallery.py cnn.mnist docs/pictures/gallery.png
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import zoo

ROWS, COLUMNS = 2, 4  # of channels
SIDE = 3  # of the square of real examples


def square(examples: np.ndarray) -> np.ndarray:
    """Return the first nine gray images as one, with white lines between them."""
    padded = np.pad(examples[: SIDE * SIDE, :, :, 0], ((0, 0), (0, 1), (0, 1)), constant_values=1.0)
    rows = [np.concatenate(padded[at : at + SIDE], 1) for at in range(0, SIDE * SIDE, SIDE)]
    return np.concatenate(rows)[:-1, :-1]


def draw(name: str) -> Figure:
    """Return the picture: for each channel the image made for it, the strongest real ones, both numbers."""
    channels = ROWS * COLUMNS
    gallery = zoo.gallery(name, channels=channels, out=None)
    layer = gallery.layers[0]
    figure = Figure(figsize=(9.6, 3.5), dpi=100, facecolor="#fbfaf8")
    figure.suptitle(
        f"{name}, {layer.layer.name} after {layer.follows}: the image made to excite a channel, "
        "and the nine real ones that excite it most",
        fontsize=9.5,
    )
    outer = figure.add_gridspec(
        ROWS, COLUMNS, left=0.02, right=0.98, top=0.85, bottom=0.07, hspace=0.5, wspace=0.12
    )
    for place, channel in zip(outer, layer.channels, strict=True):
        inner = place.subgridspec(1, 2, wspace=0.06)
        images = (channel.image[..., 0], square(channel.examples))
        titles = (f"channel {channel.index}", channel.classes)
        numbers = (f"{channel.activation:.3g} ({channel.ratio:.1f}x)", f"{channel.best_real:.3g}")
        for cell, image, title, number in zip(inner, images, titles, numbers, strict=True):
            axes = figure.add_subplot(cell)
            axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, fontsize=8, loc="left")
            axes.set_xlabel(number, fontsize=8)
    return figure


if __name__ == "__main__":
    model, target = sys.argv[1:]
    draw(model).savefig(target)
