"""The metrics of an autoencoder on the test split."""

from collections.abc import Iterator
from math import prod

import keras
import numpy as np
from sklearn.decomposition import PCA

import zoo
from zoo.data.arrays import Array
from zoo.tasks import reconstruction

from .config import Config

BATCH_SIZE, CHUNK_SIZE = 256, 2048  # examples at a time in the model, and in memory as float32
SEED = 0  # of the noise


def evaluate(
    model: keras.Model, config: Config, data: zoo.Dataset, batch_size: int | None
) -> dict[str, float]:
    """Return the metrics of the reconstructions and of the code.

    A denoiser is compared with its noisy inputs, and a model of series with a PCA of the same size.

    Args:
        model: the trained model.
        config: its settings.
        data: its test split is measured.
        batch_size: examples that are computed at a time; None is 256.
    """
    chunks = metrics_by_chunk(model, config, data, batch_size)
    found = reconstruction.weighted_means(chunks)
    if "noisy_psnr" in found:
        found["psnr_gain"] = found["psnr"] - found["noisy_psnr"]
    if config.rank == 1:
        found |= pca_metrics(data, prod(code_shape(model)), found["mse"])
    return found


def metrics_by_chunk(
    model: keras.Model, config: Config, data: zoo.Dataset, batch_size: int | None
) -> Iterator[tuple[int, dict[str, float]]]:
    """Return (examples, metrics) for each chunk of the test split; the noise is always the same.

    Args:
        model: the trained model.
        config: its settings.
        data: its test split is measured.
        batch_size: examples in a chunk; None is 2048, of which 256 are computed at a time.
    """
    generator, code_model = np.random.default_rng(SEED), model_with_code(model)
    for clean in data.test.batches(batch_size or CHUNK_SIZE):
        inputs = add_noise(clean, config, generator) if config.is_denoiser else clean
        code, output = predict_with_code(code_model, inputs)
        found = reconstruction.reconstruction_metrics(clean, output, config.uses_cross_entropy)
        if config.is_denoiser:
            before = reconstruction.reconstruction_metrics(clean, inputs, config.uses_cross_entropy)
            found |= {f"noisy_{name}": before[name] for name in before if name != "bce"}
        if config.code_activation == "relu":
            found |= {"code_mean": float(code.mean()), "code_zeros": float((code == 0).mean())}
        yield len(clean), found


def pca_metrics(data: zoo.Dataset, size: int, mse: float) -> dict[str, float]:
    """Return the error of a PCA of the training split, and the ratio of the model's error to it.

    Args:
        data: the data set.
        size: the number of components, which is the size of the code.
        mse: the model's mean squared error on the test split.

    Returns:
        Nothing where the training split has fewer values or examples than `size`.
    """
    train, test = (split.inputs.reshape(len(split), -1) for split in (data.train, data.test))
    if size > min(train.shape):
        return {}
    pca = PCA(size, random_state=0).fit(train)
    pca_mse = reconstruction.mean_squared_error(test, pca.inverse_transform(pca.transform(test)))
    return {"pca_mse": pca_mse, "mse_over_pca": mse / max(pca_mse, 1e-12)}


def model_with_code(model: keras.Model) -> keras.Model:
    """Return the model with two outputs: inputs -> (code, reconstruction)."""
    return keras.Model(model.input, [model.get_layer("code").output, model.output])


def predict_with_code(code_model: keras.Model, inputs: Array) -> tuple[Array, Array]:
    """Return the codes and the reconstructions of inputs of shape (n, ...)."""
    code, output = code_model.predict(inputs, batch_size=BATCH_SIZE, verbose=0)
    return code, output


def add_noise(clean: Array, config: Config, generator: np.random.Generator) -> Array:
    """Return x + sigma e, the training's noise; clipped to [0, 1] where the values of x are."""
    noisy = clean + config.noise_std * generator.standard_normal(clean.shape, np.float32)
    return np.clip(noisy, 0, 1) if config.uses_cross_entropy else noisy


def code_shape(model: keras.Model) -> tuple[int, ...]:
    """Return the shape of one code."""
    return tuple(model.get_layer("code").output.shape[1:])
