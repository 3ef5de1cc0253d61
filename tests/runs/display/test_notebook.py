"""What a notebook shows while a model is trained, in a real IPython shell that stands for its kernel."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from zoo.runs.display import notebook
from zoo.runs.display.choice import choose_progress, choose_track
from zoo.runs.display.notebook import NotebookProgress, format_seconds

IPython = pytest.importorskip("IPython")


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The publisher of a shell with a kernel, as in Jupyter; its `outputs` are what a cell displays."""
    shell = IPython.core.interactiveshell.InteractiveShell.instance()
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    publisher = IPython.core.displaypub.CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", publisher)
    monkeypatch.setattr(notebook, "SECONDS", 0.0)
    yield publisher
    type(shell).clear_instance()


def shown_pages(kernel: Any) -> list[str]:
    """Return the HTML of each output."""
    return [output["data"].get("text/html", "") for output in kernel.outputs]


def train(progress: Any, fails: bool = False) -> None:
    with progress:
        for epoch in range(3):
            progress.start(3, 4, epoch)
            for _ in range(4):
                progress.step({"loss": 0.5})
            progress.epoch(epoch + 1, {"loss": 1.0 / (epoch + 1), "val_loss": 1.5 / (epoch + 1)})
            if fails:
                raise KeyboardInterrupt


def test_one_output_is_replaced_until_the_training_ends(kernel: Any) -> None:
    progress = choose_progress(None)
    assert isinstance(progress, NotebookProgress)
    train(progress)
    pages = shown_pages(kernel)
    assert len({each["transient"]["display_id"] for each in kernel.outputs}) == 1
    assert [bool(each["update"]) for each in kernel.outputs] == [False] + [True] * (len(pages) - 1)
    assert '<progress value="6" max="12"' in "".join(pages)
    assert any("s left" in page for page in pages)
    last = pages[-1]
    assert "epoch 3/3" in last
    assert "val_loss 0.5" in last
    assert "left" not in last
    assert last.count("<polyline") == 2
    assert 'aria-label="loss and val_loss over the epochs"' in last


def test_a_training_that_stops_says_so(kernel: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(choose_progress(True), fails=True)
    assert "stopped" in shown_pages(kernel)[-1]


def test_outputs_come_at_most_five_times_a_second(
    kernel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook, "SECONDS", 60.0)
    train(choose_progress(None))
    assert len(kernel.outputs) == 3  # the empty one, the first, and the last


def test_items_get_a_bar_that_goes_away(kernel: Any) -> None:
    assert list(choose_track(None)(range(4))) == [0, 1, 2, 3]
    pages = shown_pages(kernel)
    assert any('value="2" max="4"' in page for page in pages)
    assert pages[-1] == ""


def test_seconds_are_short() -> None:
    assert [format_seconds(each) for each in (0.4, 59, 60, 185, 3600 + 125)] == [
        "0 s", "59 s", "1:00 min", "3:05 min", "1:02:05 h",
    ]  # fmt: skip


def test_a_curve_leaves_out_what_is_not_finite() -> None:
    rows = [{"loss": 1.0}, {"loss": float("nan")}, {"loss": 0.5}]
    (points,) = re.findall(r'points="([^"]*)"', notebook.plot_losses(rows))
    assert len(points.split()) == 2


def test_the_bar_over_items_is_removed_where_not_all_are_taken(kernel: Any) -> None:
    track = choose_track(None)
    for item in track(range(9)):
        if item == 2:
            break
    pages = shown_pages(kernel)
    assert any("2/9" in page for page in pages)
    assert pages[-1] == ""
