"""Use a run's model on files and arrays: in Keras, or by its exported files in ONNX Runtime."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from zoo.data.arrays import Array
from zoo.data.inputs import expand_items, item_name
from zoo.errors import RunError, UsageError
from zoo.inference.examples import predict_examples
from zoo.inference.form_reader import form_notes
from zoo.inference.keras_parts import KerasParts
from zoo.inference.predictor import Answer, Predictor, iterate_answers
from zoo.inference.saved_results import output_names, save_result
from zoo.inference.unusual_inputs import (
    MOST_WARNINGS,
    has_several_frames,
    input_ranges,
    warnings_of,
)
from zoo.runs.predictors import check_needs_no_model, open_predictor
from zoo.runs.run import Run

_log = logging.getLogger("zoo")

if TYPE_CHECKING:
    import keras

    from zoo.config import Config
    from zoo.data.dataset import Dataset
    from zoo.inference.parts import Parts
    from zoo.registry.architecture import Architecture
    from zoo.registry.run_info import RunInfo


@overload
def apply(
    run: str | Path | Run, items: Sequence[Any], *, runtime: str = ..., stream: Literal[False] = ...
) -> list[dict[str, Any]]: ...
@overload
def apply(
    run: str | Path | Run, items: Sequence[Any], *, runtime: str = ..., stream: Literal[True]
) -> Iterator[dict[str, Any]]: ...
def apply(
    run: str | Path | Run, items: Sequence[Any], *, runtime: str = "keras", stream: bool = False
) -> list[dict[str, Any]] | Iterator[dict[str, Any]]:
    """Apply a run's model to the user's own files or arrays.

    Files are read beside the computation, and computed in batches.

    Args:
        run: a run, its path or its name.
        items: what the architecture takes, such as paths of images, or arrays of its input shape. A
            folder stands for the files in it, and a .ts or .csv file for the series in it.
        runtime: `keras`, or `onnx` for the run's exported files in ONNX Runtime; they are exported and
            verified first if there are none.
        stream: return an iterator, which computes the results while they are taken.

    Returns:
        One dictionary for each item, for each file of a folder and for each series of a file.

    Raises:
        UnknownName: there is no such run or runtime.
        DataError: an item cannot be read, or does not fit the model.
        PluginError: the architecture has no `apply`.
        UsageError: the architecture's `apply` needs the Keras model, and the runtime is another.
        ExportError: the exported files compute something else than the model.

    Example:
        >>> zoo.apply("cnn.digits", ["seven.png"])[0]["class"]
    """
    run = Run.open(run)
    predictor = open_predictor(run, runtime)
    results = _iterate_results(run, predictor, expand_items(items, predictor.input_shape))
    return results if stream else list(results)


def apply_to_files(
    run: Run,
    items: Sequence[str],
    out: Path | None,
    track: Callable[[Sequence[Any]], Iterable[Any]] = iter,
    runtime: str = "keras",
) -> tuple[list[dict[str, Any]], list[str]]:
    """Apply a run's model to files, to folders and to the series of a file.

    Pictures and arrays (`Values`) among the results are saved in `out` as NAME-KEY.png and
    NAME-KEY.npy, where NAME is the item's. A picture with the key `edited` is a new version of the
    item's file, and is saved under the file's own name.

    Args:
        run: a run with trained weights.
        items: paths of files and folders, or what else the architecture takes.
        out: the folder for pictures and arrays; None where there are none.
        track: wraps the list of files, to show progress.
        runtime: `keras` or `onnx`.

    Returns:
        The results, and one sentence for each item that could not be read.

    Raises:
        UsageError: a folder has no file that the model reads, `out` is missing, an original would
            be replaced, or the runtime cannot serve the architecture.
        PluginError: the architecture has no `apply`, or it fails.
        ExportError: the exported files compute something else than the model.
    """
    files = expand_items(list(map(Path, items)), run.record["config"].get("input_shape"))
    answers = _iterate_answers(run, open_predictor(run, runtime), files)
    originals = {Path(os.path.realpath(file)) for file in files}  # a link to itself is one item
    results, faults = [], []
    left_out: dict[str, None] = {}
    for file, name, answer in zip(track(files), output_names(files), answers, strict=True):
        if answer.result is not None:
            saved = save_result(answer.result, name, out, file, originals)
            results.append({"item": str(file)} | saved)
            left_out |= dict.fromkeys(key for key in answer.result if key not in saved)
        else:
            fault = str(answer.error)
            faults.append(fault if str(file) in fault else f"{file}: {fault}")
    if left_out:
        _log.info("not saved: %s. Give a folder for them: --out DIR", ", ".join(left_out))
    return results, faults


def predict(
    run: str | Path | Run,
    inputs: Any,
    *,
    part: str | None = None,
    batch_size: int = 32,
    runtime: str = "keras",
) -> Array | dict[str, Any]:
    """Return what the model of a run computes from arrays, like keras.Model.predict.

    A Run loads its model once and keeps it for further calls; by a name, it is loaded each time.

    Args:
        run: a run with trained weights, its path or its name, or a model of the catalog with weights.
        inputs: an array of shape (n, ...); for a part with several inputs a list of arrays, or a
            dictionary of them by name. uint8 images are divided by 255.
        part: the name of the part; all parts that take such inputs if not given.
        batch_size: examples that are computed at a time, at least 1.
        runtime: `keras`, or `onnx` for the run's exported files in ONNX Runtime.

    Returns:
        The output; a dictionary by name where there are several outputs, and by part where several
        parts take such inputs.

    Raises:
        DataError: no part takes inputs of that shape, or they hold something else than finite numbers.
        UnknownName: there is no such part or runtime.
        ExportError: the exported files compute something else than the model.

    Example:
        >>> zoo.predict("cnn.digits", images).argmax(-1)
    """
    predictor = open_predictor(Run.open(run), runtime)
    return predict_examples(predictor.parts, inputs, part, batch_size, predictor.input_shape)


def evaluate_model(
    architecture: Architecture,
    config: Config,
    model: keras.Model | None,
    data: Dataset,
    *,
    parts: Parts | None = None,
    batch_size: int | None = None,
    run: RunInfo | None = None,
) -> dict[str, float]:
    """Return the metrics of a model on the test split of some data.

    Args:
        architecture: the plug-in's hooks.
        config: the model's settings.
        model: the trained model; None where only `parts` are there.
        data: the data.
        parts: the parts in another runtime; those of the model if not given.
        batch_size: examples that are computed at a time; None leaves it to the plug-in.
        run: the run that is measured; None where there is none.

    Raises:
        UsageError: the plug-in's `evaluate` chooses its own batches, or needs the Keras model.
        PluginError: it fails, or a metric is not finite.
    """
    if batch_size is not None and not architecture.takes("evaluate", "batch_size"):
        raise UsageError(
            f"evaluate() of the architecture {architecture.name!r} of {architecture.package} chooses its "
            "own batches: it takes no batch_size. Leave out --batch-size."
        )
    if parts is None:
        parts = KerasParts(lambda: architecture.export(model, config))
    if model is None:
        check_needs_no_model(architecture, "evaluate", parts)
    return architecture.evaluate(model, config, data, parts, batch_size, run)


def _iterate_answers(run: Run, predictor: Predictor, items: Sequence[Any]) -> Iterator[Answer]:
    """Yield an answer for each item; at the end, say what was done to items, and warn of unusual ones.

    A model with the setting `noise` takes noisy inputs, which are unlike those of its data set.
    """
    source = str(run.record["dataset"].get("source"))
    ranges = {} if "noise" in run.record["config"] else input_ranges(source)
    differences, notes = list[tuple[str, str]](), list[str]()
    try:
        for answer in iterate_answers(predictor, items, ranges):
            if len(notes) < MOST_WARNINGS and has_several_frames(answer.item):
                notes.append(f"{item_name(answer.item)}: only the first of its frames is read")
            if answer.difference:
                differences.append((item_name(answer.item), answer.difference))
            yield answer
    finally:
        for text in [*notes, *form_notes(predictor.read), *warnings_of(differences, source)]:
            _log.warning("%s", text)


def _iterate_results(
    run: Run, predictor: Predictor, items: Sequence[Any]
) -> Iterator[dict[str, Any]]:
    for answer in _iterate_answers(run, predictor, items):
        if answer.result is None:
            raise answer.error or RunError(f"There is no result for {answer.item}.")
        yield answer.result
