"""The networks of keras.applications, as models of pixels in [0, 1].

Each of these networks wants its pixels in another form: in [-1, 1], or in [0, 255], or with blue first
and a mean subtracted. All of these are linear in the three colours, so one 1x1 convolution in front of
the network does the same:

    preprocess_input(255 * pixels) = pixels @ matrix + offset
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.errors import SettingError, UsageError, brief, format_cause

if TYPE_CHECKING:
    import keras


def list_applications() -> list[str]:
    """Return the names of the networks in keras.applications, such as VGG16."""
    import keras

    return [name for name in dir(keras.applications) if name[0].isupper()]


def open_application(
    name: str, weights: str | None = "imagenet", setting: str | None = None
) -> keras.Model:
    """Build a network of keras.applications behind a layer that applies its preprocessing.

    Args:
        name: one of `list_applications()`.
        weights: "imagenet", which Keras downloads once; None for random weights.
        setting: the setting that names the network, for the message of an error.

    Returns:
        A model of images (batch, height, width, 3) with pixels in [0, 1]. Its first layer is named
        `preprocessing`.

    Raises:
        UsageError: the weights cannot be downloaded. With `setting` it is a SettingError.
    """
    import keras

    build = getattr(keras.applications, name)
    try:
        network = build(weights=weights)
    except Exception as error:  # Keras raises bare Exceptions where a download fails
        kind, subject = (SettingError, f"{setting}={name}") if setting else (UsageError, name)
        raise kind(
            f"{subject}: Keras could not fetch the weights of {name} ({brief(format_cause(error))}). "
            "Connect to the network once: Keras keeps the weights in ~/.keras/models. Or name a run, "
            "or a .keras or .h5 file."
        ) from error
    module = getattr(keras.applications, build.__module__.rpartition(".")[2])
    matrix, offset = preprocessing_matrix(module.preprocess_input)
    pixels = keras.Input(network.input_shape[1:], name="pixels")
    preprocessing = keras.layers.Conv2D(3, 1, name="preprocessing")
    outputs = network(preprocessing(pixels))
    preprocessing.set_weights([matrix[None, None], offset])
    return keras.Model(pixels, outputs, name=name.lower())


def preprocessing_matrix(preprocess_input: Any) -> tuple[Any, Any]:
    """Return the matrix (3, 3) and the offset (3,) of a preprocessing, for pixels in [0, 1] as rows.

    Args:
        preprocess_input: the function of a module of keras.applications, of pixels in [0, 255].
    """
    colours = np.concatenate([np.zeros((1, 3)), np.eye(3)])[:, None, None] * 255.0
    black, *pure = np.asarray(preprocess_input(colours.astype(np.float32)))[:, 0, 0]
    return np.stack(pure) - black, black
