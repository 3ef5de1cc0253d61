"""The subject of the checks: one architecture with a tiny task, trained once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from zoo.config import Config
from zoo.data.arrays import Array
from zoo.data.dataset import Dataset, has_no_data
from zoo.exporters.api import FORMATS_BY_DEFAULT, export
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.parts.probes import Probe, draw_probes
from zoo.registry.architecture import Architecture
from zoo.runs.load import load_run_model
from zoo.runs.predict import evaluate_model
from zoo.runs.recipe import Recipe, resolve_with_data
from zoo.runs.run import Run
from zoo.runs.training import train
from zoo.testing.architecture.fit_watch import FitWatch
from zoo.testing.architecture.tasks import task_of

if TYPE_CHECKING:
    import keras

BATCH, EPOCHS, SEED = 8, 3, 1


class Subject:
    """One architecture with a tiny task: few examples, few epochs, small batches.

    What several checks need is made once, on first use: the training, the model that it left in
    memory, the model of its run, the exported files.

    Args:
        name: of an architecture or of a model of the catalog.
        folder: an empty folder for the runs and the exported files.
        formats: the formats that the checks of the export write.
        data: other data than that of the default task.
        settings: what differs from the settings of the task.

    Raises:
        UnknownName: there is no such architecture or model.
        PluginError: the architecture cannot be registered.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        formats: Sequence[str] = FORMATS_BY_DEFAULT,
        data: Dataset | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.folder, self.formats = name, folder, tuple(formats)
        task = task_of(name)
        self.model_name = name if data is not None else task.model
        self.data = task.data if data is None else data
        tiny = {"epochs": EPOCHS, "batch_size": BATCH, "validation": 0.0}
        self.settings = {**task.settings, **tiny, **(settings or {})}

    @cached_property
    def recipe(self) -> Recipe:
        """The architecture with its complete config and the tiny data."""
        return resolve_with_data(self.model_name, self.settings, self.data)

    @property
    def architecture(self) -> Architecture:
        """The architecture that is checked."""
        return self.recipe.architecture

    @property
    def config(self) -> Config:
        """The complete config of the training."""
        return self.recipe.config

    @cached_property
    def run(self) -> Run:
        """The run that the checks look at."""
        with self.fit_watch:
            return self.train("trained")

    @cached_property
    def fit_watch(self) -> FitWatch:
        """What happened in the training of `run`, and the model that it left in memory."""
        return FitWatch(self.architecture)

    @property
    def model(self) -> keras.Model:
        """The model as `train` left it in memory."""
        _ = self.run
        return self.fit_watch.model

    @cached_property
    def reloaded_model(self) -> keras.Model:
        """The model of the run: built from its config, with its weights."""
        return load_run_model(self.run)[1]

    @cached_property
    def untrained_model(self) -> keras.Model:
        """The model before the training: the same config, the same seed."""
        import keras

        keras.utils.set_random_seed(SEED)
        return self.architecture.build(self.config)

    @cached_property
    def export_folder(self) -> Path:
        """The folder of the exported files."""
        folder = self.folder / "shipped"
        export(self.run, self.formats, out=folder)
        return folder

    @property
    def positioned_data(self) -> Dataset:
        """The data with the seed of the training, as `evaluate` gets it."""
        return self.data.at(SEED)

    def train(self, where: str, data: Dataset | None = None, **options: Any) -> Run:
        """Train the task once more with the same seed, into a folder of its own, without measuring.

        Args:
            where: the name of the folder.
            data: other data than the subject's.
            **options: more arguments of `zoo.train`, such as resume=True.
        """
        nothing = [
            mock.patch.object(self.architecture, hook, return_value={})
            for hook in ("evaluate", "preview")
        ]
        with nothing[0], nothing[1]:
            return train(
                self.model_name,
                data=self.data if data is None else data,
                out=self.folder / where,
                seed=SEED,
                **{"progress": False, **options},
                **self.settings,
            )

    def parts(self, model: keras.Model) -> dict[str, keras.Model]:
        """Return the parts of a model, by role."""
        return self.architecture.export(model, self.config)

    def probes(self, model: keras.Model) -> dict[str, list[Probe]]:
        """Return seeded inputs for each part of a model, and what the part computes."""
        parts = self.parts(model)
        return {role: draw_probes(prepare_part(role, part)) for role, part in parts.items()}

    @cached_property
    def reloaded_probes(self) -> dict[str, list[Probe]]:
        """What the parts of the reloaded model compute."""
        return self.probes(self.reloaded_model)

    def metrics(self, model: keras.Model) -> dict[str, float]:
        """Return the metrics of `evaluate` for a model."""
        return evaluate_model(self.architecture, self.config, model, self.positioned_data)

    @cached_property
    def reloaded_metrics(self) -> dict[str, float]:
        """The metrics of the reloaded model."""
        return self.metrics(self.reloaded_model)

    def items(self) -> list[Any]:
        """Return two inputs for `apply`: test examples, or what the first part takes without data."""
        if not has_no_data(self.data):
            return list(self.data.test.inputs[:2])
        first, *_ = next(iter(self.reloaded_probes.values()))
        return list(next(iter(first.inputs.values()))[:2])


def weights_of(model: keras.Model) -> list[Array]:
    """Return the weights of a model as arrays, in its order."""
    return list(model.get_weights())
