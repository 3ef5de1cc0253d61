"""The whole contract between the zoo and an architecture, on one screen.

A plug-in is a module with these functions, each under `@zoo.hookimpl`, and an entry point in the group
`zoo.architectures`. A hook may leave out any argument that it does not need.

Units: images are float32 in [0, 1] of shape (height, width, channels); series are (time, channels);
volumes are (depth, height, width, channels). A batch has one more axis in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import keras

    from zoo.config import Config
    from zoo.data.dataset import Dataset
    from zoo.io.pictures import Picture

hookspec = pluggy.HookspecMarker("zoo")
hookimpl = pluggy.HookimplMarker("zoo")

REQUIRED = ("defaults", "build", "train", "export")
OPTIONAL = ("evaluate", "preview", "apply")


@hookspec(firstresult=True)
def defaults() -> Config:
    """Return the default settings: an instance of a subclass of `zoo.Config`."""


@hookspec(firstresult=True)
def build(config: Config) -> keras.Model:
    """Return a new, untrained model. The same config gives the same variables in the same order.

    Settings that are None by default and that the data decides, such as `input_shape`, have values here.
    """


@hookspec(firstresult=True)
def train(
    model: keras.Model, config: Config, data: Dataset, callbacks: list[Any]
) -> keras.callbacks.History:
    """Compile the model and train it in place.

    The last line is `return model.fit(**data.fit_arguments(config), callbacks=callbacks)`. Weights must
    not change after `fit`, and `data.test` must not be read.
    """


@hookspec(firstresult=True)
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Return the parts to export, by role: Functional models that share the model's weights."""


@hookspec(firstresult=True)
def evaluate(model: keras.Model, config: Config, data: Dataset) -> dict[str, float]:
    """Return measures of the trained model on `data.test`, by name: finite numbers."""


@hookspec(firstresult=True)
def preview(model: keras.Model, config: Config, data: Dataset) -> dict[str, Picture]:
    """Return pictures of the trained model's results, by file name without a suffix."""


@hookspec(firstresult=True)
def apply(model: keras.Model, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return one result for each of the user's items, which are paths of files or arrays."""
