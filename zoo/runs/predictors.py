"""What applies a run's model to items: the model in Keras, or its exported files in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from zoo.data.inputs import read_input
from zoo.entry_points import EXTENSIONS, PREDICTORS, EntryPointGroup
from zoo.environment import cache_folder
from zoo.errors import ExportError, PluginError, UnknownName, UsageError, ZooError, format_error
from zoo.inference.exported_parts import ExportedParts, read_report, why_not_usable
from zoo.inference.form_reader import read_in_form
from zoo.inference.keras_parts import KerasParts
from zoo.inference.parts import Parts
from zoo.inference.predictor import Predictor, call_with
from zoo.runs.run import Run
from zoo.runtimes.zoo_command import run_zoo

if TYPE_CHECKING:
    import keras

    from zoo.config import Config
    from zoo.registry.architecture import Architecture

RUNTIMES = ("keras", "onnx")


def check_runtime(runtime: str) -> None:
    """Refuse an unknown runtime.

    Raises:
        UnknownName: there is no such runtime.
    """
    if runtime not in RUNTIMES:
        raise UnknownName("runtime", runtime, RUNTIMES)


def open_predictor(run: Run, runtime: str) -> Predictor:
    """Return what applies a run's model to items; the run keeps it until its weights change.

    Args:
        run: a run with trained weights.
        runtime: one of `RUNTIMES`.

    Raises:
        UnknownName: there is no such runtime.
        RunError: the run has no weights yet, its plug-in is not installed, or its weights do not fit.
        ExportError: there is no verified export, and none can be made.
    """
    check_runtime(runtime)
    facts = run.weights.stat() if run.weights.exists() else None
    key = (runtime, facts and facts.st_mtime_ns, facts and facts.st_size)
    predictors: dict[Any, Predictor] = vars(run).setdefault("_predictors", {})
    if key not in predictors:
        predictor = _keras_predictor(run) if runtime == "keras" else _onnx_predictor(run)
        read = read_in_form(predictor.read, run.record["dataset"].get("source"))
        predictor = replace(predictor, read=read)
        for other in [other for other in predictors if other[0] == runtime]:
            del predictors[other]
        predictors[key] = predictor
    return predictors[key]


def model_predictor(
    architecture: Architecture,
    config: Config,
    model: keras.Model | None,
    parts: Parts | None = None,
) -> Predictor:
    """Return what applies an architecture's model to items through the plug-in's hooks.

    Args:
        architecture: the plug-in's hooks.
        config: the model's settings.
        model: the trained model; None where only `parts` are there.
        parts: the parts in another runtime; those of the model if not given.
    """
    if parts is None:
        parts = KerasParts(lambda: architecture.export(model, config))

    def apply_batch(items: Sequence[Any], inputs: Sequence[Any]) -> list[dict[str, Any]]:
        if model is None:
            check_needs_no_model(architecture, "apply", parts)
        return architecture.apply(model, config, items, inputs, parts)

    shape = getattr(config, "input_shape", None)
    return Predictor(parts, _reader(architecture, config, shape), apply_batch, shape)


def onnx_parts(run: Run) -> Parts:
    """Return the parts of a run that ONNX Runtime computes; they are exported first if they are not yet.

    Raises:
        ExportError: they cannot be exported, or compute something else than the model.
    """
    folder = export_folder(run)
    if why_not_usable(folder, "onnx"):
        _export(run)
    if problem := why_not_usable(folder, "onnx"):
        raise ExportError(f"{run} cannot be run in ONNX Runtime: {problem}.")
    return ExportedParts(folder, "onnx")


def needs_export(run: Run) -> str:
    """Return why a run must be exported before ONNX Runtime can run it; empty where it need not be."""
    return why_not_usable(export_folder(run), "onnx")


def export_folder(run: Run) -> Path:
    """Return the folder of a run's exported files: RUN/export.

    The catalog's weights are unpacked again for each process, so theirs is in the user's cache, by the
    hash of the weights.
    """
    if run.shipped is None:
        return run.path / "export"
    return cache_folder() / "exports" / run.shipped.info.sha256[:16]


def check_needs_no_model(architecture: Architecture, hook: str, parts: Parts) -> None:
    """Refuse a hook that takes the Keras model where there are only exported parts.

    Args:
        architecture: the plug-in's hooks.
        hook: the hook's name.
        parts: the parts that another runtime computes.

    Raises:
        UsageError: it takes the model.
    """
    if architecture.has(hook) and architecture.takes(hook, "model"):
        raise UsageError(
            f"{hook}() of the architecture {architecture.name!r} of {architecture.package} computes with "
            f"the Keras model, not with its parts. Leave out --with onnx, or call one of the parts on "
            f"arrays: Run.predict(array, part=..., runtime='onnx'). Parts: {', '.join(parts)}."
        )


def predictor_module(run: Run) -> ModuleType | None:
    """Return the module that applies a run's exported parts without Keras; None where there is none.

    Extensions wrap the hooks of plug-ins, so the plug-in itself is used where one is installed.

    Raises:
        PluginError: the module cannot be imported, or has no `apply`.
    """
    name, group = str(run.record["architecture"]), EntryPointGroup(PREDICTORS)
    if name not in group.names() or EntryPointGroup(EXTENSIONS).names():
        return None
    module = group.load(name)
    if not hasattr(module, "apply"):
        raise PluginError(f"The predictor {name!r} of {group.packages(name)} has no apply().")
    return module


def _keras_predictor(run: Run) -> Predictor:
    from zoo.runs.load import load_run_model

    recipe, model = load_run_model(run)
    return model_predictor(recipe.architecture, recipe.config, model)


def _onnx_predictor(run: Run) -> Predictor:
    parts = onnx_parts(run)
    module = predictor_module(run)
    if module is None:
        from zoo.runs.recipe import recipe_from_run

        recipe = recipe_from_run(run)
        return model_predictor(recipe.architecture, recipe.config, None, parts)
    settings = {"resize": "crop"} | dict(run.record["config"])  # older runs have no such setting
    config = SimpleNamespace(**{k: _frozen(v) for k, v in settings.items()})
    shape: tuple[int | None, ...] = getattr(config, "input_shape", ())
    read = getattr(module, "read_item", None)
    reader = partial(read_input, shape=shape, resize=config.resize)
    reader = partial(read, config) if read else reader

    def apply_batch(items: Sequence[Any], inputs: Sequence[Any]) -> list[dict[str, Any]]:
        arguments = {"config": config, "items": items, "inputs": inputs, "parts": parts}
        try:
            results: list[dict[str, Any]] = call_with(module.apply, arguments)
        except ZooError:
            raise
        except Exception as error:  # a plug-in may raise anything
            raise PluginError(f"{module.__name__}.apply() failed: {format_error(error)}") from error
        return results

    return Predictor(parts, reader, apply_batch, shape)


def _reader(
    architecture: Architecture, config: Config, shape: Sequence[int | None] | None
) -> Callable[[Any], Any]:
    """Return what reads an item for `apply`; it returns None where `apply` reads the items itself."""
    if not (architecture.has("apply") and architecture.takes("apply", "inputs")):
        return lambda item: None
    if architecture.has("read_item"):
        return partial(architecture.read_item, config)
    if shape is None:
        raise PluginError(
            f"apply() of the architecture {architecture.name!r} of {architecture.package} takes inputs, "
            "and its config has no input_shape: add the hook read_item(config, item)."
        )
    return lambda item: read_input(item, tuple(shape), config.resize)


def _frozen(value: Any) -> Any:
    """Return a value of run.json as a config has it: lists are tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _export(run: Run) -> None:
    """Export a run in another process, as ONNX and in the formats that its export has already.

    Raises:
        ExportError: the export fails.
        UsageError: its folder holds something else.
    """
    folder = export_folder(run)
    files = read_report(folder).get("files", ())
    formats = dict.fromkeys([*(file["format"] for file in files), "onnx"])
    out = () if run.shipped is None else ("--out", str(folder))
    run_zoo("export", str(run.path), "--to", ",".join(formats), *out)
