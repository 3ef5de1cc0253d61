"""The lines for each language run a file as they stand: each in its own toolchain."""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import keras
import pytest

import zoo
from tests.runtimes.programs.conftest import BIASES, two_inputs, use_real_cache
from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.report import Report
from zoo.runtimes.group import load_runtime, missing_parts
from zoo.runtimes.programs import browser
from zoo.runtimes.programs.onnxruntime_library import library_path

pytestmark = [pytest.mark.usefixtures("real_cache"), pytest.mark.timeout(900)]

Run = Callable[[str, Path], str]
"""A function from the lines and the built program's folder to what they print, in the files' folder."""


def run(*command: str, **variables: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout


def run_node(lines: str, built: Path) -> str:
    Path("node_modules").symlink_to(built / "node_modules")
    Path("example.mjs").write_text(lines)
    return run("node", "example.mjs")


def run_browser(lines: str, built: Path) -> str:
    Path("node_modules").symlink_to(built / "node_modules")
    Path("example.html").write_text(lines)
    with server() as address:
        return run(
            str(browser.find_browser()),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=20000",
            "--user-data-dir=profile",
            "--dump-dom",
            f"{address}/example.html",
        )


def run_rust(lines: str, built: Path) -> str:
    shutil.copytree(built, ".", dirs_exist_ok=True)
    Path("examples").mkdir()
    Path("examples/example.rs").write_text(lines)
    command = ("cargo", "run", "--quiet", "--offline", "--example", "example")
    return run(*command, ORT_DYLIB_PATH=library_path())


def run_go(lines: str, built: Path) -> str:
    for name in ("go.mod", "go.sum"):
        shutil.copy(built / name, name)
    Path("main.go").write_text(lines)
    return run("go", "run", ".", ORT_DYLIB_PATH=library_path())


def run_java(lines: str, built: Path) -> str:
    Path("Example.java").write_text(lines)
    return run(
        "java", "-XX:TieredStopAtLevel=1", "-cp", f"{built}/target/libraries/*", "Example.java"
    )


RUNNERS: dict[str, Run] = {
    "browser": run_browser,
    "dl4j": run_java,
    "go": run_go,
    "java": run_java,
    "node": run_node,
    "rust": run_rust,
    "tensorflow-java": run_java,
}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def server() -> Iterator[str]:
    """Serve the working directory, and yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """An export that was run in every program that is available here."""
    with pytest.MonkeyPatch.context() as patch:
        use_real_cache(patch)
        available = [name for name in RUNNERS if not missing_parts(name)]
        out = tmp_path_factory.mktemp("lines") / "shipped"
        formats = ["onnx", "saved-model", "dl4j"]
        return zoo.export(two_inputs(), formats, out=out, runs_in=available)


@pytest.mark.parametrize("name", sorted(RUNNERS))
def test_the_lines_of_the_readme_run_the_file(name: str, shipped: Report) -> None:
    if missing := missing_parts(name):
        pytest.skip(missing)
    module: Any = load_runtime(name)
    (verdict,) = [v for file in shipped.files for v in file.verdicts if v.runtime == name]
    assert verdict.verdict == "equal", verdict.problem
    text = (shipped.folder / "README.md").read_text()
    heading = rf"In {re.escape(verdict.version)}:\n\n```{module.LANGUAGE}\n(.*?)```"
    (lines,) = re.findall(heading, text, re.DOTALL)
    assert len(lines.splitlines()) <= 40
    assert "zoo" not in lines
    shutil.copytree(shipped.folder, ".", dirs_exist_ok=True)
    printed = RUNNERS[name](lines, module.PROGRAM.build())
    for value in BIASES:
        assert str(value) in printed


CONTRACT = Contract(
    (Tensor("words", "int32", ("batch", "time")), Tensor("size", "float32", ("batch", 784))),
    (Tensor("ids", "int64", ("batch", "time")),),
)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "node",
            [
                '  "words": new ort.Tensor("int32", new Int32Array(64), [1, 64]),',
                '  "size": new ort.Tensor("float32", new Float32Array(784), [1, 784]),',
            ],
        ),
        (
            "rust",
            [
                '        "words" => Tensor::from_array(([1, 64], vec![0i32; 64]))?,',
                '    println!("ids {:?}", outputs["ids"].try_extract_tensor::<i64>()?);',
            ],
        ),
        (
            "go",
            [
                "		must(ort.NewTensor(ort.NewShape(1, 64), make([]int32, 64))), // words",
                "		must(ort.NewTensor(ort.NewShape(1, 784), make([]float32, 784))), // size",
            ],
        ),
    ],
)
def test_the_lines_have_the_names_dtypes_and_shapes_of_the_contract(
    name: str, lines: list[str]
) -> None:
    module: Any = load_runtime(name)
    code = module.example(CONTRACT, "my image.onnx").splitlines()
    assert [line for line in lines if line in code] == lines
    assert any('"my image.onnx"' in line for line in code)


def test_a_dtype_that_a_language_lacks_leaves_no_lines() -> None:
    module: Any = load_runtime("java")
    contract = Contract((Tensor("mask", "bool", ("batch",)),), CONTRACT.outputs)
    assert module.example(contract, "x.onnx") == ""


@pytest.mark.parametrize("name", sorted(RUNNERS))
def test_the_lines_name_the_version_that_is_tested(name: str) -> None:
    module: Any = load_runtime(name)
    version = re.search(r" (\d\S+)", module.version())
    contract = Contract((Tensor("image", "float32", ("batch", 4)),), ())
    assert version is not None
    assert version[1] in "".join(module.example(contract, "x").splitlines()[:2])


def test_the_lines_of_java_print_outputs_of_any_rank() -> None:
    if missing := missing_parts("java"):
        pytest.skip(missing)
    inputs = keras.Input((4,), name="inputs")
    total = keras.layers.Dense(1, bias_initializer="ones")(inputs)
    model = keras.Model(inputs, keras.layers.Reshape((), name="total")(total))
    report = zoo.export(model, ["onnx"], out="shipped")
    assert report.contracts["model"].outputs[0].shape == ("batch",)
    java: Any = load_runtime("java")
    lines = java.example(report.contracts["model"], "shipped/model.onnx")
    assert "total [[1.0]]" in run_java(lines, java.PROGRAM.build())
