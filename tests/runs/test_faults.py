"""A training that ends at a bad moment: resumed, it has the weights, figures and pictures of a whole one."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.errors import WriteError
from zoo.io.recovery import make_temporary_folder
from zoo.runs import training
from zoo.runs.run import Run


class KilledError(BaseException):
    """What no code catches: as if the process were killed."""


def kill(*arguments: Any, **options: Any) -> Any:
    raise KilledError


def train(tiny: Dataset, out: str, **options: Any) -> Run:
    return zoo.train("mlp", data=tiny, units=[4], epochs=2, batch_size=16, out=out, **options)


def content(run: Run) -> dict[str, bytes]:
    """Return the arrays of the weights, the figures, and the bytes of the pictures."""
    found = {path.name: path.read_bytes() for path in (run.path / "pictures").glob("*")}
    found["metrics"] = (run.path / "metrics.json").read_bytes()
    with h5py.File(run.weights) as file:
        file.visititems(
            lambda name, item: (
                found.update({name: np.asarray(item).tobytes()})
                if isinstance(item, h5py.Dataset)
                else None
            )
        )
    return found


@pytest.fixture(scope="module")
def whole(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train without an end at a bad moment."""
    return train(tiny, str(tmp_path_factory.mktemp("whole") / "run"))


@pytest.mark.parametrize(
    ("function", "state"),
    [
        ("zoo.runs.training.check_space", "training"),  # before the weights are saved
        ("zoo.runs.evaluation.evaluate_model", "trained"),
        ("zoo.io.pictures.plot_history", "trained"),  # the first picture
    ],
)
@pytest.mark.usefixtures("drawing")
def test_a_run_that_ends_after_its_training_is_completed(
    function: str, state: str, tiny: Dataset, whole: Run
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(function, kill)
        with pytest.raises(KilledError):
            train(tiny, "killed")
    run = Run.open("killed")
    assert run.state == state
    run = train(tiny, "killed", resume=True)
    assert run.state == "finished"
    assert content(run) == content(whole)


def test_a_full_disk_is_told_before_the_weights_are_written_and_the_run_goes_on(
    tiny: Dataset,
) -> None:
    def refuse(*_: Any) -> None:
        raise WriteError("Cannot write: No space left on device.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "check_space", refuse)
        with pytest.raises(WriteError):
            train(tiny, "run")
    assert Run.open("run").state == "failed"
    assert train(tiny, "run", resume=True).state == "finished"


@pytest.mark.parametrize("place", [".", "pictures"])
def test_the_next_training_removes_what_a_killed_one_left(place: str, tiny: Dataset) -> None:
    run = train(tiny, "run")
    stale = make_temporary_folder(run.path / place)
    parts = stale.name.split("-")
    parts[2] = "99999999"  # no process has this number
    stale = stale.rename(run.path / place / "-".join(parts))
    run.update(state="trained")
    train(tiny, "run", resume=True)
    assert not stale.exists()
    assert not list(Path("run").rglob(".zoo-*"))
