"""What every test starts from: an empty working directory, a few real digits, one trained run."""

from __future__ import annotations

import importlib
import logging
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import zoo
from zoo.cli import main
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.entry_points import forget_entry_points
from zoo.io import pictures
from zoo.registry.architecture import Architecture
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.registry.hookspecs import OPTIONAL, REQUIRED


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test, and the fixtures that it is the first to use, have the same weights each time.

    Keras draws the seeds of weights and layers that have none from Python's generator.
    """
    random.seed(item.nodeid)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty directory, with nothing taken from the user's environment but ZOO_DATA."""
    if "ZOO_DATA" in os.environ:
        monkeypatch.setenv("ZOO_DATA", str(Path(os.environ["ZOO_DATA"]).resolve()))
    for name in ("ZOO_RUNS", "ZOO_REGISTRY", "ZOO_TRACEBACK", "ZOO_PACKAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path.with_name(f"{tmp_path.name}-cache")))
    monkeypatch.chdir(tmp_path)
    catalog.cache_clear()


TESTS = Path(__file__).parent
WITHOUT_DRAWING = {
    "bulk", "compute", "data", "descriptions", "exporters", "extensions", "hostile", "inference", "registry",
    "runs", "sweeps", "weights",
}  # fmt: skip


@pytest.fixture
def drawing() -> None:
    """Ask for real pictures in a folder without drawing."""


@pytest.fixture(autouse=True)
def without_drawing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave figures blank in tests that look at no picture: drawing takes half of a tiny training."""
    folder = request.path.relative_to(TESTS).parts[0]
    if folder in WITHOUT_DRAWING and "drawing" not in request.fixturenames:
        monkeypatch.setattr(pictures, "_render", lambda figure: Image.new("RGB", (8, 8)))


@pytest.fixture(scope="session")
def tiny() -> Dataset:
    """48 digits to train on, 24 held out."""
    full = open_dataset("digits")
    return Dataset(
        "tiny",
        full.train.take(slice(48)),
        full.test.take(slice(24)),
        full.classes,
        full.preprocessing,
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> zoo.Run:
    """A small perceptron's run on the tiny digits; read it, do not change it."""
    out = tmp_path_factory.mktemp("trained") / "run"
    return zoo.train("mlp", data=tiny, out=out, seed=3, units=[8], epochs=2, batch_size=16)


@pytest.fixture(scope="session")
def exported(trained: zoo.Run, tmp_path_factory: pytest.TempPathFactory) -> zoo.Run:
    """A copy of the small run, exported as ONNX and verified; read it, do not change it."""
    folder = tmp_path_factory.mktemp("exported") / "run"
    shutil.copytree(trained.path, folder)
    zoo.export(folder, ["onnx"])
    return zoo.Run.open(folder)


Install = Callable[..., Path]


def forget_installed() -> None:
    """Make the zoo look again at what is installed."""
    forget_entry_points()
    for known in (registry, catalog):
        known.cache_clear()


@pytest.fixture
def install(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Install]:
    """Put made-up packages where pip would, for one test, and for the processes that it starts.

    install("zoo-net", {"zoo_net.py": code}, {"zoo.architectures": "net = zoo_net"}) gives the folder.
    """
    site = tmp_path_factory.mktemp("site")
    monkeypatch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
    monkeypatch.syspath_prepend(site)
    before = set(sys.modules)

    def put(package: str, files: Mapping[str, str], points: Mapping[str, str]) -> Path:
        sections = "".join(f"[{group}]\n{lines}\n" for group, lines in points.items())
        metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        about = f"{package.replace('-', '_')}-1.0.dist-info"
        written = {**files, f"{about}/METADATA": metadata, f"{about}/entry_points.txt": sections}
        for name, text in written.items():
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_text(text, "utf-8")
        importlib.invalidate_caches()
        forget_installed()
        return site

    yield put
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(site)):
            del sys.modules[name]
    forget_installed()


def plugin(name: str = "zoo_stranger", **hooks: Any) -> ModuleType:
    """Make a plug-in's module: the perceptron's hooks, some replaced, or left out where None is given."""
    import zoo_mlp

    module = ModuleType(name, "A plug-in of a test.")
    for hook in (*REQUIRED, *OPTIONAL):
        function = hooks.pop(hook, getattr(zoo_mlp, hook, None))
        if function is not None:
            setattr(module, hook, zoo.hookimpl(function))
    vars(module).update(hooks)
    return module


@pytest.fixture
def register() -> Iterator[Callable[..., Architecture]]:
    """Register a plug-in of this process, by the name `stranger`, for one test."""
    forget_installed()
    yield lambda **hooks: registry().register(plugin(**hooks), "stranger")
    forget_installed()


Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Type a command: its exit code, and what it says on both streams."""

    def typed(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["zoo", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main.main()
        logging.getLogger("zoo").propagate = True  # for other tests in this process
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return typed
