"""The whole contract between the zoo and an architecture, on one screen.

A plug-in is a module with these functions, each under `@zoo.hookimpl`, and an entry point in the group
`zoo.architectures`. A hook may leave out any argument that it does not need. `run` is the run that the hook
works for, or None.

docs/contract.md has the versions of this contract, and what may change from one to the next.

Units: images are float32 in [0, 1] of shape (height, width, channels); series are (time, channels);
volumes are (depth, height, width, channels). A batch has one more axis in front.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pluggy

if TYPE_CHECKING:
    import keras

    from zoo.config import Config
    from zoo.data.dataset import Dataset
    from zoo.io.pictures import Picture
    from zoo.registry.run_info import RunInfo

    Part = Callable[..., tuple[Any, ...]]  # zoo.inference.parts.PartFunction

hookspec = pluggy.HookspecMarker("zoo")
hookimpl = pluggy.HookimplMarker("zoo")

REQUIRED = ("defaults", "build", "train", "export")
OPTIONAL = ("evaluate", "preview", "read_item", "apply")
EVENTS = ("on_run_end", "on_export_end")  # of extensions, which wrap all the others


class Measure(float):
    """A measure with the number of examples that it is taken on, where these are not all test examples.

    Example:
        >>> {"accuracy": 0.97, "recall_cat": zoo.Measure(0.5, examples=12)}
    """

    examples: int

    def __new__(cls, value: float, examples: int) -> Self:
        """Return a number with a count; 0 for a number that is taken on no examples."""
        measure = super().__new__(cls, value)
        measure.examples = int(examples)
        return measure

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what a copy is made from."""
        return Measure, (float(self), self.examples)


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
    model: keras.Model,
    config: Config,
    data: Dataset,
    callbacks: list[Any],
    run: RunInfo | None,
) -> keras.callbacks.History:
    """Compile the model and train it in place.

    The last line is `return model.fit(**data.fit_arguments(config), callbacks=callbacks)`. Weights must
    not change after `fit`, and `data.test` must not be read.
    """


@hookspec(firstresult=True)
def export(model: keras.Model, config: Config) -> dict[str, keras.Model]:
    """Return the parts to export, by role: Functional models that share the model's weights."""


@hookspec(firstresult=True)
def evaluate(
    model: keras.Model,
    config: Config,
    data: Dataset,
    parts: Mapping[str, Part],
    batch_size: int | None,
    run: RunInfo | None,
) -> dict[str, float]:
    """Return measures of the trained model on `data.test`, by name: finite numbers.

    One that is not taken on all of its examples is a `zoo.Measure`, which has their number.
    `parts` are functions of arrays, as in `apply`. `batch_size` is the number of examples that the user
    wants computed at a time; None leaves it to the plug-in.
    """


@hookspec(firstresult=True)
def preview(
    model: keras.Model, config: Config, data: Dataset, run: RunInfo | None
) -> dict[str, Picture]:
    """Return pictures of the trained model's results, by file name without a suffix."""


@hookspec(firstresult=True)
def read_item(config: Config, item: Any) -> Any:
    """Return one of the user's items as `apply` takes it in `inputs`; another thread calls it.

    Without this hook it is the example that `zoo.data.inputs.read_input` reads, in `config.input_shape`.
    An item that cannot be read raises zoo.DataError.
    """


@hookspec(firstresult=True)
def apply(
    model: keras.Model,
    config: Config,
    items: Sequence[Any],
    inputs: Sequence[Any],
    parts: Mapping[str, Part],
) -> list[dict[str, Any]]:
    """Return one result for each of the user's items, which are paths of files or arrays.

    `inputs` has what `read_item` returned for each of them. `parts` are the exported parts by role, as
    functions of arrays: `mean, log_var = parts["encoder"](images)`. A hook that takes `parts` and not
    `model` also works with exported files, where there is no model: `zoo apply --with onnx`.
    """


@hookspec
def on_run_end(run: RunInfo, config: Config, metrics: dict[str, float]) -> None:
    """Tell an extension that a run is finished: weights, history, measures and pictures are written."""


@hookspec
def on_export_end(run: RunInfo, folder: Path) -> None:
    """Tell an extension that a run's parts are exported into a folder, with report.json beside them."""
