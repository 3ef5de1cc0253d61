"""The gate: write -> open in the target runtime -> compare -> publish.

Keras and tf2onnx write broken files and report success (EXPORT_FACTS.md), so no file leaves that was
not run: it is written to a temporary folder, opened by a process of its own in the runtime that it
is meant for, fed the same inputs as the original, and renamed into place only when it computes the
same.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo import formats, parts, probes
from zoo.checker import Checker
from zoo.diagnosis import blame
from zoo.errors import ExportError, UsageError
from zoo.parts import Part
from zoo.reports import Exported, Report, digest, size
from zoo.runs import Run
from zoo.shelf import FORMATS, Shelf
from zoo.untrusted import check_model_file
from zoo.writing import make_directory, move, refusals, scratch

if TYPE_CHECKING:
    import keras

FORMATS_BY_DEFAULT = ("keras", "h5", "saved-model", "onnx")
_OURS = {"report.json", "probe.npz", "README.md"}


def export(
    source: str | Path | Run | keras.Model,
    formats: Sequence[str] = FORMATS_BY_DEFAULT,
    *,
    out: str | Path | None = None,
    opset: int | None = None,
) -> Report:
    """Write every part of a trained model in some formats, each proved equal in its own runtime.

    Args:
        source: a run, its name or path, a .keras file, or a Functional keras.Model.
        formats: names of the group `zoo.formats`.
        out: the folder; the run's `export` if not given. An earlier export there is replaced.
        opset: of the ONNX files, 11 to 18; 17 if not given.

    Raises:
        UsageError: there is no such run or format, or `out` holds something else.
        ExportError: a file could not be written or computes something else. It names the part, the
            format and the layer; that file is not left behind, those that are equal are.

    Example:
        >>> zoo.export("cnn.digits", formats=["onnx"]).ok
        True
    """
    import keras

    names = _known(formats)
    models, model, origin, beside = _opened(source)
    folder = Path(out).expanduser() if out is not None else beside
    if folder is None:
        raise UsageError("Say where to export to: out=DIR.")
    _check_free(folder)
    make_directory(folder.parent)
    if keras.backend.backend() != "tensorflow":
        return _elsewhere(source, models, names, folder, opset)
    with Checker(names) as checker, refusals(folder), scratch(folder.parent) as temporary:
        report = _gated(models, names, checker, temporary, {"opset": opset}, model, origin)
        if any(file.ok for file in report.files):
            _publish(report, temporary, folder)
    return _told(replace(report, folder=folder))


def verify(folder: str | Path) -> Report:
    """Run exported files again: the same bytes, and the same outputs for the same inputs.

    It needs report.json and probe.npz, and neither the run nor the plug-in.

    Raises:
        RunError: the folder holds no export.
        ExportError: a file is missing, was changed, or computes something else here.

    Example:
        >>> zoo.verify("runs/cnn.digits/export").ok
        True
    """
    folder = Path(folder).expanduser()
    report = Report.read(folder)
    names = _known(sorted({file.format for file in report.files}))
    modules = {package for file in report.files for package in file.requires}
    modules &= parts.known_packages()
    whole = [file for file in report.files if _unchanged(folder, file)]
    with Checker(names) as checker, scratch_anywhere() as temporary:
        answers = checker.ask(folder, _asked(whole), temporary / "answer", sorted(modules))
    judged = dict(zip(whole, map(_judged, whole, answers), strict=True))
    files = tuple(
        judged.get(file)
        or replace(
            file, verdict="changed", problem="it is missing, or not the file that was written"
        )
        for file in report.files
    )
    return _told(replace(report, files=files))


def scratch_anywhere() -> Any:
    """Give a temporary directory that need not be beside anything."""
    import tempfile

    return scratch(Path(tempfile.gettempdir()))


def _gated(
    models: Mapping[str, keras.Model],
    names: Sequence[str],
    checker: Checker,
    folder: Path,
    options: Mapping[str, Any],
    model: str,
    origin: dict[str, str],
) -> Report:
    """Write all files, have them checked, and say of each whether it is equal."""
    prepared = [parts.prepare(role, part, origin) for role, part in models.items()]
    fed = {part.role: probes.make(part) for part in prepared}
    with (folder / "probe.npz").open("wb") as file:
        probes.save(fed, file)
    written = [_written(part, name, folder, options) for part in prepared for name in names]
    ready = [file for file in written if not file.problem]
    modules = sorted({package for file in ready for package in file.requires})
    answers = checker.ask(folder, _asked(ready), folder / "answer", modules)
    judged = dict(zip(ready, map(_judged, ready, answers), strict=True))
    by_role = {part.role: part for part in prepared}
    files = tuple(_explained(judged.get(file, file), by_role, options) for file in written)
    return Report(folder, model, files, {part.role: part.contract for part in prepared}, origin)


def _written(part: Part, name: str, folder: Path, options: Mapping[str, Any]) -> Exported:
    path = formats.file_name(part.role, name)
    requires = part.requires if name in ("keras", "h5") else ()
    try:
        formats.load(name).write(part, folder / path, options)
    except OSError:
        raise
    except UsageError:
        raise
    except ExportError as error:
        return Exported(part.role, name, path, verdict="refused", problem=str(error))
    except Exception as error:  # converters raise whatever they meet
        said = f"it cannot be written: {' '.join(str(error).split())[:300]}"
        return Exported(part.role, name, path, verdict="refused", problem=said)
    return Exported(
        part.role, name, path, size(folder / path), digest(folder / path), requires=requires
    )


def _asked(files: Sequence[Exported]) -> list[dict[str, str]]:
    return [{"part": file.part, "format": file.format, "path": file.path} for file in files]


def _judged(file: Exported, answer: Mapping[str, Any]) -> Exported:
    problem = str(answer["problem"])
    return replace(
        file,
        difference=answer["difference"],
        verdict="different" if problem else "equal",
        problem=problem,
        runtime=str(answer["runtime"]),
    )


def _explained(file: Exported, by_role: Mapping[str, Part], options: Mapping[str, Any]) -> Exported:
    """Find the layer at fault where the error does not name one already."""
    if file.ok or "layer '" in file.problem or "operation '" in file.problem:
        return file
    found = blame(by_role[file.part], file.format, options)
    return replace(file, problem=f"{file.problem}. {found}".strip())


def _publish(report: Report, temporary: Path, folder: Path) -> None:
    """Rename the files that are equal into place, with the report, the probe and a README."""
    from zoo.readme import readme

    ready = temporary / "ready"
    ready.mkdir()
    kept = replace(report, files=tuple(file for file in report.files if file.ok))
    for name in [*(file.path for file in kept.files), "probe.npz"]:
        os.rename(temporary / name, ready / name)
    (ready / "report.json").write_text(json.dumps(kept.to_json(), indent=2) + "\n", "utf-8")
    (ready / "README.md").write_text(readme(kept), "utf-8")
    move(ready, folder)


def _told(report: Report) -> Report:
    """Give the report back, or raise what is wrong in it."""
    wrong = [file for file in report.files if not file.ok]
    if not wrong:
        return report
    lines = [f"{file.part} as {file.format}: {file.problem}" for file in wrong]
    kept = len(report.files) - len(wrong)
    after = f" The {kept} other files are equal and in {report.folder}." if kept else ""
    raise ExportError("\n".join(lines) + after)


def _unchanged(folder: Path, file: Exported) -> bool:
    path = folder / file.path
    return path.exists() and digest(path) == file.sha256


def _known(names: Sequence[str]) -> list[str]:
    """Check the formats' names before anything long begins."""
    shelf = Shelf(FORMATS)
    names = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    for name in names:
        shelf.entry(name)
    if not names:
        raise UsageError(f"Name at least one format: {', '.join(shelf.names())}.")
    return names


def _opened(
    source: str | Path | Run | keras.Model,
) -> tuple[dict[str, keras.Model], str, dict[str, str], Path | None]:
    """Give the parts of whatever is to be exported, its name, its origin and its default folder."""
    import keras

    from zoo.models import loaded

    origin = {"zoo": version("keras-zoo")}
    if isinstance(source, keras.Model):
        return {"model": source}, source.name, origin | {"weights": _hash(source)}, None
    if isinstance(source, str | Path) and Path(source).suffix == ".keras":
        model = _from_file(Path(source))
        return {"model": model}, str(source), origin | {"weights": _hash(model)}, None
    run = Run.open(source)
    chosen, model = loaded(run)
    made = chosen.architecture.export(model, chosen.config)
    origin |= {
        "model": run.name,
        "architecture": f"{chosen.architecture.name} ({chosen.architecture.package})",
        "weights": _hash(model),
        "preprocessing": str(run.record["dataset"].get("preprocessing", "")),
        "classes": json.dumps(run.record["dataset"].get("classes")),
    }
    return made, run.name, origin, run.path / "export"


def _from_file(path: Path) -> keras.Model:
    import keras

    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    check_model_file(path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise UsageError(
            f"{path} cannot be opened: {' '.join(str(error).split())[:300]}"
        ) from error


def _hash(model: keras.Model) -> str:
    """Hash all weights in order."""
    total = hashlib.sha256()
    for array in model.get_weights():
        total.update(f"{array.dtype}{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _check_free(folder: Path) -> None:
    """Refuse to replace a folder that holds anything but an earlier export."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file. Give a folder.")
    present = {item.name for item in folder.iterdir()}
    if not present:
        return
    if "report.json" not in present:
        raise UsageError(
            f"{folder} is not empty and holds no export. Give a new or an empty folder."
        )
    ours = _OURS | {file.path for file in Report.read(folder).files}
    if others := sorted(present - ours):
        raise UsageError(
            f"{folder} holds {others[0]!r} beside an export, and would be replaced. Give a new folder."
        )


def _elsewhere(
    source: Any, models: Mapping[str, Any], names: list[str], folder: Path, opset: int | None
) -> Report:
    """Export in a process with the TensorFlow backend; from others Keras writes wrong ONNX."""
    import tempfile

    import keras

    with tempfile.TemporaryDirectory() as temporary:
        if isinstance(source, keras.Model):
            source = Path(temporary) / "model.keras"
            models["model"].save(source)
        where = (
            source.path
            if isinstance(source, Run)
            else Run.open(source).path
            if not str(source).endswith(".keras")
            else source
        )
        command = [sys.executable, "-P", "-m", "zoo", "export", str(where), "--to", ",".join(names)]
        command += ["--out", str(folder)] + (["--opset", str(opset)] if opset else [])
        done = subprocess.run(
            command,
            env={**os.environ, "KERAS_BACKEND": "tensorflow"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        kind = UsageError if done.returncode == 2 else ExportError
        raise kind(done.stderr.strip().removeprefix("Error: "))
    return Report.read(folder)
