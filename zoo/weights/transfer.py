"""Start from the weights of another model: all of them, or all but those of layers with another shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from zoo.compute.layer_names import stable_names
from zoo.errors import RunError, SettingError, nearest

if TYPE_CHECKING:
    import keras


def transfer_weights(source: keras.Model, model: keras.Model, name: str) -> list[str]:
    """Copy the weights of a model into another one that has the same layers.

    A layer of which a weight has another shape keeps all of its own weights, such as the last layer where
    the classes differ.

    Args:
        source: the trained model.
        model: the model to train; it is changed.
        name: of the source, for messages.

    Returns:
        The paths of the layers that keep their own weights.

    Raises:
        RunError: the models have other layers, or no layer has the same shapes.
    """
    pairs = list(zip(source.weights, model.weights, strict=False))
    if len(source.weights) != len(model.weights):
        raise RunError(
            f"{name} has {len(source.weights)} weights, and the model to train has {len(model.weights)}: the "
            "networks differ. Leave out the settings that change the network."
        )
    new = {_layer(weight) for old, weight in pairs if tuple(old.shape) != tuple(weight.shape)}
    if not any(_layer(weight) not in new for _, weight in pairs):
        raise RunError(f"No layer of {name} has the shapes of the model to train.")
    for old, weight in pairs:
        if _layer(weight) not in new:
            weight.assign(old)
    return sorted(new)


def freeze_layers(model: keras.Model, patterns: Sequence[str]) -> None:
    """Keep the weights of layers as they are during training.

    Args:
        model: it is changed.
        patterns: names of layers, or globs; a name that Keras chose is numbered within the model.

    Raises:
        SettingError: no layer has such a name, or every layer with weights is frozen.
    """
    layers = list(_layers(model))
    names = stable_names(layers)
    for pattern in patterns:
        matches = [
            layer for layer, name in zip(layers, names, strict=True) if fnmatchcase(name, pattern)
        ]
        if not matches:
            raise SettingError(
                f"freeze={pattern}: no layer has such a name. {nearest(pattern, names)}"
            )
        for layer in matches:
            layer.trainable = False
    if patterns and not model.trainable_weights:
        raise SettingError(f"freeze={','.join(patterns)}: nothing is left to train.")


def _layer(weight: Any) -> str:
    return str(weight.path).rpartition("/")[0]


def _layers(model: Any) -> Iterator[Any]:
    """Yield the layers of a model, also those of the models in it."""
    for layer in getattr(model, "_layers", ()):
        yield layer
        yield from _layers(layer)
