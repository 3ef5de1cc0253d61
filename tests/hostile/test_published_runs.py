"""Runs from strangers that are published: links out of them are not followed, and their texts stay texts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import zoo
from tests.hostile.run_cases import config, dataset, record
from zoo.publication.card import write_card
from zoo.publication.prepared_run import prepare_run
from zoo.publication.terms import Terms
from zoo.publication.weights_file import train_command

TERMS = Terms("MIT", "made here", "MIT")
SECRET = b"\x89PNG a secret"


@pytest.fixture
def path(trained: zoo.Run, tmp_path: Path) -> Path:
    """A copy of a run, beside a file that it may not read or change."""
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "outside").mkdir()
    return Path(shutil.copytree(trained.path, tmp_path / "run"))


def link(place: Path, target: Path) -> None:
    """Put a link at a place in a run."""
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(target)


@pytest.mark.parametrize("place", ["card", "card/pictures", "card/README.md", "card/.eval_results"])
def test_a_card_in_a_run_is_not_written_through_a_link(
    place: str, path: Path, tmp_path: Path
) -> None:
    link(path / place, tmp_path / "outside")
    with pytest.raises(zoo.UnsafeFile, match="is a link to a file outside"):
        write_card(zoo.Run.open(path), path / "card", TERMS)
    assert not list((tmp_path / "outside").iterdir())


def test_a_link_at_the_place_of_a_picture_is_replaced(path: Path, tmp_path: Path) -> None:
    run = zoo.Run.open(path)
    name = run.pictures[0].name
    (path / "card").mkdir()
    link(path / "card" / "pictures" / name, tmp_path / "secret")
    write_card(run, path / "card", TERMS)
    assert (tmp_path / "secret").read_bytes() == SECRET
    assert (path / "card" / "pictures" / name).read_bytes() == run.pictures[0].read_bytes()


def test_what_a_link_leads_to_is_not_packed(path: Path, tmp_path: Path) -> None:
    link(path / "pictures" / "curve.png", tmp_path / "secret")
    link(path / "pictures" / "device.png", Path("/dev/zero"))
    with (path / "pictures" / "large.png").open("wb") as file:
        file.truncate(2**40)
    (tmp_path / "packed").mkdir()
    copy = prepare_run(zoo.Run.open(path), tmp_path / "packed")
    assert {"curve.png", "device.png", "large.png"}.isdisjoint(each.name for each in copy.pictures)


@pytest.mark.parametrize("place", ["history.csv", "export/report.json"])
def test_a_text_that_is_a_link_out_is_not_packed(place: str, path: Path, tmp_path: Path) -> None:
    link(path / place, tmp_path / "secret")
    (tmp_path / "packed").mkdir()
    with pytest.raises(zoo.UnsafeFile, match="is a link to a file outside"):
        prepare_run(zoo.Run.open(path), tmp_path / "packed")


def test_texts_of_a_run_are_neither_markup_nor_commands(path: Path, tmp_path: Path) -> None:
    config(optimizer="adam; touch evil\n```")(path)
    dataset(source="<b>[x](y)</b>; touch evil\x1b", preprocessing="<i>")(path)
    record(stored_precision="<u>")(path)
    (path / "pictures" / "a](b)<s>.png").write_bytes(b"")
    run = zoo.Run.open(path)
    command = train_command(run, run.name)
    assert "'optimizer=adam; touch evil ```'" in command
    assert "--data '<b>[x](y)</b>; touch evil\\x1b'" in command
    text = write_card(run, tmp_path / "card", TERMS).read_text("utf-8")
    shown = text.split("```console")[0].partition("\n# ")[2] + text.split("```")[-1]
    assert "\x1b" not in text
    assert not any(tag in shown for tag in ("<b>", "<i>", "<u>", "<s>"))
