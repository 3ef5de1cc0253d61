"""The pictures of an autoencoder: reconstructions, codes, and the latent space."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

import zoo
from zoo.data.arrays import Array
from zoo.io import pictures
from zoo.tasks import reconstruction
from zoo.tasks.plots import plot_latent_space

from .config import Config
from .metrics import SEED, add_noise, model_with_code, predict_with_code

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLES = 1000  # test examples that the pictures show
SMALLEST_CODE = 4  # numbers that a code must have to be a picture


def preview(model: keras.Model, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Return the pictures by name."""
    examples = data.test.take(slice(EXAMPLES))
    clean = examples.inputs
    rows = {"original": clean}
    if config.is_denoiser:
        rows["noisy"] = add_noise(clean, config, np.random.default_rng(SEED))
    code, output = predict_with_code(model_with_code(model), rows.get("noisy", clean))
    rows["denoised" if config.is_denoiser else "reconstruction"] = output
    title = f"Examples of the test split of {data.name}, and what the model makes of them"
    plots: dict[str, Any] = {"reconstructions": reconstruction.plot_comparison(rows, title)}
    if code[0].size >= SMALLEST_CODE:
        plots["codes"] = plot_codes(code[: reconstruction.MOST_EXAMPLES], examples, data.classes)
    labels = examples.targets if data.classes else None
    return plots | {"latent": plot_latent_space(code, labels, data.classes)}


def plot_codes(code: Array, examples: zoo.Split, classes: Sequence[str] | None) -> "Figure":
    """Draw each code as a picture with the name of its class, or with its number."""
    captions = [str(position) for position in range(len(code))]
    if classes and examples.targets is not None:
        captions = [classes[label] for label in examples.targets[: len(code)]]
    title = f"Codes of {len(code)} examples: dark is the least number, bright the largest"
    mosaics = list(reconstruction.channel_mosaic(code))
    return pictures.plot_images(mosaics, captions, columns=5, title=title)
