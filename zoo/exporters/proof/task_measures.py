"""The measures of a run's task, with exported files in place of the model: what a format loses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from zoo.errors import format_error
from zoo.exporters.proof.verdict import TaskMeasure
from zoo.exporters.report import Report
from zoo.inference.exported_parts import ExportedPart
from zoo.inference.keras_parts import KerasParts
from zoo.inference.parts import Parts
from zoo.runs.predict import evaluate_model
from zoo.runs.recipe import recipe_from_run
from zoo.runs.run import Run
from zoo.runtimes.group import load_python_runtime, own_runtime

if TYPE_CHECKING:
    import keras


def add_task_measures(
    report: Report, run: Run | None, parts: Callable[[], Mapping[str, keras.Model]]
) -> Report:
    """Return a report in which each approximate file has the task's measures: the model's and its own.

    Args:
        report: of an export, whose folder has the files.
        run: the run that was exported, or None.
        parts: returns the parts as Keras models.

    Returns:
        The report. `without_measures` says why there are none, such as data that is not there.
    """
    formats = {file.format for file in report.files if file.verdict == "approximate"}
    if not formats:
        return report
    if run is None:
        return replace(report, without_measures="only a run has data to measure on")
    try:
        own = _measure(run, KerasParts(parts))
        measures = {name: file_measures(run, report, name) for name in formats}
    except Exception as error:  # a plug-in or a runtime may raise anything, and the files are right
        return replace(report, without_measures=format_error(error))
    tables = {
        name: tuple(TaskMeasure(key, own[key], values[key]) for key in values if key in own)
        for name, values in measures.items()
    }
    files = [replace(file, measures=tables.get(file.format, ())) for file in report.files]
    return replace(report, files=tuple(files))


def file_measures(run: Run, report: Report, name: str) -> dict[str, float]:
    """Return what the plug-in's `evaluate` measures on the test split, where files compute the parts.

    Args:
        run: the run that was exported.
        report: of the export; the files are opened without being compared with the model.
        name: the format whose files are used.

    Raises:
        UsageError: the plug-in's `evaluate` takes the Keras model, not parts.
        PluginError: a measure fails, or is not finite.
    """
    open_file = load_python_runtime(own_runtime(name)).open
    contracts = {role: contract.to_json() for role, contract in report.contracts.items()}
    parts = {
        file.part: ExportedPart(
            file.part, contracts[file.part], open_file(report.folder / file.path)
        )
        for file in report.files
        if file.format == name and file.verdict == "approximate"
    }
    return _measure(run, parts)


def _measure(run: Run, parts: Parts) -> dict[str, float]:
    recipe = recipe_from_run(run)
    data = recipe.load_data().at(int(run.record.get("seed", 0)))
    return evaluate_model(recipe.architecture, recipe.config, None, data, parts=parts)
