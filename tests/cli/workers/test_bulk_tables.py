"""The progress of a bulk prediction: items, broken ones, items a second and the time left."""

from __future__ import annotations

import pytest

from zoo.cli.workers import bulk_tables
from zoo.cli.workers.bulk_tables import ShowItems


def test_without_a_terminal_a_line_every_half_minute_says_what_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(bulk_tables.time, "monotonic", lambda: now[0])
    with ShowItems() as progress:
        progress.start(10_000, 2_000)  # these are there already
        for now[0], broken in ((100.0, 0), (120.0, 3), (140.0, 0), (150.0, 0), (180.0, 1)):
            progress.add(1_000, broken)
    assert capsys.readouterr().err.splitlines() == [
        "2,000 of 10,000 items are there already",
        "4,000 of 10,000 items, 3 broken, 50 items/s, 120 s left",
        "7,000 of 10,000 items, 4 broken, 50 items/s, 60 s left",
    ]


@pytest.mark.parametrize(("rate", "text"), [(12345.6, "12,346"), (9.94, "9.9"), (0.167, "0.17")])
def test_a_slow_rate_is_not_rounded_to_nothing(rate: float, text: str) -> None:
    assert bulk_tables._rate_text(rate) == text
