"""The pictures of a run: its curves, and what its architecture draws of the trained model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo.runs.comparison import plot_run
from zoo.runs.run_directory import run_info

if TYPE_CHECKING:
    import keras

    from zoo.data.dataset import Dataset
    from zoo.runs.recipe import Recipe
    from zoo.runs.run import Run


def draw_pictures(run: Run, recipe: Recipe, model: keras.Model, data: Dataset) -> None:
    """Draw the pictures of a trained run into its folder; those of the same name are replaced.

    Args:
        run: the run.
        recipe: its architecture and config.
        model: its trained model.
        data: what `preview` draws examples of.

    Raises:
        PluginError: `preview` fails.
        WriteError: the disk refuses.
    """
    from zoo.io import pictures

    plots: dict[str, pictures.Picture] = {"curve": plot_run(run)}
    plots |= recipe.architecture.preview(model, recipe.config, data, run_info(run))
    for name, picture in plots.items():
        pictures.save(picture, run.path / "pictures" / name)
