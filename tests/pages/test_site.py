"""What `zoo.page` writes: whole or not at all, with the proved bytes and the export's own tests."""

import base64
import gzip
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.errors import UsageError
from zoo.pages import site
from zoo.pages.assets import ASSETS
from zoo.pages.files import PageFiles, read_page_array


def content_of(folder: Path) -> Any:
    return json.loads((folder / "page.json").read_text("utf-8"))


def test_a_page_has_the_proved_parts_their_tests_and_the_card(
    exported: zoo.Run, stand_in: Path, tmp_path: Path
) -> None:
    html = zoo.page(exported, out=tmp_path / "site")
    folder = html.parent
    content = content_of(folder)
    assert (content["view"], content["name"], content["classes"]) == (
        "classifier",
        "mlp",
        list("0123456789"),
    )
    part = content["parts"]["classifier"]
    assert hashlib.sha256((folder / part["file"]).read_bytes()).hexdigest() == part["sha256"]
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert report["files"][0]["sha256"] == part["sha256"]
    probes = np.load(exported.path / "export" / "probe.npz")
    for number, test in enumerate(content["tests"]["classifier"]):
        ((name, file),) = test["outputs"].items()
        expected = probes[f"classifier/{number}/out/{name}"]
        np.testing.assert_array_equal(read_page_array(folder, file), expected)
        assert 0 < test["scales"][name] <= 1
    assert "# mlp" in (folder / "card" / "README.md").read_text("utf-8")
    assert (folder / "assets" / "app.js").is_file()
    assert not list(tmp_path.glob(".zoo-*"))


def test_the_view_has_examples_of_every_class_and_the_mistakes(
    exported: zoo.Run, stand_in: Path, tmp_path: Path, tiny: zoo.Dataset
) -> None:
    from zoo.pages.model import open_page_model
    from zoo.pages.views import classifier

    model = open_page_model(exported, tmp_path)
    model.__dict__["data"] = tiny
    data = classifier.data(model, PageFiles(tmp_path))
    targets = read_page_array(tmp_path, data["examples"]["targets"])
    assert len(targets) == len(tiny.test)
    assert set(targets[: len(set(tiny.test.targets))]) == set(tiny.test.targets)
    right = exported.predict(tiny.test.inputs).argmax(-1) == tiny.test.targets
    assert data["mistakes"]["count"] == np.sum(~right) > 0
    assert data["mistakes"]["of"] == len(tiny.test)
    assert data["drawing"] == {"ink": 1.0, "background": 0.0, "extent": 1.0}


def test_several_models_get_an_index(exported: zoo.Run, stand_in: Path, tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)], name="<b>&tiny")
    html = zoo.page(exported, model, out=tmp_path / "site")
    text = html.read_text("utf-8")
    assert 'href="mlp/index.html"' in text
    assert "<b>" not in text
    assert "&lt;b&gt;" in text
    entries = json.loads((html.parent / site.MARK).read_text("utf-8"))["models"]
    assert [entry["view"] for entry in entries] == ["classifier", "plain"]
    assert all((html.parent / entry["folder"] / "page.json").is_file() for entry in entries)


def test_pages_replace_pages_and_nothing_else(
    exported: zoo.Run, stand_in: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    zoo.page(exported, out=out)
    (out / "old").touch()
    zoo.page(exported, out=out)
    assert not (out / "old").exists()
    other = tmp_path / "mine"
    other.mkdir()
    (other / "letter.txt").touch()
    with pytest.raises(UsageError, match="is not empty and holds no pages"):
        zoo.page(exported, out=other)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]


def test_a_page_that_fails_leaves_the_earlier_one(
    exported: zoo.Run, stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "site"
    zoo.page(exported, out=out)
    before = sorted(path.name for path in out.rglob("*"))

    def fail(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(site, "render_page", fail)
    with pytest.raises(zoo.WriteError, match="No space left"):
        zoo.page(exported, out=out)
    assert sorted(path.name for path in out.rglob("*")) == before
    assert not list(tmp_path.glob(".zoo-*"))


def test_one_file_holds_everything_under_a_policy_of_hashes(
    exported: zoo.Run, stand_in: Path, tmp_path: Path
) -> None:
    html = zoo.page(exported, out=tmp_path / "one", one_file=True)
    assert html == tmp_path / "one.html"
    text = html.read_text("utf-8")
    packed = dict(re.findall(r'data-file="([^"]+)">([^<]+)<', text))
    onnx = gzip.decompress(base64.b64decode(packed["parts/classifier.onnx"]))
    assert onnx == (exported.path / "export" / "classifier.onnx").read_bytes()
    assert "worker.js" in packed
    program = re.search(r'<script id="program">(.*?)</script>', text, re.S)
    assert program is not None
    assert [name for name in ASSETS if name in program[1]] == ["app.js", "view.classifier.js"]
    digest = base64.b64encode(hashlib.sha256(program[1].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert f"script-src &#39;sha256-{digest}&#39;" in policy[1]
    assert "unsafe-inline" not in policy[1]
    assert "src=" not in text.replace("img-src", "").replace("-src", "")


@pytest.mark.parametrize(
    "name", ['"><script>alert(1)</script>', "</title><img src=x>", "a\x1b[31m"]
)
def test_names_from_strangers_are_escaped(name: str) -> None:
    from zoo.pages.html import render_page

    text = render_page({"name": name, "summary": name, "view": "plain"}, "assets/", None)
    assert text.count("<script") == 2
    assert "<img" not in text
    assert "\x1b" not in text


def test_bad_input_is_answered_in_words(exported: zoo.Run, stand_in: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Name at least one run"):
        zoo.page(out=tmp_path / "site")
    with pytest.raises(zoo.UnknownName, match="no-such"):
        zoo.page("no-such", out=tmp_path / "site")
    with pytest.raises(UsageError, match=r"--one-file takes one RUN\. Received: 2"):
        zoo.page(exported, exported, out=tmp_path / "site", one_file=True)
    with pytest.raises(UsageError, match="Two pages would be named 'mlp-run'"):
        zoo.page(exported, exported, out=tmp_path / "site")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"is a file. Give a folder, or add --one-file"):
        zoo.page(exported, out=tmp_path / "file")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UsageError, match=r"is a folder. Give an HTML file"):
        zoo.page(exported, out=tmp_path / "folder", one_file=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.html", "stand-in"]


def test_without_an_export_the_parts_are_exported_first(
    exported: zoo.Run, stand_in: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(exported.path, run)
    shutil.rmtree(run / "export")
    zoo.page(run, out=tmp_path / "site")
    assert (run / "export" / "classifier.onnx").is_file()
    assert content_of(tmp_path / "site")["parts"]["classifier"]["bytes"] > 0


def test_the_command_prints_the_page(
    exported: zoo.Run, stand_in: Path, tmp_path: Path, shell: Any
) -> None:
    code, out, _ = shell("page", exported.path, "--out", tmp_path / "site")
    assert (code, out.strip()) == (0, str(tmp_path / "site" / "index.html"))
    code, _, err = shell("page", "no-such", "--out", tmp_path / "other")
    assert code == 2
    assert "no-such" in err
    assert not (tmp_path / "other").exists()


def test_one_file_is_opened_without_a_server(
    exported: zoo.Run, stand_in: Path, tmp_path: Path, shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    out = tmp_path / "seven.html"
    assert shell("page", exported.path, "--out", out, "--one-file", "--open")[0] == 0
    assert addresses == [out.as_uri()]


def test_equal_arrays_share_a_file(tmp_path: Path) -> None:
    files = PageFiles(tmp_path)
    first, again, other = (
        files.array(name, np.full(3, value)) for name, value in [("a", 1.0), ("b", 1.0), ("c", 2.0)]
    )
    assert first["file"] == again["file"] != other["file"]
    assert len(list((tmp_path / "data").iterdir())) == 2


def test_runs_of_one_name_are_told_apart(exported: zoo.Run, stand_in: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(exported.path, other)
    html = zoo.page(exported, other, out=tmp_path / "site")
    entries = json.loads((html.parent / site.MARK).read_text("utf-8"))["models"]
    assert [entry["name"] for entry in entries] == ["mlp, run", "mlp, other"]
    assert [entry["folder"] for entry in entries] == ["mlp-run", "mlp-other"]


@pytest.mark.parametrize("file", ["metrics.json", "history.csv", "pictures/curve.png"])
def test_a_file_that_cannot_be_read_is_told_before_anything_is_exported(
    file: str, trained: zoo.Run, stand_in: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(trained.path, tmp_path / "run"))
    (run / file).write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n\xff")
    with pytest.raises(zoo.ZooError, match=file):
        zoo.page(run, out=tmp_path / "site")
    assert not (run / "export").exists()
    assert not (tmp_path / "site").exists()


def test_pictures_of_too_many_pixels_are_refused_before_they_are_decoded(
    trained: zoo.Run, stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run may hold hundreds of them, each as large as one picture may be."""
    run = Path(shutil.copytree(trained.path, tmp_path / "run"))
    for number in range(3):
        Image.new("1", (300, 300)).save(run / "pictures" / f"a{number}.png")
    monkeypatch.setenv("ZOO_LIMITS", "run_pixels=200000")
    with pytest.raises(zoo.ZooError, match=r"pictures .* pixels of all pictures of a run together"):
        zoo.page(run, out=tmp_path / "site")
    assert not (run / "export").exists()
    assert not (tmp_path / "site").exists()


def test_what_is_no_picture_is_not_published(
    exported: zoo.Run, stand_in: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(exported.path, tmp_path / "run"))
    for name in ("page.html", "drawing.svg", "script.js", "samples.eps"):
        (run / "pictures" / name).write_text("<script>alert(1)</script>")
    shutil.copy(run / "pictures" / "curve.png", run / "pictures" / "a b.png")
    shutil.copy(run / "pictures" / "curve.png", run / "pictures" / "a+b.png")
    zoo.page(run, out=tmp_path / "site")
    names = {path.name for path in (tmp_path / "site").rglob("card/pictures/*")}
    assert names == {"a-b.png", *(path.name for path in exported.pictures)}
