"""The gate's work: write every part in every format, have the files run, and give a verdict on each."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo.errors import ExportError, UsageError, format_cause
from zoo.exporters.bisect import check_clone, failure_of_format, first_failing_layer, name_layers
from zoo.exporters.checker import Checker
from zoo.exporters.formats.protocol import data_file, file_name, is_approximate, load_format
from zoo.exporters.parts.contract import Contract
from zoo.exporters.parts.part import Part, prepare_part
from zoo.exporters.parts.probes import (
    ConstantOutput,
    Probe,
    draw_probes,
    make_probes,
    save_probes,
)
from zoo.exporters.proof.file_verdicts import FileProof, collect_results
from zoo.exporters.proof.float64 import add_exact_outputs
from zoo.exporters.proof.plan import Plan
from zoo.exporters.proof.rehearsal import has_new_normalizations, rehearse, with_rehearsal
from zoo.exporters.proof.test_sets import SUFFIX as TEST_DATA
from zoo.exporters.proof.test_sets import write_test_sets
from zoo.exporters.report import ExportedFile, Report
from zoo.exporters.worker import CRASHED
from zoo.io.atomic import check_space
from zoo.io.digest import file_digest, size_on_disk
from zoo.runtimes.group import missing_parts, own_runtime

if TYPE_CHECKING:
    import keras

_HDF5 = ("dl4j", "h5", "keras")  # formats that meet a full disk with a crash
_NAMES_THE_FAULT = ("layer '", "operation '", "put '", "The format '", "The runtime '", CRASHED)


@dataclass(frozen=True)
class Job:
    """What all files of an export have in common.

    `title` is the model's name in the report, and `origin` facts for it and for the files, such as the
    weights' digest. `options` are those of the export: `opset` and `batch`, an int or None each, and
    `examples`, a function that returns training examples, or None. `reopen` opens the models again; where it
    is given, they are freed before large files are compared. `model_file` is a .keras or .h5 file that
    somebody else may have written, where the models are from one.
    """

    title: str
    origin: dict[str, str]
    options: Mapping[str, Any]
    reopen: Callable[[], Mapping[str, keras.Model]] | None = None
    model_file: str = ""

    def parts_of(self, models: Mapping[str, keras.Model]) -> dict[str, Part]:
        """Return the parts of some models by role, as every format writes them."""
        batch = self.options.get("batch")
        return {
            role: prepare_part(role, model, self.origin, batch) for role, model in models.items()
        }


def write_and_verify(
    models: dict[str, keras.Model], plan: Plan, checker: Checker, folder: Path, job: Job
) -> Report:
    """Write all files into a folder, have them compared, and report on each.

    Args:
        models: the parts by role. They are emptied where the job can open them again and files are large.
        plan: the formats, and the runtimes of each.
        checker: opens the files, each in its runtimes.
        folder: an empty one.
        job: what the files have in common.

    Returns:
        The report; the files that came out wrong are in it, and in the folder.

    Raises:
        ExportError: a part itself has no graph, cannot be copied, or cannot be compared.
    """
    parts = job.parts_of(models)
    contracts = {role: part.contract for role, part in parts.items()}
    probes, constant, without_ratio = _make_probes(parts)
    refused = _rehearse(constant, plan, checker, folder, job) if constant else {}
    with (folder / "probe.npz").open("wb") as file:
        save_probes(probes, file)
    proofs = []
    for role, name in product(parts, plan.runtimes):
        written = _write_file(parts[role], name, folder, {**job.options, "parts": parts})
        complete = _with_test_sets(written, folder, contracts, probes)
        rehearsed = with_rehearsal(complete, constant, refused)
        proofs.append(FileProof(checker, folder, rehearsed, plan, model_file=job.model_file))
        _start_proof(proofs[-1], job)
    if job.reopen is not None and any(proof.is_large for proof in proofs):
        parts.clear()
        models.clear()
        gc.collect()
    files = _explain_files(collect_results(proofs, folder, plan), parts, job)
    digest = file_digest(folder / "probe.npz")
    return Report(folder, job.title, files, contracts, job.origin, without_ratio, digest)


def _start_proof(proof: FileProof, job: Job) -> None:
    """Start the comparison of a file, which goes on while the next one is written.

    A large one is compared at once, or at the end, where its model can be freed before.
    """
    if not proof.is_large:
        proof.start()
    elif job.reopen is None:
        proof.wait()


def _explain_files(
    files: Sequence[ExportedFile], parts: dict[str, Part], job: Job
) -> tuple[ExportedFile, ...]:
    """Return the files, with what is at fault where one came out wrong; parts that were freed come back."""
    if not parts and any(file.problems for file in files) and job.reopen is not None:
        parts = job.parts_of(job.reopen())
    return tuple(_explain(file, parts, {**job.options, "parts": parts}) for file in files)


def _rehearse(
    parts: Mapping[str, Part], plan: Plan, checker: Checker, folder: Path, job: Job
) -> dict[tuple[str, str], str]:
    """Return what is wrong with the files of copies of parts that return the same for every input."""
    other = replace(job, reopen=None)
    return rehearse(
        parts, folder, lambda models, place: write_and_verify(models, plan, checker, place, other)
    )


def _make_probes(
    parts: Mapping[str, Part],
) -> tuple[dict[str, list[Probe]], dict[str, Part], dict[str, str]]:
    """Return the probes of all parts; and the parts that were never trained, and return a constant.

    The third value says for each part that has no outputs in float64, why not. Each clone is compared with
    its original on the probes.
    """
    probes: dict[str, list[Probe]] = {}
    constant, without_ratio = {}, {}
    for role, part in parts.items():
        try:
            probes[role] = make_probes(part)
        except ConstantOutput:
            if not has_new_normalizations(part.original):
                raise
            probes[role], constant[role] = draw_probes(part), part
        check_clone(part, probes[role])
        try:
            probes[role] = add_exact_outputs(part, probes[role])
        except ExportError as error:
            without_ratio[role] = str(error)
    return probes, constant, without_ratio


def _with_test_sets(
    file: ExportedFile,
    folder: Path,
    contracts: Mapping[str, Contract],
    probes: Mapping[str, Sequence[Probe]],
) -> ExportedFile:
    """Return an ONNX file with its test sets written beside it, and every other file as it is."""
    if file.problem or not file.path.endswith(".onnx") or is_approximate(file.format):
        return file
    test_data = file.path.removesuffix(".onnx") + TEST_DATA
    write_test_sets(folder / test_data, contracts[file.part], probes[file.part])
    digest = file_digest(folder / test_data)
    return replace(file, test_data=test_data, test_data_sha256=digest)


def _write_file(part: Part, name: str, folder: Path, options: Mapping[str, Any]) -> ExportedFile:
    path = file_name(part.role, name)
    refused = ExportedFile(part.role, name, path, verdict="refused")
    if name in _HDF5:
        check_space(folder.parent, 4 * part.model.count_params() + 2**20)
    try:
        load_format(name).write(part, folder / path, options)
    except (OSError, UsageError):
        raise
    except ExportError as error:
        return replace(refused, problem=str(error))
    except Exception as error:  # converters raise whatever they meet
        return replace(refused, problem=f"it cannot be written: {format_cause(error)}")
    data = data_file(folder / path, name)
    return ExportedFile(
        part.role,
        name,
        path,
        size_on_disk(folder / path) + (size_on_disk(data) if data.exists() else 0),
        file_digest(folder / path),
        requires=part.requires if name in ("keras", "h5") else (),
        data=str(data.relative_to(folder)) if data.exists() else "",
        data_sha256=file_digest(data) if data.exists() else "",
    )


def _explain(
    file: ExportedFile, parts: Mapping[str, Part], options: Mapping[str, Any]
) -> ExportedFile:
    """Add what is at fault, the format or a layer, where the problem does not name it already.

    A file that ended the worker's process is not opened in this one.
    """
    if file.is_publishable:
        return name_layers(file, parts[file.part], options) if file.problems else file
    if any(words in file.problem for words in _NAMES_THE_FAULT) or not _opens_here(file.format):
        return file
    if failure := failure_of_format(file.format, options):
        return replace(file, problem=failure)
    fault = first_failing_layer(parts[file.part], file.format, options, file.problem)
    return replace(file, problem=f"{file.problem.rstrip('.')}. {fault}".strip())


def _opens_here(name: str) -> bool:
    """Return whether this machine can open files of a format."""
    runtime = own_runtime(name)
    return bool(runtime) and not missing_parts(runtime)
