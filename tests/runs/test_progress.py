import io
import re
from collections.abc import Mapping

import pytest
from rich.console import Console

from zoo.runs.progress import ConsoleProgress, format_logs

LONG = {f"generator_loss_{number}": 0.5 for number in range(9)}  # longer than a line


def shown(terminal: bool, logs: Mapping[str, float] | None = None) -> str:
    logs = logs or {"loss": 0.25, "accuracy": 1.0}
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100)
    with ConsoleProgress(console) as progress:
        for epoch in range(2):
            progress.start(2, 3, epoch)
            for _ in range(3):
                progress.step(logs)
            progress.epoch(epoch + 1, logs)
    return stream.getvalue()


def test_a_log_gets_a_line_for_each_epoch() -> None:
    assert shown(terminal=False).splitlines() == [
        "epoch   1/2  loss 0.25  accuracy 1",
        "epoch   2/2  loss 0.25  accuracy 1",
    ]


def test_a_terminal_gets_a_bar_with_the_time_left() -> None:
    text = shown(terminal=True)
    assert "left" in text
    assert "100%" in text
    assert "epoch 2/2" in text


def test_an_epoch_is_one_line_whatever_its_length() -> None:
    file = shown(terminal=False, logs=LONG).splitlines()
    assert len(file) == 2
    assert all(line.endswith("generator_loss_8 0.5") for line in file)
    terminal = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown(terminal=True, logs=LONG))
    lines = [line.rpartition("\r")[2] for line in terminal.splitlines()]
    assert max(map(len, lines)) <= 100
    assert len([line for line in lines if line.startswith("epoch   1/2") and "…" in line]) == 1


@pytest.mark.parametrize("terminal", [True, False])
def test_what_has_no_steps_is_shown_on_a_terminal_alone(terminal: bool) -> None:
    stream = io.StringIO()
    progress = ConsoleProgress(Console(file=stream, force_terminal=terminal, width=100))
    with progress.status("measuring"):
        pass
    assert ("measuring" in stream.getvalue()) == terminal
    assert terminal or not stream.getvalue()


def test_numbers_stand_beside_their_names() -> None:
    assert format_logs({"loss": 0.123456, "accuracy": 1}) == "loss 0.1235  accuracy 1"
