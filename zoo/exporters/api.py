"""The gate: write -> open in the target runtime -> compare -> publish.

Keras and tf2onnx write broken files and report success (docs/export-facts.md), so every file is run
before it is published: it is written to a temporary folder, opened by another process in its own
runtime, run on the same inputs as the original, and renamed into place only if it computes the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.entry_points import FORMATS, EntryPointGroup
from zoo.environment import keras_backend
from zoo.errors import UsageError
from zoo.exporters.checker import Checker, start_processes
from zoo.exporters.formats.protocol import load_format
from zoo.exporters.locations import Location, find_untrained
from zoo.exporters.onnx_graph.calibration import training_examples
from zoo.exporters.output.events import tell_extensions
from zoo.exporters.output.folder import check_probe, free_folder, is_unchanged, publish_files
from zoo.exporters.output.other_backend import export_on_tensorflow
from zoo.exporters.output.outcome import check_any_ran, is_equal_in_onnxruntime, raise_unequal
from zoo.exporters.proof.plan import Plan, plan_runtimes
from zoo.exporters.proof.published_files import files_to_run, verify_files
from zoo.exporters.proof.task_measures import add_task_measures
from zoo.exporters.report import Report
from zoo.exporters.sources import Source, open_source
from zoo.exporters.trust.folder import check_folder
from zoo.exporters.trust.signature import check_private_key, verify_signature
from zoo.exporters.verify import Job, write_and_verify
from zoo.inference.examples import check_batch_size
from zoo.inference.known_exports import remember_export
from zoo.io.atomic import disk_errors, temporary_directory
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras

FORMATS_BY_DEFAULT = ("keras", "h5", "saved-model", "onnx")
_CHANGED = "it is missing, or not the file that was written"


def export(
    source: str | Path | Run | keras.Model | Location | Source,
    formats: Sequence[str] = FORMATS_BY_DEFAULT,
    *,
    out: str | Path | None = None,
    opset: int | None = None,
    batch: int | None = None,
    runs_in: Sequence[str] = (),
    sign: str | Path | None = None,
    untrained: bool = False,
) -> Report:
    """Write every part of a trained model in some formats, each proved equal in its own runtime.

    Args:
        source: what `zoo.exporters.sources` can open: a run, its name or path (`RUN:encoder` for one
            part), a .keras or .h5 file, a name of keras.applications, or a Functional keras.Model.
        formats: names of the group `zoo.formats`.
        out: the folder; the run's `export` if not given. An earlier export there is replaced.
        opset: of the ONNX files, 11 to 21; 17 if not given.
        batch: the size of the batch in every file, for engines that need a fixed one; free if not given.
        runs_in: names of the group `zoo.runtimes`, in which the files are run beside the formats' own
            runtimes; "all" stands for all that are installed. One that is not available here is
            named in the report, and the export goes on.
        sign: the PEM file of a private key, with which the whole folder is signed.
        untrained: whether a model of the catalog, an architecture, or a network of keras.applications is
            built with random weights, so that nothing is downloaded. A run or a file is opened as it is.

    Returns:
        The report: the folder, each file with its digest and a verdict for each runtime, the contracts.

    Raises:
        UsageError: there is no such source, format or runtime, or `out` holds something else.
        PluginError: a format's module cannot be imported, lacks a member, or fails in `example`.
        ExportError: a file could not be written, or computes something else. The message names the
            part, the format, and the layer at fault. Such a file is not published; the others are. A
            file that is equal in its own runtime, and not in another one of `runs_in`, is published,
            and report.json has the verdicts.

    Example:
        >>> zoo.export("cnn.digits", formats=["onnx"]).ok
        True
    """
    check_batch_size(batch)
    if sign is not None:
        check_private_key(Path(sign))
    plan = plan_runtimes(_format_names(formats), _as_names(runs_in))
    _start_runtimes(plan)
    if untrained and isinstance(source, str | Path):
        source = find_untrained(source)
    opened = open_source(source, untrained=untrained)
    folder = free_folder(opened, out)
    options: dict[str, Any] = {"opset": opset, "batch": batch, "sign": sign}
    if _loaded_backend() != "tensorflow":
        return export_on_tensorflow(opened, list(plan.runtimes), folder, options, runs_in)
    # random weights are others when the source is opened again
    job = _job(opened, options, None if untrained else _function_that_reopens(source))
    models, run = opened.parts(), opened.run
    del opened  # a large model is freed while its files are compared
    return raise_unequal(_write_and_publish(models, run, plan, job, folder))


def _function_that_reopens(source: Any) -> Callable[[], Mapping[str, keras.Model]] | None:
    """Return a function that opens the parts of a source again; None for what is open already."""
    if isinstance(source, str | Path | Run | Location):
        return lambda: open_source(source).parts()
    return None


def _job(
    opened: Source,
    options: Mapping[str, Any],
    reopen: Callable[[], Mapping[str, keras.Model]] | None,
) -> Job:
    """Return what all files of an export of a source have in common."""
    options = {**options, "examples": training_examples(opened)}
    model_file = opened.name if opened.kind == "file" else ""
    return Job(opened.title, opened.origin, options, reopen, model_file)


def _write_and_publish(
    models: dict[str, keras.Model], run: Run | None, plan: Plan, job: Job, folder: Path
) -> Report:
    """Write and compare all files, publish those that are right, and return the report on all.

    Args:
        models: the parts by role; they may be freed, as `write_and_verify` says.
        run: the run that is exported, or None.
        plan: the formats, and the runtimes of each.
        job: what the files have in common.
        folder: that the files are published in.
    """
    with (
        Checker(plan.python) as checker,
        disk_errors(folder),
        temporary_directory(folder.parent) as temporary,
    ):
        report = write_and_verify(models, plan, checker, temporary, job)
        reopen = job.reopen or (lambda: models)
        report = add_task_measures(report, run, lambda: models or reopen())
        if any(file.is_publishable for file in report.files):
            publish_files(report, temporary, folder, job.options["sign"])
            tell_extensions(run, folder)
    return replace(report, folder=folder)


def _start_runtimes(plan: Plan) -> None:
    """Start the processes that open the files: they import their runtimes while the model is loaded."""
    if keras_backend() in (None, "tensorflow"):
        start_processes(plan.python)


def _loaded_backend() -> str:
    import keras

    return str(keras.backend.backend())


def verify(
    folder: str | Path, *, runs_in: Sequence[str] = (), key: str | Path | None = None
) -> Report:
    """Run exported files again: the same bytes, and the same outputs for the same inputs.

    It needs report.json and probe.npz, but not the run and not the plug-in.

    Args:
        folder: that an export was written to.
        runs_in: names of runtimes to run the files in, instead of the formats' own; "all" stands for
            all that are installed. Files that none of them reads are left out.
        key: the PEM file of a public key, with which the folder must be signed.

    Raises:
        RunError: the folder holds no export.
        UnsafeFile: it holds links, pipes or too many files.
        UsageError: there is no such runtime, or it reads none of the formats.
        ExportError: a file is missing, was changed, or computes something else here; or no file can be
            run here.

    Example:
        >>> zoo.verify("runs/cnn.digits/export").ok
        True
    """
    folder, runs_in = Path(folder).expanduser(), _as_names(runs_in)
    report = _read_report(folder, key)
    names = _format_names(sorted({file.format for file in report.files}))
    plan = plan_runtimes(names, runs_in, own=not runs_in)
    chosen = files_to_run(report, plan, runs_in)
    unchanged = [file for file in chosen if is_unchanged(folder, file)]
    with Checker(plan.python) as checker:
        verdicts = verify_files(checker, folder, unchanged, plan)
    files = tuple(
        verdicts.get(file) or replace(file, verdict="changed", problem=_CHANGED) for file in chosen
    )
    report = raise_unequal(replace(report, files=files))
    check_any_ran(report)
    if is_equal_in_onnxruntime(report):
        remember_export(folder)
    return report


def _read_report(folder: Path, key: str | Path | None) -> Report:
    """Return the report of a folder that may come from anybody, once the folder itself is in order.

    Raises:
        RunError, UnsafeFile, ExportError: it is not; the message says why.
    """
    check_folder(folder)
    if key is not None:
        verify_signature(folder, Path(key))
    report = Report.read(folder)
    check_probe(report)
    return report


def _as_names(names: Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _format_names(names: Sequence[str]) -> list[str]:
    """Return the formats' names, each once.

    Raises:
        UsageError: there are none, or a format has no such name.
        PluginError: a format's module cannot be imported, or lacks a member.
    """
    names = list(dict.fromkeys(_as_names(names)))
    for name in names:
        load_format(name)
    if not names:
        choices = ", ".join(EntryPointGroup(FORMATS).names())
        raise UsageError(f"Name at least one format. Choices: {choices}.")
    return names
