import importlib.util
from pathlib import Path

import pytest

import zoo
from zoo.data.dataset import Dataset


def test_without_tensorboard_nothing_is_begun(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(zoo.UsageError, match=r"pip install 'keras-zoo\[tensorboard\]'"):
        zoo.train("mlp", data=tiny, out="never", tensorboard=True)
    assert not Path("never").exists()


def test_what_tensorboard_reads_lies_in_the_run(tiny: Dataset) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is an extra: nothing was written for it")
    zoo.train("mlp", data=tiny, out="run", tensorboard=True, units=[4], epochs=1)
    assert list(Path("run/tensorboard").rglob("events.out.tfevents.*"))
