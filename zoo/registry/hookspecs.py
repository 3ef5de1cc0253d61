"""The whole contract between the zoo and an architecture, on one screen.

A plug-in is a module with these functions, each under `@zoo.hookimpl`, and an entry point in the
group `zoo.architectures`. A hook may leave out any argument that it does not need.

Images are float32 in [0, 1] with shape (height, width, channels); series are (time, channels);
volumes are (depth, height, width, channels).
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
    """Give the settings to start from: an instance of a frozen subclass of `zoo.Config`."""


@hookspec(firstresult=True)
def build(config: Config) -> keras.Model:
    """Make the untrained model; the same config must make the same variables in the same order."""


@hookspec(firstresult=True)
def train(
    model: keras.Model, config: Config, data: Dataset, callbacks: list[Any]
) -> keras.callbacks.History:
    """Compile, and end in `return model.fit(**data.fit_arguments(config), callbacks=callbacks)`."""


@hookspec(firstresult=True)
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Name the parts worth shipping, by role: Functional models that share the model's weights."""


@hookspec(firstresult=True)
def evaluate(model: keras.Model, config: Config, data: Dataset) -> dict[str, float]:
    """Measure the trained model on `data.test` with the field's own measures."""


@hookspec(firstresult=True)
def preview(model: keras.Model, config: Config, data: Dataset) -> dict[str, Picture]:
    """Draw the pictures that people look at first, by file name without a suffix."""


@hookspec(firstresult=True)
def apply(model: keras.Model, config: Config, items: Sequence[Any]) -> list[dict[str, Any]]:
    """Use the trained model on the user's own files or arrays: one result for each item."""
