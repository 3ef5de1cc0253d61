"""The report beside exported files: what was compared, how, and with what result.

report.json   contracts, files with their SHA-256, a verdict for each file in each runtime
probe.npz     the inputs that every file was run on, and the original's outputs
README.md     ten lines of code for each format
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from zoo.errors import RunError, UnknownName, UnsafeFile, brief
from zoo.exporters.output.exported_file import ExportedFile
from zoo.exporters.parts.contract import Contract, check_contracts
from zoo.io.foreign.plain_file import check_names, is_inside
from zoo.io.recovery import recover
from zoo.io.tables.shown_table import Rows, ShownTable
from zoo.io.text import read_json

__all__ = ["ABSOLUTE", "RELATIVE", "ExportedFile", "Report"]

ABSOLUTE = 1e-5  # |a - b| <= ABSOLUTE + RELATIVE |b|
RELATIVE = 1e-4
_PLACES = ("path", "data", "test_data")  # of a file, relative to the report's folder


@dataclass(frozen=True, repr=False)
class Report(ShownTable):
    """The result of an export or of a verification.

    `contracts` has the inputs and outputs of each part by role, `origin` facts about the model.
    `without_ratio` says for each part that cannot be evaluated in float64 why not, and `without_measures`
    why an approximate file has no measures of the task. `probe_sha256` is the
    digest of probe.npz.

    Example:
        >>> report = zoo.export("cnn.digits", formats=["onnx"], out="shipped")
        >>> report.ok, report["classifier", "onnx"].path
        (True, 'shipped/classifier.onnx')
    """

    folder: Path
    model: str
    files: tuple[ExportedFile, ...]
    contracts: dict[str, Contract]
    origin: dict[str, str]
    without_ratio: dict[str, str] = field(default_factory=dict)
    probe_sha256: str = ""
    without_measures: str = ""

    @property
    def ok(self) -> bool:
        """Whether every file was found equal, or near in an approximate format, wherever it was run."""
        return bool(self.files) and all(file.ok and not file.problems for file in self.files)

    @property
    def verdict(self) -> str:
        """The weakest verdict of a file: different, not run, approximate or equal."""
        if not self.files or any(file.problems for file in self.files):
            return "different"
        verdicts = {file.verdict for file in self.files}
        return next((each for each in ("not run", "approximate") if each in verdicts), "equal")

    def __getitem__(self, key: tuple[str, str]) -> ExportedFile:
        """Return the file of a part in a format, ["classifier", "onnx"]; its paths open from here.

        Raises:
            UnknownName: there is no such file.
        """
        files = {f"{file.part} as {file.format}": file for file in self.files}
        if (name := " as ".join(key)) not in files:
            raise UnknownName("file", name, files)
        places = {at: getattr(files[name], at) for at in _PLACES}
        whole: dict[str, Any] = {at: p and str(self.folder / p) for at, p in places.items()}
        return replace(files[name], **whole)

    @property
    def missing(self) -> dict[str, str]:
        """What each runtime lacks that is not available, by its name."""
        verdicts = [verdict for file in self.files for verdict in file.verdicts]
        return {each.runtime: each.problem for each in verdicts if each.verdict == "not available"}

    def _title_and_rows(self) -> tuple[str, Rows]:
        head = ("part", "format", "verdict", "largest difference", "checked with")
        title = f"{self.model} in {self.folder}: {self.verdict if self.files else 'no files'}"
        return title, [head, *(file.row() for file in self.files)]

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "model": self.model,
            "verdict": self.verdict,
            "tolerance": {"absolute": ABSOLUTE, "relative": RELATIVE},
            "origin": self.origin,
            "parts": {role: contract.to_json() for role, contract in self.contracts.items()},
            "without_ratio": self.without_ratio,
            "probe_sha256": self.probe_sha256,
            "without_measures": self.without_measures,
            "files": [asdict(file) for file in self.files],
        }

    @classmethod
    def read(cls, folder: Path) -> Report:
        """Read the report.json of a folder.

        Raises:
            RunError: there is none, or it is broken.
            UnsafeFile: it names a file outside the folder.
        """
        path = folder / "report.json"
        recover(folder)
        try:
            stored = _read_content(path, folder)
        except OSError as error:
            raise RunError(
                f"{folder} holds no export: {path.name} cannot be read ({error.strerror})."
            ) from error
        except ValueError as error:
            raise RunError(f"{path} is no report of an export: {error}.") from error
        report = cls(
            folder,
            stored.model,
            stored.files,
            stored.parts,
            stored.origin,
            stored.without_ratio,
            stored.probe_sha256,
            stored.without_measures,
        )
        for name in [name for file in report.files for name in file.paths]:
            if not is_inside(folder / name, folder):
                raise UnsafeFile(f"{path} names a file outside its folder: {name!r}.")
        return report


_MOST_FILES = 500  # of all parts in all formats; each is opened in processes of its own


@dataclass(frozen=True)
class _Content:
    """The content of report.json that is read again."""

    model: str
    files: tuple[ExportedFile, ...]
    parts: dict[str, Contract]
    origin: dict[str, str]
    without_ratio: dict[str, str] = field(default_factory=dict)
    probe_sha256: str = ""
    without_measures: str = ""


def _read_content(path: Path, folder: Path) -> _Content:
    """Return the content of a report, with every type checked.

    Raises:
        OSError: it cannot be opened.
        UnsafeFile: it is too large, too deep, or no plain file.
        ValueError: it is no JSON, something is missing or of the wrong type, or it has too many files.
    """
    from pydantic import TypeAdapter, ValidationError

    value = read_json(path, folder)
    try:
        content = TypeAdapter(_Content).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "it"
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{place}: {message}. Received: {brief(first['input'])}") from error
    if len(content.files) > _MOST_FILES:
        raise ValueError(f"files: {len(content.files):,}, at most {_MOST_FILES} are expected")
    if len({(file.part, file.path) for file in content.files}) < len(content.files):
        raise ValueError("files: a path of a part occurs twice")
    check_names(each for file in content.files for each in file.paths)
    check_contracts(content.parts)
    return content
