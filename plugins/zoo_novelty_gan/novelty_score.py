"""The novelty score: how much an example differs from normal examples; higher means more novel.

With the averaged refiner R, its code z(x) and the discriminator D, whose score is above 0 for real examples,

    reconstruction   e = |x - R(x)|
    discriminator    -D(x)
    refined          -D(R(x))
    combined         distance from the density of v = (z(x), z(x) - z(R(x)), e, -D(x), -D(R(x)))

each minus its mean, and divided by its standard deviation over normal examples that were held out.
`combined` is the distance from a Gaussian of all features of normal examples (Lee et al., "A simple unified
framework for detecting out-of-distribution samples", arXiv:1807.03888), or from a mixture of Gaussians
(`density`), so only normal examples are needed to fit it. The code tells where an example lies among normal
ones. Its change from x to R(x) tells how far R moves it: R turns a novel example into a normal one, and the
encoder sees both (Akcay et al., "GANomaly", arXiv:1805.06725).

The density is fitted to the training examples, the rest to those held out; to the training examples again
if none were held out.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

import zoo
from zoo.data.arrays import Array

from . import density
from .config import SIGNALS
from .model import NoveltyGAN

CHUNK = 500  # examples at a time
TINY = 1e-6


def scorer(model: NoveltyGAN) -> keras.Model:
    """Return the network from an example to its score, through the layers `features` and `signals`."""
    inputs = keras.Input(model.config.input_shape, name="inputs")
    statistics = score_statistics(model)
    features, *parts = score_features(model, model.standardise(inputs))
    signals = layers.Concatenate(name="signals")([*parts, density.distance(features, statistics)])
    score = layers.Dense(1, name="score")
    network = keras.Model(inputs, score(signals), name="scorer")
    chosen = np.array([name == model.config.score for name in SIGNALS]) / statistics["deviations"]
    score.set_weights([chosen[:, None], -(chosen @ statistics["means"])[None]])
    return network


def score_features(model: NoveltyGAN, x: Any) -> list[Any]:
    """Return v of examples, shape (n, k), and its last three numbers as tensors of shape (n, 1)."""
    network, discriminator = model.averaged_generator, model.normalized_discriminator()
    refine = keras.Model(network.input, [network.get_layer("code").output, network.output])
    code, refined = refine(x)
    change = layers.Subtract()([code, refine(refined)[0]])
    error = euclidean_norm(layers.Flatten()(layers.Subtract()([x, refined])))
    scores = [layers.Rescaling(-1.0)(discriminator(each)) for each in (x, refined)]
    features = layers.Concatenate(name="features")([code, change, error, *scores])
    return [features, error, *scores]


def euclidean_norm(x: Any) -> Any:
    """Return |x| as the product of x and x / |x|, in layers of Keras only."""
    return layers.Dot(1)([x, layers.UnitNormalization()(x)])


def score_statistics(model: NoveltyGAN) -> dict[str, Array]:
    """Return the statistics of the score as arrays."""
    return {name: ops.convert_to_numpy(value) for name, value in model.statistics.items()}


def fit_score(model: NoveltyGAN, train: zoo.Split, held_out: zoo.Split) -> None:
    """Fit the density, then the means and standard deviations of the signals, then the threshold.

    Args:
        model: the detector, with trained networks.
        train: the examples that the networks were trained on.
        held_out: other normal examples, or the same ones.
    """
    values = predict_split(truncate(scorer(model), "features"), train)
    model.set_statistics(**density.fit_density(values, model.config.components))
    signals = predict_split(truncate(scorer(model), "signals"), held_out)
    deviations = np.maximum(signals.std(0), TINY)
    model.set_statistics(means=signals.mean(0), deviations=deviations)
    scores = predict_split(scorer(model), held_out)
    model.set_statistics(threshold=np.quantile(scores, model.config.quantile))


def truncate(network: keras.Model, layer: str) -> keras.Model:
    """Return the network up to a layer."""
    return keras.Model(network.input, network.get_layer(layer).output)


def predict_split(network: keras.Model, split: zoo.Split, size: int = CHUNK) -> Array:
    """Return the output of a network for all examples of a split, computed `size` at a time."""
    return np.concatenate([predict_array(network, inputs) for inputs in split.batches(size)])


def predict_array(network: keras.Model, inputs: Array) -> Array:
    """Return the output of a network for inputs of shape (n, ...)."""
    output: Array = ops.convert_to_numpy(network(inputs, training=False))
    return output
