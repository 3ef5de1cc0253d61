"""Hostile exports into `zoo verify`: each is refused with a message, writes nothing outside, and ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import zoo
from tests.exporters.trust import hostile_onnx, hostile_saved_model
from zoo.errors import UnsafeFile, ZooError
from zoo.exporters.trust.graphs import check_graph
from zoo.io.digest import file_digest

LONGEST = 100  # seconds, on a busy machine; the limits are of processor time
LIMITS = "cage_seconds=4,graph_fields=50000,export_files=60"


@pytest.fixture(scope="module", autouse=True)
def limits() -> Iterator[None]:
    """Set the same limits for all tests, so that they use the same process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_LIMITS", LIMITS)
        yield


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export one small model as four files."""
    inputs = keras.Input((4,), name="inputs")
    model = keras.Model(inputs, keras.layers.Dense(3, name="scores")(inputs))
    model.layers[1].set_weights([np.eye(4, 3, dtype="float32"), np.zeros(3, "float32")])
    folder = tmp_path_factory.mktemp("honest") / "export"
    return zoo.export(model, ["keras", "saved-model", "onnx"], out=folder).folder


@pytest.fixture
def export(honest: Path, tmp_path: Path) -> Path:
    """Copy the honest export."""
    return Path(shutil.copytree(honest, tmp_path / "export"))


def read_report(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "report.json").read_text()))


def write_report(folder: Path, report: dict[str, Any]) -> None:
    (folder / "report.json").write_text(json.dumps(report))


def keep(folder: Path, format_name: str) -> None:
    """Leave one file in the report, with the digests that it has now: a stranger writes what fits."""
    report = read_report(folder)
    report["files"] = [file for file in report["files"] if file["format"] == format_name]
    for file in report["files"]:
        if (folder / file["path"]).exists():
            file["sha256"] = safe_digest(folder / file["path"])
            file["bytes"] = 0  # as in a report of an older version
        if (folder / f"{file['path']}.data").exists():
            file["data"] = f"{file['path']}.data"
            file["data_sha256"] = ""
    write_report(folder, report)


def safe_digest(path: Path) -> str:
    """Return the digest, or nothing where there is a pipe, a socket or a device."""
    files = [path] if path.is_file() else [item for item in path.rglob("*") if not item.is_dir()]
    plain = all(item.is_file() and not item.is_symlink() for item in files)
    return file_digest(path) if plain else ""


def message_of(folder: Path) -> str:
    """Verify an export that must be refused; return the message."""
    start = time.monotonic()
    with pytest.raises(ZooError) as caught:
        zoo.verify(folder)
    assert time.monotonic() - start < LONGEST
    return str(caught.value)


@pytest.mark.parametrize("name", hostile_onnx.CASES)
def test_a_hostile_onnx_file_is_refused(name: str, export: Path) -> None:
    change, expected = hostile_onnx.CASES[name]
    change(export)
    keep(export, "onnx")
    assert re.search(expected, message_of(export))


@pytest.mark.parametrize("name", hostile_saved_model.CASES)
def test_a_hostile_saved_model_is_refused(name: str, export: Path, tmp_path: Path) -> None:
    canary = tmp_path / "outside" / "canary"
    canary.parent.mkdir()
    change, expected = hostile_saved_model.CASES[name]
    change(next(export.rglob("saved_model.pb")).parent, str(canary))
    keep(export, "saved-model")
    assert re.search(expected, message_of(export))
    assert not list(canary.parent.glob("canary*"))


def set_of_file(key: str, value: Any) -> Callable[[Path], None]:
    """Return a change of one entry of the first file in report.json."""

    def change(folder: Path) -> None:
        report = read_report(folder)
        report["files"][0][key] = value
        write_report(folder, report)

    return change


def set_entry(key: str, value: Any) -> Callable[[Path], None]:
    """Return a change of one entry of report.json."""
    return lambda folder: write_report(folder, {**read_report(folder), key: value})


def set_probe(change: Callable[[str, Any], Any]) -> Callable[[Path], None]:
    """Return a change of the probe's arrays, with the digest that fits."""

    def apply(folder: Path) -> None:
        with np.load(folder / "probe.npz") as arrays:
            changed = {name: change(name, arrays[name]) for name in arrays.files}
        np.savez(folder / "probe.npz", **changed)
        write_report(
            folder, {**read_report(folder), "probe_sha256": file_digest(folder / "probe.npz")}
        )

    return apply


def replace_by(name: str, make: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Return a change of one file into something else."""

    def change(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return change


def set_contract(key: str, value: Any) -> Callable[[Path], None]:
    """Return a change of the first input in report.json."""

    def change(folder: Path) -> None:
        report = read_report(folder)
        report["parts"]["model"]["inputs"][0][key] = value
        write_report(folder, report)

    return change


def put_socket(folder: Path) -> None:
    """Put a socket beside the files; its path must be short."""
    here = os.getcwd()
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.bind("s")
    os.chdir(here)


def deep_folders(folder: Path) -> None:
    path = folder / "/".join(["d"] * 30)
    path.mkdir(parents=True)


def many_files(folder: Path) -> None:
    for number in range(70):
        (folder / f"{number}").touch()


def sparse(path: Path) -> None:
    """Write a file of 1 TiB that takes no place on the disk."""
    path.touch()
    os.truncate(path, 2**40)


FOLDERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "module_of_python": (set_of_file("requires", ["os"]), "the module 'os'"),
    "module_that_runs": (set_of_file("requires", ["zoo.__main__"]), "'zoo.__main__'"),
    "private_module": (set_of_file("requires", ["zoo_cnn._x"]), "the module 'zoo_cnn._x'"),
    "modules_that_are_a_text": (set_of_file("requires", "os"), r"files\.0\.requires"),
    "path_that_is_a_number": (set_of_file("path", 5), r"files\.0\.path"),
    "bytes_that_are_a_text": (set_of_file("bytes", "many"), r"files\.0\.bytes"),
    "verdicts_of_a_wrong_type": (set_of_file("verdicts", [{"runtime": 1}]), r"files\.0\.verdicts"),
    "digest_that_is_a_list": (set_of_file("sha256", []), r"files\.0\.sha256"),
    "path_outside": (set_of_file("path", "../secret"), "outside its folder"),
    "path_at_the_root": (set_of_file("path", "/etc/passwd"), "outside its folder"),
    "data_outside": (set_of_file("data", "../secret"), "outside its folder"),
    "unknown_format": (set_of_file("format", "pickle"), "pickle"),
    "unknown_part": (set_of_file("part", "other"), "no probe"),
    "files_that_are_a_text": (set_entry("files", "all"), r"files"),
    "files_that_are_numbers": (set_entry("files", [1]), r"files\.0"),
    "no_files": (set_entry("files", []), "Name at least one format"),
    "model_that_is_a_list": (set_entry("model", []), "model"),
    "parts_that_are_a_list": (set_entry("parts", [1]), "parts"),
    "shape_of_a_wrong_type": (
        set_entry("parts", {"model": {"inputs": [{"name": 1}], "outputs": []}}),
        r"parts\.model\.inputs",
    ),
    "origin_of_a_wrong_type": (set_entry("origin", {"a": [1]}), r"origin\.a"),
    "report_that_is_a_list": (replace_by("report.json", lambda p: p.write_text("[]")), "no report"),
    "report_that_is_no_json": (replace_by("report.json", lambda p: p.write_text("{")), "no report"),
    "report_of_random_bytes": (
        replace_by("report.json", lambda p: p.write_bytes(os.urandom(99))),
        "no report",
    ),
    "very_deep_report": (replace_by("report.json", lambda p: p.write_text("[" * 10**5)), "nested"),
    "very_long_number": (
        replace_by("report.json", lambda p: p.write_text(f'{{"model": {"1" * 10**5}}}')),
        "digits",
    ),
    "report_that_is_a_pipe": (replace_by("report.json", os.mkfifo), "named pipe"),
    "report_that_is_a_device": (
        replace_by("report.json", lambda p: p.symlink_to("/dev/zero")),
        "device|link",
    ),
    "probe_that_is_a_pipe": (replace_by("probe.npz", os.mkfifo), "named pipe"),
    "probe_that_is_a_link": (
        replace_by("probe.npz", lambda p: p.symlink_to("/etc/passwd")),
        "link",
    ),
    "probe_that_is_missing": (replace_by("probe.npz", lambda p: None), "no probe.npz"),
    "probe_that_was_changed": (
        replace_by("probe.npz", lambda p: np.savez(p, x=np.zeros(3))),
        "not the file that was written",
    ),
    "probe_of_nan": (set_probe(lambda name, array: np.full_like(array, np.nan)), "NaN"),
    "probe_with_outputs_of_nan": (
        set_probe(lambda name, array: array if "/in/" in name else np.full_like(array, np.nan)),
        "NaN",
    ),
    "constant_probe": (
        set_probe(lambda name, array: np.zeros_like(array)),
        "the same for every input",
    ),
    "probe_of_texts": (set_probe(lambda name, array: array.astype(str)), "refuses|probe"),
    "deep_folders": (deep_folders, "nested folders"),
    "many_files": (many_files, "files and folders in an export"),
    "file_of_another_size": (set_of_file("bytes", 7), "not the file that was written"),
    "sparse_file": (lambda folder: sparse(folder / "more"), "declares 1048576 MiB"),
    "path_that_is_the_folder": (set_of_file("path", "."), "folder|refuse|not"),
    "path_that_is_empty": (set_of_file("path", ""), "folder|refuse|not"),
    "path_of_a_megabyte": (set_of_file("path", "x/" * 500_000), "is no path of a file"),
    "path_with_a_zero": (set_of_file("path", "a\0b"), "is no path of a file"),
    "format_that_is_a_path": (set_of_file("format", "../../x"), r"\.\./\.\./x"),
    "bytes_below_0": (set_of_file("bytes", -5), "bytes|not the file"),
    "600_files": (
        lambda folder: write_report(
            folder, {**read_report(folder), "files": read_report(folder)["files"] * 600}
        ),
        "files",
    ),
    "shape_below_0": (set_contract("shape", [-1, -1]), "shape|parts|not"),
    "dtype_of_objects": (set_contract("dtype", "object"), "dtype|parts|not|object"),
    "dtype_of_a_megabyte": (set_contract("dtype", "x" * 2**20), "dtype|parts|not"),
    "probe_of_objects_as_text": (set_probe(lambda name, array: array.astype("S")), "refuses|probe"),
    "probe_of_complex_numbers": (set_probe(lambda name, array: array * 1j), "refuses|probe|differ"),
    "probe_of_infinite_numbers": (
        set_probe(lambda name, array: np.full_like(array, np.inf)),
        "NaN|infin|finite",
    ),
    "probe_of_another_rank": (
        set_probe(lambda name, array: array[..., None]),
        "refuses|probe|shape",
    ),
    "probe_without_examples": (set_probe(lambda name, array: array[:0]), "refuses|probe|no "),
    "signature_that_is_a_pipe": (lambda folder: os.mkfifo(folder / "model.sig"), "named pipe"),
    "socket": (put_socket, "socket"),
    "link_to_a_folder": (lambda folder: (folder / "l").symlink_to("/etc"), "a link to a folder"),
    "link_to_itself": (
        lambda folder: (folder / "l").symlink_to(folder / "l"),
        "cannot|link|Too many",
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_hostile_folder_is_refused(name: str, export: Path) -> None:
    keep(export, "onnx")
    change, expected = FOLDERS[name]
    change(export)
    assert re.search(expected, message_of(export))


def test_the_honest_export_passes_and_says_in_what_cage(export: Path) -> None:
    report = zoo.verify(export)
    assert report.ok
    for file in report.files:
        (verdict,) = file.verdicts
        assert "checked operators" in verdict.protection
        assert "clean environment" in verdict.protection


def test_an_export_in_the_cache_of_the_hub_passes(export: Path, tmp_path: Path) -> None:
    blobs, snapshot = tmp_path / "model" / "blobs", tmp_path / "model" / "snapshots" / "abc"
    blobs.mkdir(parents=True)
    shutil.copytree(export, snapshot)
    for number, file in enumerate(path for path in snapshot.rglob("*") if path.is_file()):
        file.rename(blobs / f"{number}")
        file.symlink_to(os.path.relpath(blobs / f"{number}", file.parent))
    assert zoo.verify(snapshot).ok


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="other systems have fewer walls")
def test_the_cage_holds_where_the_check_of_operators_fails(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoo.exporters.proof.file_verdicts.find_danger", lambda *arguments: "")
    canary = tmp_path / "canary"
    for compute in (hostile_saved_model.writes_a_file, hostile_saved_model.reads_a_file):
        hostile_saved_model.save(next(export.rglob("saved_model.pb")).parent, compute, str(canary))
        keep(export, "saved-model")
        assert re.search("ermission denied|not permitted", message_of(export))
        assert not canary.exists()


def test_hdf5_is_checked_before_java_opens_it(tmp_path: Path) -> None:
    (path := tmp_path / "model.dl4j.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(1000))
    with pytest.raises(UnsafeFile, match=r"model\.dl4j\.h5"):
        check_graph(path, "dl4j")


@pytest.mark.parametrize("name", ["model.xml", "model.bin", "model"])
def test_openvino_opens_no_onnx_file_of_another_name(name: str, export: Path) -> None:
    (export / "model.onnx").rename(path := export / f"of_{name}")
    with pytest.raises(UnsafeFile, match="it is no XML"):
        check_graph(path, "openvino")


def test_more_than_sixty_hostile_exports() -> None:
    assert len(hostile_onnx.CASES) + len(hostile_saved_model.CASES) + len(FOLDERS) >= 100
