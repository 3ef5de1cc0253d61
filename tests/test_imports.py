"""What importing costs, and who may import what, seen by interpreters that have imported nothing."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import zoo

ROOT = Path(__file__).parents[1]
HEAVY = {
    "keras",
    "tensorflow",
    "jax",
    "numpy",
    "pydantic",
    "onnx",
    "onnxruntime",
    "h5py",
    "matplotlib",
}
ALLOWED = {"zoo", "keras", "numpy", "pydantic", "sklearn", "skimage", "PIL", "matplotlib"}
PLUGINS = sorted([*ROOT.glob("plugins/**/*.py"), *ROOT.glob("examples/*/zoo_*/**/*.py")])


def imported_by(code: str) -> set[str]:
    """Run code in a clean interpreter; give the top-level modules that it left in sys.modules."""
    told = "import json, sys; print(json.dumps([m for m in sys.modules if '.' not in m]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{told}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import zoo",
        "import zoo; zoo.list_models(); zoo.list_architectures(); zoo.hookimpl; zoo.ZooError",
        "import zoo; zoo.list_datasets()",
        "from zoo.cli.main import zoo; zoo(['list'], standalone_mode=False)",
        "from zoo.cli.main import zoo; zoo(['list', 'cnn*', '--json'], standalone_mode=False)",
        "from zoo.cli.main import zoo; zoo(['plugins'], standalone_mode=False)",
        "from zoo.cli.main import zoo; [zoo([each, '-h'], standalone_mode=False) for each in zoo.commands]",
        "from zoo.cli.main import zoo; zoo(['--help'], standalone_mode=False)",
        "from zoo.cli.options import complete_model; print(complete_model(None, None, 'c'))",
        "from zoo.cli.options import complete_run; print(complete_run(None, None, 'c'))",
    ],
)
def test_looking_things_up_imports_nothing_heavy(code: str) -> None:
    assert not imported_by(code) & HEAVY


def test_looking_at_runs_imports_nothing_heavy(trained: zoo.Run) -> None:
    Path("runs").mkdir()
    for name in ("one", "two"):
        Path("runs", name).symlink_to(trained.path)
    for words in (["runs"], ["runs", "--json"], ["compare", "one", "two"]):
        code = f"from zoo.cli.main import zoo; zoo({words}, standalone_mode=False)"
        assert not imported_by(code) & HEAVY


@pytest.mark.slow
def test_apply_imports_no_more_than_it_uses(trained: zoo.Run) -> None:
    Image.new("L", (8, 8)).save("digit.png")
    words = ["apply", str(trained.path), "digit.png"]
    modules = imported_by(f"from zoo.cli.main import zoo; zoo({words}, standalone_mode=False)")
    assert "keras" in modules
    assert not modules & {"onnx", "tf2onnx", "onnxruntime", "skimage", "jinja2", "tensorboard"}


def test_a_config_needs_no_keras() -> None:
    assert not imported_by("import zoo; zoo.Config, zoo.Dataset, zoo.Run") & {"keras", "tensorflow"}


def test_the_public_names_are_these() -> None:
    assert zoo.__all__ == sorted(zoo.__all__, key=lambda name: (name.islower(), name))
    assert set(zoo.__all__) == {
        "CatalogError", "ClassNames", "Config", "DataError", "Dataset", "Description",
        "ExportError", "Fraction", "Measure", "PluginError", "Report", "Run", "RunError", "RunInfo",
        "SettingError", "Split", "TrainingError", "UnknownName", "UnsafeFile", "UsageError", "Values",
        "WeightsError", "WithoutData", "WriteError", "ZooError", "apply", "compare", "create", "describe",
        "has_no_data", "evaluate", "explain", "export", "gallery", "hookimpl", "list_architectures",
        "list_datasets", "list_models", "load", "open", "open_dataset", "page", "predict", "read_image",
        "sweep", "train", "train_seeds", "verify",
    }  # fmt: skip


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in zoo.__all__:
        assert getattr(zoo, name).__doc__ or name == "hookimpl", name
    assert set(zoo.__all__) <= set(dir(zoo))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(zoo, "noth" + "ing")


@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_uses_only_the_public_door(path: Path) -> None:
    own = next(part for part in path.relative_to(ROOT).parts if part.startswith("zoo_"))
    own = own.removesuffix(".py")
    for name in imports(path):
        root = name.partition(".")[0]
        assert root in ALLOWED | {own} | sys.stdlib_module_names, f"{path.name} imports {name}"


def test_the_core_imports_no_plugin_and_imports_go_one_way() -> None:
    order = ["errors", "settings", "architecture", "training", "cli"]
    for path in (ROOT / "zoo").rglob("*.py"):
        found = imports(path)
        assert not {name for name in found if name.startswith("zoo_")}, path
        if path.stem in order:
            later = order[order.index(path.stem) + 1 :]
            assert not {f"zoo.{name}" for name in later} & found, path


def imports(path: Path) -> set[str]:
    """List every module that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found
