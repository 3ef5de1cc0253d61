"""The view of an encoder with a decoder: the plane of the latents, a slider for each, and morphs.

The plane is that of the two latents, or of the first two principal components of the codes of test examples.
A latent's activity is the mean of its KL divergence from the prior where the encoder returns a mean and a
log-variance (Kingma & Welling, arXiv:1312.6114), else its variance over test examples (Burda et al.,
arXiv:1509.00519).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.split import Split
from zoo.inference.parts import PartFunction
from zoo.pages.files import PageFiles
from zoo.pages.model import PageModel
from zoo.pages.views.packed import (
    class_labels,
    drawing_of,
    iterate_batches,
    sample_test_split,
    write_examples,
    write_packed,
)

__all__ = ["data", "fits"]

ENCODER, DECODER, DENOISER = "encoder", "decoder", "denoiser"
TAILS = (0.5, 99.5)  # percentiles between which a slider moves
MARGIN = 0.08  # around the points, as a share of the plane


def fits(model: PageModel) -> bool:
    """Return whether a model has an encoder of one input whose first output its decoder takes, and data."""
    encoder, decoder = (model.contracts.get(role) for role in (ENCODER, DECODER))
    if encoder is None or decoder is None or model.data is None:
        return False
    one = len(encoder.inputs) == len(decoder.inputs) == 1
    code, shape = encoder.outputs[0].sizes[1:], encoder.inputs[0].sizes[1:]
    known = all(size is not None for size in (*code, *shape))
    same = decoder.inputs[0].sizes[1:] == code and decoder.outputs[0].sizes[1:] == shape
    return one and known and same


def data(model: PageModel, files: PageFiles) -> dict[str, Any]:
    """Write the places of test examples in the plane, and describe the latents."""
    split = sample_test_split(model)
    assert split is not None
    codes, activity, measure = encode(model.parts[ENCODER], split)
    centre, axes, explained = plane(codes)
    points = (codes - centre) @ axes.T
    if codes.shape[1] == 1:  # a line: its points are spread beside it
        points[:, 1] = np.random.default_rng(0).uniform(-1, 1, len(points))
    labels = class_labels(model, split)
    order = np.argsort(-activity, kind="stable")
    low, high = np.percentile(codes, TAILS, axis=0)
    return {
        "encoder": ENCODER,
        "decoder": DECODER,
        "code_shape": [int(size or 0) for size in model.contracts[ENCODER].outputs[0].sizes[1:]],
        "points": write_packed(files, "points", points.astype(np.float32)),
        "labels": None if labels is None else files.array("labels", labels.astype(np.uint16)),
        "axes": np.round(axes, 5).tolist(),
        "centre": np.round(centre, 5).tolist(),
        "start": np.round(codes.mean(0), 3).tolist(),
        "explained": explained,
        "latents": [
            {
                "index": int(index),
                "activity": round(float(activity[index]), 4),
                "low": round(float(low[index]), 3),
                "high": round(float(high[index]), 3),
            }
            for index in order
        ],
        "measure": measure,
        "extent": {name: limits(points[:, at]) for at, name in enumerate("xy")},
        "noise": noise_of(model),
        "examples": write_examples(model, files),
        "drawing": drawing_of(model),
    }


def noise_of(model: PageModel) -> float:
    """Return the standard deviation of the noise that a denoiser learned to remove; 0 for other models."""
    if DENOISER not in model.contracts or model.recipe is None:
        return 0.0
    return float(getattr(model.recipe.config, "noise_std", 0))


def encode(encoder: PartFunction, split: Split) -> tuple[Array, Array, str]:
    """Return the codes of examples, shape (n, latents), each latent's activity, and the activity's name."""
    outputs = [encoder(batch) for batch in iterate_batches(split)]
    first = np.concatenate([output[0] for output in outputs])
    codes = first.reshape(len(first), -1)
    if encoder.outputs[1:] == ("log_var",):
        log_var = np.concatenate([output[1] for output in outputs])
        divergence = (np.square(codes) + np.exp(log_var) - 1 - log_var) / 2
        return codes, divergence.mean(0), "KL divergence from the prior, in nats"
    return codes, codes.var(0), "variance over test examples"


def plane(codes: Array) -> tuple[Array, Array, float]:
    """Return a point of the plane, its two axes of length 1, and the share of the variance in the plane.

    Args:
        codes: shape (n, latents).
    """
    count = codes.shape[1]
    if count <= 2:
        return np.zeros(count), np.eye(2, count), 1.0
    centre = codes.mean(0, dtype=np.float64)
    _, lengths, axes = np.linalg.svd(codes - centre, full_matrices=False)
    axes = axes[:2]
    signs = np.sign(axes[[0, 1], np.abs(axes).argmax(1)])
    share = np.square(lengths[:2]).sum() / max(np.square(lengths).sum(), 1e-12)
    return centre, axes * signs[:, None], round(float(share), 4)


def limits(coordinates: Array) -> list[float]:
    """Return the least and the largest coordinate that the plane shows."""
    low, high = np.percentile(coordinates, TAILS)
    margin = MARGIN * max(float(high - low), 0.1)
    return [round(float(low) - margin, 3), round(float(high) + margin, 3)]
