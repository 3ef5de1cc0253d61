"""The score: how unlike the normal examples an example is; higher is more novel.

With the averaged refiner R, its code z(x) and the discriminator D, whose score is above 0 for real ones,

    reconstruction   e = |x - R(x)|
    discriminator    -D(x)
    refined          -D(R(x))
    combined         |W (v - mean v)|^2,   v = (z(x), z(x) - z(R(x)), e, -D(x), -D(R(x))),
                     W W^T = (cov v + l I)^-1

each less its mean and divided by its deviation over normal examples that were held out. `combined` is the
distance from a Gaussian of all that the networks say of normal examples (Lee et al., "A simple unified
framework for detecting out-of-distribution samples", arXiv:1807.03888), so its weights are learnt of those
alone. That R(x) has another code than x tells most: what R makes of a novel example is a normal one, and
the encoder looks twice (Akcay et al., "GANomaly", arXiv:1805.06725).

Mean and covariance are learnt of the examples that were trained on, the rest of those held out; of the
training examples again where none were.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

SIGNALS = ("reconstruction", "discriminator", "refined", "combined")
RIDGE = 0.03  # of the mean variance, added to all: few examples tell little of small ones
CHUNK = 500  # examples at a time
TINY = 1e-6


def entered(inputs: Any, model: Any) -> Any:
    """Standardise series; images stay as they are."""
    return model.entrance(inputs) if model.config.standardises else inputs


def scorer(model: Any) -> keras.Model:
    """Make the network from an example to its score, by way of the layers `said` and `signals`."""
    inputs = keras.Input(model.config.input_shape, name="inputs")
    known = figures(model)
    said = told(entered(inputs, model), model)
    whitened = layers.Dense(known["centre"].size, name="whitened")
    white = whitened(said[0])
    signals = layers.Concatenate(name="signals")([*said[1:], layers.Dot(1)([white, white])])
    score = layers.Dense(1, name="score")
    made = keras.Model(inputs, score(signals), name="scorer")
    whitened.set_weights([known["whitening"], -known["centre"] @ known["whitening"]])
    share = np.array([name == model.config.score for name in SIGNALS]) / known["deviations"]
    score.set_weights([share[:, None], -(share @ known["means"])[None]])
    return made


def told(x: Any, model: Any) -> list[Any]:
    """Give v of an example, and its last three numbers, each (n, 1), by themselves."""
    network, judge = model.averaged_generator, model.normalized_discriminator()
    looking = keras.Model(network.input, [network.get_layer("code").output, network.output])
    code, refined = looking(x)
    change = layers.Subtract()([code, looking(refined)[0]])
    error = length(layers.Flatten()(layers.Subtract()([x, refined])))
    opinions = [layers.Rescaling(-1.0)(judge(each)) for each in (x, refined)]
    said = layers.Concatenate(name="said")([code, change, error, *opinions])
    return [said, error, *opinions]


def length(x: Any) -> Any:
    """Compute |x| as the product of x and x / |x|, of Keras' own layers."""
    return layers.Dot(1)([x, layers.UnitNormalization()(x)])


def figures(model: Any) -> dict[str, np.ndarray]:
    """Give what was learnt of normal examples."""
    return {name: ops.convert_to_numpy(value) for name, value in model.statistics.items()}


def learn(model: Any, learnt: Any, held: Any) -> None:
    """Learn the Gaussian, then the signals' means and deviations, then the threshold.

    Args:
        model: its networks are trained.
        learnt: the split that they were trained on.
        held: a split of other normal examples, or the same one.
    """
    centre, whitening = gaussian(predicted(upto(scorer(model), "said"), learnt))
    model.learn(centre=centre, whitening=whitening)
    signals = predicted(upto(scorer(model), "signals"), held)
    model.learn(means=signals.mean(0), deviations=np.maximum(signals.std(0), TINY))
    scores = predicted(scorer(model), held)
    model.learn(threshold=np.quantile(scores, model.config.quantile))


def upto(network: keras.Model, layer: str) -> keras.Model:
    """Give the network up to a layer."""
    return keras.Model(network.input, network.get_layer(layer).output)


def gaussian(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of values (n, k), and W of W W^T = (cov + l I)^-1."""
    centre = values.mean(0, dtype=np.float64)
    spread, ways = np.linalg.eigh(np.cov(values - centre, rowvar=False, bias=True))
    ridge = RIDGE * max(spread.mean(), TINY)
    return centre, ways / np.sqrt(np.maximum(spread, 0) + ridge)


def predicted(network: keras.Model, split: Any) -> np.ndarray:
    """Give what a network says of all examples of a split, some at a time."""
    return np.concatenate([seen(network, each) for each in split.batches(CHUNK)])


def seen(network: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Give what a network says of inputs of shape (n, ...)."""
    return ops.convert_to_numpy(network(inputs, training=False))
