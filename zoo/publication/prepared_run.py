"""A run as it is published: without folders of this machine, and with the weights that are stored."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import RunError
from zoo.exporters.parts.part import prepare_part
from zoo.io.atomic import disk_errors, make_directory
from zoo.io.text import read_bytes
from zoo.publication.packed_weights import Precision, pack_weights, save_without_training_state
from zoo.publication.terms import public_source
from zoo.runs.evaluation import Measurement, measure
from zoo.runs.load import load_run_model
from zoo.runs.recipe import Recipe, has_own_data
from zoo.runs.run import Run
from zoo.weights.archive import OPTIONAL_MEMBERS

if TYPE_CHECKING:
    import keras


def prepare_run(run: Run, folder: Path, precision: Precision = "float32") -> Run:
    """Copy a run as it is published, and return the copy.

    It has the parts in run.json, no folder of this machine, and the weights as `pack_weights` writes them.
    Where they are rounded, the copy is measured again: its figures are those of the rounded weights.

    The model is built and its weights are loaded first, so a file that does not open is never written.

    Args:
        run: a finished run, or a model of the catalog with weights.
        folder: it exists and is empty.
        precision: of matrices and kernels.

    Raises:
        RunError: the weights do not fit; or they are rounded, and the run's own data is not here.
        UsageError: a number is too large for half precision.
        WriteError: the disk refuses.
    """
    recipe, model = load_run_model(run)
    record = _public_record(run, recipe.architecture.export(model, recipe.config))
    copy = Run(folder)
    with disk_errors(folder):
        complete = save_without_training_state(model, run.weights, folder / "all.weights.h5")
        pack_weights(complete, copy.weights, precision)
        (folder / "all.weights.h5").unlink(missing_ok=True)
        _copy_results(run, folder)
    if precision == "float32":
        copy.write_record(record)
    else:
        copy.write_record({**record, "stored_precision": precision})
        measurement = _measure_again(copy, run, recipe)
        copy.write_metrics(measurement.metrics)
        copy.update(examples=measurement.counts)
    return copy


def _public_record(run: Run, parts: Mapping[str, keras.Model]) -> dict[str, Any]:
    """Return a run's record with its parts, and without folders of this machine."""
    contracts = {role: prepare_part(role, part).contract.to_json() for role, part in parts.items()}
    dataset = {**run.record["dataset"], "source": public_source(run)}
    counts = {"examples": run.examples} if run.examples else {}
    return {**run.record, **counts, "dataset": dataset, "parts": contracts}


def _copy_results(run: Run, folder: Path) -> None:
    """Copy what a run has beside its weights: its history, its metrics and its pictures.

    Links out of the run are not followed: what they lead to would be published.

    Raises:
        UnsafeFile: there is one among the history, the metrics and the report, or one of these is too large.
    """
    for member in (*OPTIONAL_MEMBERS, "export/report.json"):
        if (path := run.path / member).exists():
            make_directory((folder / member).parent)
            (folder / member).write_bytes(read_bytes(path, "text_bytes", run.path))
    for picture in run.pictures:
        make_directory(folder / "pictures")
        shutil.copyfile(picture, folder / "pictures" / picture.name)


def _measure_again(copy: Run, run: Run, recipe: Recipe) -> Measurement:
    """Return the figures of the rounded weights, measured on the run's own data.

    Raises:
        RunError: that data is not here.
    """
    data = recipe.load_data()
    if not has_own_data(run, recipe):
        raise RunError(
            f"{run} is measured again after its weights are rounded, and its data has changed: "
            f"{recipe.source} has another fingerprint than run.json says."
        )
    return measure(copy, data)
