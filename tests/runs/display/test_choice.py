from pathlib import Path
from typing import Any

import pytest

import zoo
from zoo.data.dataset import Dataset
from zoo.runs.display.choice import choose_progress, choose_track
from zoo.runs.progress import ConsoleProgress, Progress

MLP: dict[str, Any] = {"units": [2], "epochs": 2, "batch_size": 16}


def test_python_shows_a_line_for_each_epoch_unless_it_is_off(
    tiny: Dataset, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo.train("mlp", data=tiny, **MLP)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert [line.split()[1] for line in shown.err.splitlines() if line.startswith("epoch")] == [
        "1/2",
        "2/2",
    ]
    zoo.train("mlp", data=tiny, progress=False, **MLP)
    monkeypatch.setenv("ZOO_PROGRESS", "off")
    zoo.train("mlp", data=tiny, **MLP)
    assert not [line for line in capsys.readouterr().err.splitlines() if line.startswith("epoch")]
    assert [path.name for path in sorted(Path("runs").iterdir())] == ["mlp", "mlp-2", "mlp-3"]


def test_a_progress_of_the_users_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Progress()
    assert choose_progress(mine) is mine
    monkeypatch.setenv("ZOO_PROGRESS", "0")
    assert type(choose_progress(None)) is Progress
    assert isinstance(choose_progress(True), ConsoleProgress)
    assert choose_track(None) is iter
    assert choose_track(list) is list
    text: Any = "bar"
    with pytest.raises(zoo.UsageError, match="progress must be True, False"):
        choose_progress(text)
