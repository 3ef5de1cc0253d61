"""The view of a generator: a wall of samples, the directions that change an image most, and paths.

The directions are the eigenvectors of the mean of J^T J over latents, where J is the derivative of all pixels
with respect to the latents: the metric of the image space in the latent space (Wang & Ponce, "The geometry
of deep generative image models and its applications", arXiv:2101.06006). Unlike the singular vectors of the
first layer (Shen & Zhou, arXiv:2007.06600) they hold for any generator, and their order is that of the
measured change. J is measured by differences, so the exported file alone is needed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.inference.parts import PartFunction
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.pages.views.packed import write_packed

__all__ = ["data", "fits"]

GENERATOR, DISCRIMINATOR = "generator", "discriminator"
PLACES, STEP = 24, 0.1  # latents at which J is measured, and the difference of a latent
DIRECTIONS = 8
REACH = 2.0  # the change of an image is measured between -REACH and REACH


def fits(model: PageModel) -> bool:
    """Return whether a model has a generator from latents, and maybe a class, to images."""
    contract = model.contracts.get(GENERATOR)
    if contract is None or len(contract.inputs) not in (1, 2):
        return False
    ranks = [len(tensor.sizes) for tensor in contract.inputs]
    sizes = [*contract.inputs[0].sizes[1:], *contract.outputs[0].sizes[1:]]
    return set(ranks) == {2} and len(contract.outputs[0].sizes) == 4 and None not in sizes


def data(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Write the directions, and describe the generator's inputs."""
    contract = model.contracts[GENERATOR]
    generator = model.parts[GENERATOR]
    size = int(contract.inputs[0].sizes[1] or 0)
    is_uniform = model.config.get("prior") == "uniform"
    latents, classes = sample_inputs(contract.inputs, size, is_uniform)
    vectors = directions(generator, latents, classes)[:DIRECTIONS]
    discriminator = model.contracts.get(DISCRIMINATOR)
    return {
        "generator": GENERATOR,
        "latents": size,
        "uniform": is_uniform,
        "conditional": len(contract.inputs) == 2,
        "shape": [int(side or 0) for side in contract.outputs[0].sizes[1:]],
        "directions": write_packed(files, "directions", vectors),
        "changes": [change(generator, latents, classes, vector) for vector in vectors],
        "discriminator": None
        if discriminator is None or len(discriminator.inputs) != len(contract.inputs)
        else {"part": DISCRIMINATOR, "output": discriminator.outputs[0].name},
    }


def sample_inputs(inputs: Any, size: int, is_uniform: bool) -> tuple[Array, tuple[Array, ...]]:
    """Return latents of the prior, shape (n, size), and their one-hot classes if the generator takes some.

    Args:
        inputs: the generator's inputs, as its contract has them.
        size: the number of latents.
        is_uniform: whether the prior is uniform from -1 to 1, or standard normal.
    """
    generator = np.random.default_rng(0)
    shape = (PLACES, size)
    latents = generator.uniform(-1, 1, shape) if is_uniform else generator.standard_normal(shape)
    if len(inputs) == 1:
        return latents.astype(np.float32), ()
    count = int(inputs[1].sizes[1] or 1)
    return latents.astype(np.float32), (np.eye(count, dtype=np.float32)[np.arange(PLACES) % count],)


def directions(generator: PartFunction, latents: Array, classes: tuple[Array, ...]) -> Array:
    """Return directions of length 1, the one that changes images most first, shape (latents, latents).

    Args:
        generator: the part.
        latents: where the change is measured, shape (n, latents).
        classes: one-hot classes of shape (n, classes), or nothing.
    """
    size = latents.shape[1]
    metric = np.zeros((size, size))
    for row, latent in enumerate(latents):
        moved = np.concatenate([latent[None], latent + STEP * np.eye(size, dtype=np.float32)])
        labels = [each[row : row + 1].repeat(len(moved), 0) for each in classes]
        images = generator(moved.astype(np.float32), *labels)[0].reshape(len(moved), -1)
        slopes = (images[1:] - images[0]).astype(np.float64) / STEP
        metric += slopes @ slopes.T / len(latents)
    vectors = np.linalg.eigh(metric)[1].T[::-1]
    signs = np.sign(vectors[np.arange(size), np.abs(vectors).argmax(1)])
    return np.asarray(vectors * signs[:, None], np.float32)


def change(
    generator: PartFunction, latents: Array, classes: tuple[Array, ...], vector: Array
) -> float:
    """Return the mean absolute change of a pixel between both ends of a direction.

    Args:
        generator: the part.
        latents: where the direction begins, shape (n, latents).
        classes: one-hot classes, or nothing.
        vector: the direction, of length 1.
    """
    ends = [generator(latents + side * vector, *classes)[0] for side in (-REACH, REACH)]
    return round(float(np.abs(ends[1] - ends[0]).mean()), 4)
