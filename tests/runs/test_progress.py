import io

from rich.console import Console

from zoo.runs.progress import ConsoleProgress, format_logs


def shown(terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=100)
    with ConsoleProgress(console) as progress:
        for epoch in range(2):
            progress.start(2, 3, epoch)
            for _ in range(3):
                progress.step({"loss": 0.5})
            progress.epoch(epoch + 1, {"loss": 0.25, "accuracy": 1.0})
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


def test_numbers_stand_beside_their_names() -> None:
    assert format_logs({"loss": 0.123456, "accuracy": 1}) == "loss 0.1235  accuracy 1"
