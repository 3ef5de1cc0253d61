"""The score: how unlike the normal examples an example is.

With the averaged refiner R, its code z(x) and the discriminator D, whose score is above 0 for real ones,

    reconstruction   e = |x - R(x)|^2 / n, n values
    density          m = |W (c - mean c)|^2,   c = (z(x), z(R(x))),   W W^T = (cov c + l I)^-1
    discriminator    -D(x)
    refined          -D(R(x))

each less its mean and divided by its deviation over normal examples that were held out. A novel example is
not only made worse: what R makes of it has another code, and neither code is where normal ones lie (an
encoder that looks twice: Akcay et al., "GANomaly", arXiv:1805.06725; the distance from a Gaussian of
features: Lee et al., "A simple unified framework", arXiv:1807.03888). `combined` adds the first two.

All that is learnt here is learnt of normal examples: mean and covariance of what was trained on, the
rest of what was held out, and of the training examples again where none was.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

SIGNALS = ("reconstruction", "density", "discriminator", "refined")
COMBINED = ("reconstruction", "density")
RIDGE = 0.1  # of the codes' mean variance, added to all: few examples tell little of small ones
CHUNK = 500  # examples at a time
TINY = 1e-6


def entered(inputs: Any, model: Any) -> Any:
    """Standardise series; images stay as they are."""
    return model.entrance(inputs) if model.config.standardises else inputs


def looking(model: Any) -> keras.Model:
    """Give the averaged refiner with its code: inputs -> code, refined."""
    network = model.averaged
    return keras.Model(network.input, [network.get_layer("code").output, network.output])


def looked(model: Any) -> keras.Model:
    """Give the network from an example to its codes, its error and what the discriminator says.

    The codes are (z(x), z(R(x))); the others are (n, 1) each.
    """
    inputs = keras.Input(model.config.input_shape, name="inputs")
    x = entered(inputs, model)
    refine, judge = looking(model), model.critic()
    code, refined = refine(x)
    again, _ = refine(refined)
    codes = layers.Concatenate(name="codes")([code, again])
    error = layers.Flatten()(layers.Subtract()([x, refined]))
    error = layers.Rescaling(1 / error.shape[-1])(layers.Dot(1)([error, error]))
    opinions = [layers.Rescaling(-1.0)(judge(each)) for each in (x, refined)]
    return keras.Model(inputs, [codes, error, *opinions])


def scorer(model: Any) -> keras.Model:
    """Make the network from an example to its score, by way of the layer `signals`."""
    looks, known = looked(model), figures(model)
    codes, error, *opinions = looks.output
    whitened = layers.Dense(known["centre"].size, name="whitened")
    distance = whitened(codes)
    distance = layers.Dot(1)([distance, distance])
    found = layers.Concatenate(name="signals")([error, distance, *opinions])
    score = layers.Dense(1, name="score")
    made = keras.Model(looks.input, score(found), name="scorer")
    whitened.set_weights([known["whitening"], -known["centre"] @ known["whitening"]])
    share = np.array([name in chosen(model.config) for name in SIGNALS]) / known["deviations"]
    score.set_weights([share[:, None], -(share @ known["means"])[None]])
    return made


def chosen(config: Any) -> tuple[str, ...]:
    """Give the signals that the score adds."""
    return COMBINED if config.score == "combined" else (config.score,)


def figures(model: Any) -> dict[str, np.ndarray]:
    """Give what was learnt of normal examples."""
    return {name: ops.convert_to_numpy(value) for name, value in model.statistics.items()}


def learn(model: Any, learnt: Any, held: Any) -> None:
    """Learn the Gaussian of the codes, then the signals' means and deviations, then the threshold.

    Args:
        model: its networks are trained.
        learnt: the split that they were trained on.
        held: a split of other normal examples, or the same one.
    """
    codes = predicted(looked(model), learnt)[0]
    centre, whitening = gaussian(codes)
    model.learn(centre=centre, whitening=whitening)
    full = scorer(model)
    signals = predicted(keras.Model(full.input, full.get_layer("signals").output), held)
    model.learn(means=signals.mean(0), deviations=np.maximum(signals.std(0), TINY))
    scores = predicted(scorer(model), held)
    model.learn(threshold=np.quantile(scores, model.config.quantile))


def gaussian(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of codes (n, k), and W of W W^T = (cov + l I)^-1."""
    centre = codes.mean(0, dtype=np.float64)
    covariance = np.atleast_2d(np.cov(codes - centre, rowvar=False, bias=True))
    values, vectors = np.linalg.eigh(covariance)
    spread = np.sqrt(np.maximum(values, 0) + RIDGE * max(values.mean(), TINY))
    return centre, vectors / spread


def predicted(network: keras.Model, split: Any) -> Any:
    """Give what a network says of all examples of a split, some at a time."""
    chunks = [seen(network, each) for each in split.batches(CHUNK)]
    if isinstance(chunks[0], list):
        return [np.concatenate(each) for each in zip(*chunks, strict=True)]
    return np.concatenate(chunks)


def seen(network: keras.Model, inputs: np.ndarray) -> Any:
    """Give what a network says of inputs of shape (n, ...)."""
    return keras.tree.map_structure(ops.convert_to_numpy, network(inputs, training=False))
