from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.inference.saved_results import output_names
from zoo.io import pictures
from zoo.io.results import Values
from zoo.registry.architecture import Architecture
from zoo.runs.predict import apply_to_files


def put(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 200).save(name)


def test_files_and_folders_are_answered_in_order(trained: zoo.Run) -> None:
    put("b.png", "all/z/a.png", "all/c.jpg", "all/.hidden.png")
    np.save("all/d.npy", np.zeros((8, 8, 1), np.uint8))
    Path("all/notes.txt").touch()
    results, faults = apply_to_files(trained, ["b.png", "all"], None)
    assert [result["item"] for result in results] == [
        "b.png",
        "all/c.jpg",
        "all/d.npy",
        "all/z/a.png",
    ]
    assert not faults
    assert sum(results[0]["top"].values()) <= 1


def test_a_broken_file_stops_nothing(trained: zoo.Run) -> None:
    put("all/a.png", "all/c.png")
    Path("all/b.png").write_text("hello")
    results, faults = apply_to_files(trained, ["all", "gone.png"], None)
    assert [result["item"] for result in results] == ["all/a.png", "all/c.png"]
    assert faults == [
        "all/b.png is not an image that Pillow can read. Expected: PNG, JPEG, BMP, GIF, TIFF, WEBP.",
        "There is no file gone.png.",
    ]


def test_a_fault_names_its_file(trained: zoo.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise zoo.DataError("it is upside down.")

    monkeypatch.setattr(Architecture, "apply", refuse)
    put("all/a.png")
    assert apply_to_files(trained, ["all"], None) == ([], ["all/a.png: it is upside down."])


@pytest.mark.parametrize(
    ("items", "out"),
    [(["all"], "all"), (["all/x.bmp"], "all"), (["all/z/x.bmp", "all/x.png"], "all")],
)
def test_no_original_is_replaced(
    trained: zoo.Run, monkeypatch: pytest.MonkeyPatch, items: list[str], out: str
) -> None:
    painter = Painter({"edited": Image.new("L", (8, 8))})
    monkeypatch.setattr(Architecture, "apply", lambda *arguments: painter(*arguments))
    put("all/x.bmp", "all/x.png", "all/z/x.bmp")
    before = Path("all/x.png").read_bytes()
    with pytest.raises(zoo.UsageError, match=r"all/x\.png is an original or .* would be replaced"):
        apply_to_files(trained, items, Path(out))
    assert Path("all/x.png").read_bytes() == before


def test_each_file_has_a_name_of_its_own() -> None:
    files = [Path("a.png"), Path("s/a.png"), Path("s/a-2.png"), Path("t/a.png")]
    assert output_names(files) == ["a", "a-3", "a-2", "a-4"]


def test_an_edited_jpg_lies_on_white(trained: zoo.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    clear.info["icc_profile"] = b"a profile"
    painter = Painter({"edited": clear})
    monkeypatch.setattr(Architecture, "apply", lambda *arguments: painter(*arguments))
    Path("all").mkdir()
    clear.save("all/a.jpg", "png")  # a transparent image under another format's name
    results, faults = apply_to_files(trained, ["all"], Path("out"))
    assert not faults
    with Image.open(results[0]["edited"]) as written:
        assert (written.format, written.getpixel((0, 0))) == ("JPEG", (255, 255, 255))
        assert written.info["icc_profile"] == b"a profile"


def test_progress_sees_every_file(trained: zoo.Run) -> None:
    put("a.png", "b.png")
    seen: list[Any] = []

    def track(files: Any) -> Any:
        for file in files:
            seen.append(file)
            yield file

    apply_to_files(trained, ["a.png", "b.png", "a.png"], None, track)
    assert seen == [Path("a.png"), Path("b.png"), Path("a.png")]


class Painter:
    """What apply answers with where an architecture makes pictures: a stand-in for its hook."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __call__(self, architecture: Any, model: Any, config: Any, items: Any, *_: Any) -> Any:
        return [{"item": str(item), "score": 0.5, **self.answer} for item in items]


@pytest.mark.parametrize(
    ("picture", "suffix"),
    [
        (np.full((2, 2, 3), 0.5), "png"),
        (Image.new("RGB", (2, 2)), "png"),
        (pictures.figure(1, 1), "png"),
        ([np.zeros((2, 2)), np.ones((2, 2))], "gif"),
    ],
)
def test_pictures_are_saved_under_the_files_names_and_none_over_another(
    trained: zoo.Run, monkeypatch: pytest.MonkeyPatch, picture: Any, suffix: str
) -> None:
    painter = Painter({"sharp": picture})
    monkeypatch.setattr(Architecture, "apply", lambda *arguments: painter(*arguments))
    put("one/a.png", "two/a.png", "two/b.jpg")
    results, _ = apply_to_files(trained, ["one", "two"], Path("out"))
    names = [result["sharp"].name for result in results]
    assert names == [f"a-sharp.{suffix}", f"a-2-sharp.{suffix}", f"b-sharp.{suffix}"]
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(names)
    assert [result["score"] for result in results] == [0.5] * 3


def test_pictures_need_a_place(trained: zoo.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = Painter({"sharp": np.zeros((2, 2))})
    monkeypatch.setattr(Architecture, "apply", lambda *arguments: painter(*arguments))
    put("a.png")
    with pytest.raises(zoo.UsageError, match=r"results have pictures \(sharp\).* --out DIR"):
        apply_to_files(trained, ["a.png"], None)


def test_arrays_that_are_no_pictures_are_saved_as_they_are(
    trained: zoo.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = np.linspace(-3, 3, 5).astype("float32")
    painter = Painter({"code": code.view(Values)})
    monkeypatch.setattr(Architecture, "apply", lambda *arguments: painter(*arguments))
    put("one/a.png", "two/a.png")
    results, _ = apply_to_files(trained, ["one", "two"], Path("out"))
    assert [result["code"] for result in results] == [
        Path("out/a-code.npy"),
        Path("out/a-2-code.npy"),
    ]
    np.testing.assert_array_equal(np.load("out/a-code.npy", allow_pickle=False), code)
    with pytest.raises(zoo.UsageError, match=r"results have arrays \(code\).* --out DIR"):
        apply_to_files(trained, ["one"], None)
