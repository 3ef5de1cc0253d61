"""Every command of README.md and docs/tour.md is run as it stands there, or is listed here with the reason.

`QUICK` is run in each test run. `LONG` is run by `pytest -m long tests/test_readme.py`; where a training
takes many minutes, options behind it make it shorter, and nothing else changes.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import zoo
from tests import readme_desk
from tests.conftest import Shell
from zoo.registry.catalog import catalog

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "weights" / "keras_zoo_weights"

QUICK = {  # and what its output holds
    "zoo list": "cnn.digits",
    "zoo list 'mlp.*' --tag guide": "mlp.guide-sequential",
    "zoo show cnn.digits": "batch_size",
    "zoo show runs/mine": "parameters",
    "zoo plugins": "novelty-gan",
    "zoo list --weights": "cnn.digits",
    "zoo apply cnn.digits seven.png": "7",
    "zoo weights": "cnn.digits",
    "zoo card runs/mine --license Apache-2.0": "card",
    "zoo train run.toml": "",
    "zoo evaluate cnn.digits": "accuracy",
    "zoo evaluate cnn.digits --predictions table.csv": "accuracy",
    "zoo apply cnn.digits seven.png scans/": "scans/b.png",
    "zoo runs": "mine",
    "zoo compare cnn.digits cnn.digits-2 --out both.png": "accuracy",
    "zoo apply autoencoder.denoising-digits noisy.png scans/ --out clean/": "clean",
    "zoo apply vae.digits three.png": "log_var",
    "zoo apply vae.digits --out . -- 0.5,-1.2": ".png",
    "zoo apply vae.digits three.png,eight.png --out .": ".gif",
    "zoo apply dcgan.digits latents.npy scan.png --out .": "score",
    "zoo apply novelty-gan.digits scans/": "verdict",
    "zoo show cnn.digits --layers": "Conv2D",
    "zoo explain cnn.digits seven.png --out why/": "seven-explained.png",
    "zoo doctor": "",
}
ONE_EPOCH, FEW = " --set epochs=1", " --set epochs=2"
LONG = {  # and what makes a training of many minutes shorter
    "zoo train cnn.digits --export keras,h5,saved-model,onnx": "",
    "zoo export cnn.digits --to onnx": "",
    "zoo pack runs/mine --out dist/ --name cnn.mine --license Apache-2.0": "",
    "zoo pack runs/mine --out dist/ --name cnn.mine --license Apache-2.0 --precision float16": "",
    "zoo train cnn.digits --set filters=16,32 --set epochs=20 --seed 1": "",
    "zoo train cnn --data photos/": "",
    "zoo train cnn --data Mine_TRAIN.ts": "",
    "zoo train cnn.fashion-mnist --set residual=true --set shift=0.1 --set flip=true "
    "--set precision=mixed_bfloat16": ONE_EPOCH,
    "zoo train mlp.diabetes": "",
    "zoo train cnn --from cnn.digits --data mine/ --set freeze='conv2d*'": "",
    "zoo train cnn --data mine/ --set validation=0.1 --set early_stopping=5 --set best_epoch=true": "",
    "zoo train cnn --data rare/ --set class_weight=balanced": "",
    "zoo train cnn.italy-power --seeds 5": "",
    "zoo sweep cnn.digits --space 'learning_rate=log(1e-4,1e-2)' --space 'filters=[[16,32],[32,64]]' "
    "--metric val_accuracy": " --trials 2",
    "zoo page cnn.mnist vae.mnist runs/mine --out site": "",
    "zoo page cnn.mnist --out digits.html --one-file": "",
    "zoo train mlp.mnist --resume": "",
    "zoo apply cnn.digits scans/ --with onnx": "",
    "zoo train autoencoder.denoising-digits": "",
    "zoo train vae.digits": "",
    "zoo train vae --data photos/ --set input_shape=64,64,3 --set kind=conv --set likelihood=gaussian "
    "--set latent_dim=32": FEW,
    "zoo train dcgan.digits": FEW,
    "zoo train novelty-gan.digits": FEW,
    "zoo train novelty-gan --data parts/ --set normal=good": FEW,
    "zoo train deblur-gan.photos": ONE_EPOCH,
    "zoo apply deblur-gan.photos holiday/ --out sharp/": "",
    "zoo train deblur-gan --data pairs:GOPRO/": ONE_EPOCH,
    "zoo gallery cnn.digits": "",
    "zoo train cnn-vis.digits": "",
    'zoo train cnn-vis.digits --set objective="logit:3 - 0.5*logit:8"': "",
    "zoo export cnn.digits --to onnx,saved-model --out shipped": "",
    "zoo verify shipped": "",
    "zoo export somebody.keras --to onnx --out shipped": "",
    "zoo export runs/* --to onnx --out all": "",
    "zoo export cnn.digits --to onnx-fp16,onnx-int8": "",
    "zoo export cnn.digits --to onnx --batch 1": "",
    "zoo export cnn.digits --sign key.pem --out shipped": "",
    "zoo train cnn.mnist --set compile=xla": ONE_EPOCH,
    "zoo train cnn.mnist --set threads=1": ONE_EPOCH,
    "zoo show runs/cnn.mnist": "",
    "zoo new architecture my-net": "",
    'eval "$(zoo completion bash)"': "",
}
BEFORE = {  # what has to happen before a command, and does not stand on the page
    "zoo train mlp.mnist --resume": "timeout -s INT 40 zoo train mlp.mnist || true",
}
ELSEWHERE = {
    'python3 -m venv .venv && .venv/bin/pip install -e ".[dev]" && .venv/bin/python -m pytest': ".ci/run",
    "python3 -m venv .venv && .venv/bin/pip install . ./weights && zoo apply cnn.digits "
    "docs/pictures/seven.png": ".ci/run installs the wheel and the weights, and applies them",
    "pip install -e zoo-my-net && zoo check my-net": ".ci/run, with another name",
    "zoo train cnn --data tfds:beans --set input_shape=64,64,3": "it downloads 171 MB; tests/data/readers "
    "reads made data sets of tensorflow_datasets",
    "zoo train cnn --data photos.parquet": "tests/data/readers/test_parquet.py makes and reads such files",
    "zoo apply cnn.digits s3://bucket/scans --workers 8 --out results/": "it needs a bucket; see tests/bulk",
    "zoo page cnn.mnist --out site --open": "it opens a browser; tests/pages has the rest",
    "zoo train cnn-vis.deepdream": "it downloads 92 MB; tests/plugins/test_cnn_vis.py has small networks",
}


def test_every_command_is_run_or_listed_with_a_reason() -> None:
    known = {*QUICK, *LONG, *ELSEWHERE}
    found = readme_desk.commands()
    assert [command for command in found if command not in known] == []
    assert [command for command in known if command not in found] == []
    assert len(known) == len(QUICK) + len(LONG) + len(ELSEWHERE)


def test_every_command_of_the_table_trains_a_model_of_the_catalog() -> None:
    """These trainings take from seconds to hours; benchmarks/results.py measures what they made."""
    found = readme_desk.table_commands()
    assert len(found) > 30
    assert [command for command in found if command.split()[-1] not in catalog().names()] == []


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    readme_desk.set_up(folder)
    zoo.train("cnn", data="digits", filters=[4], epochs=1, out=folder / "runs" / "mine")
    return folder


@pytest.fixture
def two_runs(desk: Path) -> Iterator[None]:
    """Two runs of cnn.digits, which `zoo compare` compares; other commands use the shipped weights."""
    copies = [desk / "runs" / name for name in ("cnn.digits", "cnn.digits-2")]
    for copy in copies:
        shutil.copytree(desk / "runs" / "mine", copy)
    yield
    for copy in copies:
        shutil.rmtree(copy)


@pytest.mark.parametrize("command", QUICK)
def test_a_quick_command_runs(
    command: str,
    desk: Path,
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("ZOO_WEIGHTS", str(WEIGHTS))
    if "compare" in command:
        request.getfixturevalue("two_runs")
    code, out, err = shell(*shlex.split(command)[1:])
    assert code == 0 or command == "zoo doctor", err
    assert QUICK[command] in out


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
def test_the_other_commands_run_in_the_order_of_the_readme(desk: Path) -> None:
    readme_desk.write_model_and_key(desk)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "ZOO_WEIGHTS": str(WEIGHTS)}
    failed = []
    for command in readme_desk.commands():
        if command in LONG:
            before = BEFORE.get(command, "true")
            done = subprocess.run(
                ["bash", "-c", f"{before}; {command}{LONG[command]}"],
                cwd=desk,
                env=environment,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                failed.append(f"{command}: {done.returncode}\n{done.stderr[-800:]}")
    assert not failed, "\n".join(failed)
