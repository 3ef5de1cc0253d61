"""Sources: one order of precedence, one set of messages, whoever asks."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from tests.conftest import Shell
from zoo.data.dataset import Dataset
from zoo.exporters import applications
from zoo.exporters.locations import find_source
from zoo.exporters.sources import open_source


def scores(name: str = "scores") -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    return keras.Model(inputs, layers.Dense(3, name=name)(inputs), name="mine")


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory, tiny: Dataset) -> zoo.Run:
    """A run whose model is several networks."""
    settings = {"epochs": 1, "batch_size": 16}
    return zoo.train("vae", data=tiny, out=tmp_path_factory.mktemp("vae") / "run", **settings)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_a_source(suffix: str, kind: type) -> None:
    model = scores()
    model.save(f"mine{suffix}")
    source = open_source(kind(f"./mine{suffix}"))
    assert (source.kind, source.title, source.run, source.recipe) == (
        "file", f"mine{suffix}", None, None,
    )  # fmt: skip
    assert source.folder is None
    np.testing.assert_array_equal(source.network().get_weights()[0], model.get_weights()[0])
    assert list(source.parts()) == ["model"]
    assert zoo.export(source, ["onnx"], out="shipped").model == f"mine{suffix}"


def test_a_model_and_a_source_are_sources() -> None:
    model = scores()
    source = open_source(model)
    assert (source.kind, source.name, source.network()) == ("model", "mine", model)
    assert open_source(source) is source
    assert set(source.origin) == {"zoo", "weights"}


def test_a_run_is_a_source_by_path_by_name_and_as_it_is(
    trained: zoo.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOO_RUNS", str(trained.path.parent))
    for reference in (trained, trained.path, str(trained.path), trained.path.name):
        source = open_source(reference)
        assert (source.kind, source.title, source.folder) == ("run", "mlp", trained.path / "export")
        assert source.recipe is not None
        assert source.recipe.architecture.name == "mlp"
        assert source.origin["model"] == "mlp"
        assert list(source.parts()) == ["classifier"]


def test_of_a_model_of_several_networks_the_first_part_or_the_one_asked_for_is_opened(
    vae: zoo.Run,
) -> None:
    assert list(open_source(vae).parts()) == ["encoder", "decoder", "sampler"]
    assert open_source(vae).network().name == open_source(f"{vae.path}:encoder").network().name
    decoder = open_source(f"{vae.path}:decoder")
    assert (decoder.part, list(decoder.parts())) == ("decoder", ["decoder"])
    report = zoo.export(f"{vae.path}:decoder", ["onnx"], out="shipped")
    assert list(report.contracts) == ["decoder"]
    assert report.model == "vae"
    with pytest.raises(zoo.UsageError, match=r"no part coder\. Parts: decoder, encoder, sampler"):
        zoo.export(f"{vae.path}:coder", ["onnx"], out="coder")
    with pytest.raises(zoo.SettingError, match=r"^features=.*no part coder"):
        open_source(f"{vae.path}:coder", setting="features").network()


def test_a_run_with_a_colon_in_its_path_is_a_run(trained: zoo.Run) -> None:
    Path("a:b").symlink_to(trained.path)
    assert open_source("a:b").kind == "run"
    assert open_source("a:b:classifier").part == "classifier"


def test_a_file_comes_before_a_run_and_a_run_before_a_network_of_keras(trained: zoo.Run) -> None:
    Path("runs").mkdir()
    for name in ("VGG16", "mine.keras"):
        Path("runs", name).symlink_to(trained.path)
    assert find_source("VGG16").kind == "run"
    assert find_source("mine.keras").kind == "run"
    scores().save("mine.keras")
    assert find_source("mine.keras").kind == "file"
    Path("VGG19").mkdir()  # a folder that is no run hides nothing
    assert find_source("VGG19").kind == "application"


def test_untrained_models_are_built_only_where_they_are_allowed() -> None:
    source = open_source("mlp.digits", untrained=True)
    assert (source.kind, source.run, list(source.parts())) == ("untrained", None, ["classifier"])
    assert open_source("vae.digits:decoder", untrained=True).network().input_shape[0] is None
    assert find_source("MobileNetV2", untrained=True).kind == "application"
    with pytest.raises(zoo.UsageError, match=r"cnn\.cifar10: .*Train .*: zoo train cnn\.cifar10"):
        open_source("cnn.cifar10")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cnn.cifar10", "there is no such run. Train the model first: zoo train cnn.cifar10"),
        ("cnn.cifar10:model", "there is no such run. Train the model first: zoo train cnn.cifar10"),
        ("nothing.keras", "there is no such .keras file. Or train one: zoo train vae.photos"),
        ("notes.txt", "the file must end in .keras or .h5."),
        ("folder", "the folder is no run: it has no run.json."),
        ("broken.h5", "broken.h5 is not a readable model file"),
        ("weights.h5", "Keras cannot open the file: "),
        ("VGG61", "Did you mean VGG19 or VGG16?"),
        ("cnn.digts", "Did you mean cnn.digits"),
        ("finihsed", "Did you mean finished?"),
        ("onnx", "it is a format. Put commas between formats: --to keras,onnx"),
    ],
)
def test_what_cannot_be_opened_has_one_message(name: str, message: str, trained: zoo.Run) -> None:
    Path("notes.txt").touch()
    Path("folder").mkdir()
    Path("runs").mkdir()
    Path("runs/finished").symlink_to(trained.path)
    Path("broken.h5").write_bytes(b"no file of HDF5")
    scores().save_weights("saved.weights.h5")
    Path("saved.weights.h5").rename("weights.h5")
    with pytest.raises(zoo.ZooError) as alone:
        open_source(name, example="vae.photos:encoder")
    assert message in str(alone.value)
    with pytest.raises(zoo.ZooError) as of_setting:
        open_source(name, setting="features", example="vae.photos:encoder")
    assert message in str(of_setting.value)
    if name != "broken.h5":  # an UnsafeFile, whoever names it
        assert isinstance(of_setting.value, zoo.SettingError)
        assert str(of_setting.value).startswith(f"features={name}: ")


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b", "~nobody-at-all/x", ":", ":a", "", "mine:"])
def test_any_text_is_a_name_that_nothing_has(name: str) -> None:
    with pytest.raises(zoo.UnknownName, match="There is no run, "):
        find_source(name)


def test_the_shell_refuses_an_unknown_name_before_it_imports_keras(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    code, _, error = shell("export", "cnn.cifar10")
    assert (code, "zoo train cnn.cifar10" in error) == (2, True)
    assert shell("export", "nothing.h5")[0] == 2


def test_the_shell_exports_an_h5_file(shell: Shell) -> None:
    scores().save("mine.h5")
    assert shell("export", "mine.h5", "--to", "keras")[0] == 2  # it has no folder of its own
    assert shell("export", "mine.h5", "--to", "keras", "--out", "shipped")[0] == 0
    assert Path("shipped/model.keras").exists()


def test_an_application_is_opened_with_the_weights_of_imagenet(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def vgg16(weights: str | None) -> keras.Model:
        asked.append(weights)
        if weights:
            raise Exception("URL fetch failure")  # as Keras does
        return scores()

    monkeypatch.setattr(keras.applications, "VGG16", vgg16)
    with pytest.raises(zoo.SettingError, match=r"perceptual=VGG16: .*could not fetch the weights"):
        open_source("VGG16", setting="perceptual")
    with pytest.raises(zoo.UsageError, match=r"^VGG16: .*URL fetch failure.*or a \.keras or \.h5"):
        applications.open_application("VGG16")
    assert asked == ["imagenet", "imagenet"]
