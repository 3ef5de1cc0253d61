"""What a trained autoencoder is asked: measures, pictures, and answers for the user's files."""

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from sklearn.decomposition import PCA

import zoo
from zoo.data import inputs
from zoo.data.images import check_array
from zoo.io import pictures
from zoo.io.safe_load import read_array
from zoo.runs.predict import Values
from zoo.tasks import latent, reconstruction

from .config import Config
from .networks import chained, halves

BATCH, CHUNK = 256, 2048  # examples at a time in the model, and in memory as float32
DRAWN = 1000  # test examples that pictures are made of
FEW = 4  # numbers from which on a code is worth a picture of its own


def both(model: keras.Model) -> keras.Model:
    """Give the model with its code as a second output: inputs -> (code, reconstruction)."""
    return keras.Model(model.input, [model.get_layer("code").output, model.output])


def predicted(two: keras.Model, inputs: Any) -> list[Any]:
    """Give the codes and the reconstructions of inputs of shape (n, ...)."""
    return two.predict(inputs, batch_size=BATCH, verbose=0)


def noisy(clean: Any, config: Config, chances: np.random.Generator) -> Any:
    """Add the noise of the training: x + sigma e, kept within [0, 1] where x is."""
    spoilt = clean + config.corruption * chances.standard_normal(clean.shape, np.float32)
    return np.clip(spoilt, 0, 1) if config.binary else spoilt


def code_shape(model: keras.Model) -> tuple[int, ...]:
    """Give the shape of one code."""
    return tuple(model.get_layer("code").output.shape[1:])


def evaluate(model: keras.Model, config: Config, data: zoo.Dataset) -> dict[str, float]:
    """Measure the reconstruction of the test split, its code, and what there is to compare with."""
    found = reconstruction.weighted_means(measured(model, config, data))
    if "noisy_psnr" in found:
        found["psnr_gain"] = found["psnr"] - found["noisy_psnr"]
    if config.rank == 1:
        found |= linear(data, prod(code_shape(model)), found["mse"])
    return found


def measured(
    model: keras.Model, config: Config, data: zoo.Dataset
) -> Iterator[tuple[int, dict[str, float]]]:
    """Measure the test split a chunk at a time; the noise is the same every time."""
    chances, two = np.random.default_rng(0), both(model)
    for clean in data.test.batches(CHUNK):
        given = noisy(clean, config, chances) if config.denoises else clean
        code, made = predicted(two, given)
        found = reconstruction.reconstruction_metrics(clean, made, config.binary)
        if config.denoises:
            before = reconstruction.reconstruction_metrics(clean, given, config.binary)
            found |= {f"noisy_{name}": before[name] for name in before if name != "bce"}
        if config.coding == "relu":
            found |= {"code_mean": float(code.mean()), "code_zeros": float((code == 0).mean())}
        yield len(clean), found


def linear(data: zoo.Dataset, size: int, error: float) -> dict[str, float]:
    """Compare an error with that of PCA fitted on the training split with a code of the same size."""
    learnt, tested = (split.inputs.reshape(len(split), -1) for split in (data.train, data.test))
    if size > min(learnt.shape):
        return {}
    pca = PCA(size, random_state=0).fit(learnt)
    theirs = reconstruction.squared_error(tested, pca.inverse_transform(pca.transform(tested)))
    return {"pca_mse": theirs, "mse_over_pca": error / max(theirs, 1e-12)}


def preview(model: keras.Model, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Draw reconstructions, codes, and the latent space in two dimensions."""
    few = data.test.take(slice(DRAWN))
    clean = few.inputs
    rows = {"original": clean}
    if config.denoises:
        rows["noisy"] = noisy(clean, config, np.random.default_rng(0))
    code, made = predicted(both(model), rows.get("noisy", clean))
    rows["denoised" if config.denoises else "reconstruction"] = made
    drawn = {"reconstructions": reconstruction.plot_comparison(rows)}
    if code[0].size >= FEW:
        drawn["codes"] = codes(code[: reconstruction.SHOWN], few, data.classes)
    labels = few.targets if data.classes else None
    return drawn | {"latent": latent.plot_latent_space(code, labels, data.classes)}


def codes(code: Any, examples: zoo.Split, classes: Sequence[str] | None) -> Any:
    """Draw codes as pictures, each under the name of its class."""
    named = [classes[label] for label in examples.targets[: len(code)]] if classes else None
    captions = named or list(map(str, range(len(code))))
    return pictures.captioned_grid(reconstruction.channel_mosaic(code), captions, columns=5)


def apply(model: keras.Model, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Encode and reconstruct the user's files; decode those that hold a code."""
    return [answer(model, config, item) for item in items]


def answer(model: keras.Model, config: Config, item: Any) -> dict[str, Any]:
    """Decode an array of the code's shape; encode, and reconstruct or denoise, anything else."""
    name = {"item": inputs.item_name(item)}
    code = as_code(item, code_shape(model), tuple(config.input_shape))
    narrowing, widening = halves(model)
    if code is not None:
        return name | said("decoded", computed(code, widening))
    given = inputs.read_input(item, tuple(config.input_shape))
    code = computed(given, narrowing)
    made = computed(code, widening)
    found = name | {"code": code.view(Values)}
    if config.denoises:
        return found | said("denoised", made)
    found["mse"] = reconstruction.squared_error(given, made)
    return found | said("reconstruction", made)


def computed(one: Any, chain: Sequence[keras.Layer]) -> Any:
    """Send one example through some layers."""
    return ops.convert_to_numpy(chained(ops.convert_to_tensor(one[None]), chain))[0]


def as_code(item: Any, shape: tuple[int, ...], inputs: tuple[int, ...]) -> Any:
    """Read an array or an .npy file as a code if it has a code's shape and no input's.

    Raises:
        DataError: it holds something else than finite numbers.
    """
    array = item
    if isinstance(item, str | Path):
        if Path(item).suffix.lower() != ".npy":
            return None
        array = read_array(Path(item))
    if np.shape(array) != shape or shape == inputs:
        return None
    return check_array(np.asarray(array, np.float32), shape)


def said(name: str, made: Any) -> dict[str, Any]:
    """Give what was made: images as pictures, series and volumes as arrays with a picture of them."""
    if made.ndim == 3 and made.shape[-1] in (1, 3):
        return {name: made}
    drawn = reconstruction.plot_comparison({name: made[None]})
    return {name: made.view(Values), f"{name}_drawn": drawn}
