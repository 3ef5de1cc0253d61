import os
import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from tests.conftest import Install, forget_installed
from zoo.entry_points import ARCHITECTURES, DATASETS
from zoo.registry.catalog import Catalog, catalog
from zoo.registry.catalog_reader import LARGEST_FILE
from zoo.registry.catalog_settings import entry_config

ENTRY = '[mlp.{}]\nsummary = "{}"\n'
NET = {ARCHITECTURES: "net = zoo_net"}


def write_catalog(text: str | bytes, name: str = "registry.toml") -> Path:
    """Write a catalog of the user's into the working directory."""
    path = Path(name).absolute()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    catalog.cache_clear()
    return path


def catalog_error(text: str | bytes) -> str:
    """Write a broken catalog; return the error message, one line that names the file."""
    path = write_catalog(text)
    with pytest.raises(zoo.CatalogError) as raised:
        zoo.list_models()
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < len(str(path)) + 600
    return str(raised.value)


OFFLINE = ("autoencoder", "cnn-vis", "cnn", "dcgan", "deblur-gan", "mlp", "novelty-gan", "vae")


def test_our_own_models_are_listed_sorted() -> None:
    names = zoo.list_models()
    assert {"cnn.digits", "mlp.digits"} <= set(names)
    assert names == sorted(names)
    assert catalog().problems == []


def test_every_model_of_ours_has_settings_that_its_architecture_takes() -> None:
    for name in zoo.list_models():
        entry_config(catalog().get(name))
    for name in OFFLINE:
        assert zoo.describe(f"{name}.digits").summary == catalog().get(f"{name}.digits").summary


@pytest.mark.long
@pytest.mark.timeout(900)
def test_every_model_of_ours_can_be_built() -> None:
    for name in zoo.list_models():
        assert zoo.describe(name).summary == catalog().get(name).summary


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mlp.digits", ["mlp.digits"]),
        ("*.digits", [f"{name}.digits" for name in OFFLINE]),
        ("[cm]*.digits", ["cnn-vis.digits", "cnn.digits", "mlp.digits"]),
        ("?nn.digits", ["cnn.digits"]),
        ("MLP.digits", []),
        ("", []),
        ("[", []),
        ("digits", []),
    ],
)
def test_models_are_found_by_glob(pattern: str, expected: list[str]) -> None:
    assert zoo.list_models(pattern) == expected


def test_models_are_found_by_tag() -> None:
    write_catalog(ENTRY.format("tagged", "x") + 'tags = ["größe", "two words"]')
    assert zoo.list_models(tag="größe") == zoo.list_models(tag="two words") == ["mlp.tagged"]
    assert zoo.list_models("cnn.*", tag="größe") == []
    assert zoo.list_models(tag="no such tag") == []


def test_an_entry_holds_what_its_file_says() -> None:
    path = write_catalog(
        '[mlp.mine]\nsummary = "Größe ✓"\ndataset = "digits"\ntags = ["a"]\nreference = "me"\n'
        'settings = { units = [3], dropout = 0.5 }\nresults = { accuracy = 1 }\nmeasured = "zoo"'
    )
    entry = catalog().get("mlp.mine")
    assert (entry.summary, entry.dataset, entry.tags) == ("Größe ✓", "digits", ("a",))
    assert entry.settings == {"units": [3], "dropout": 0.5}
    assert (entry.reference, entry.measured, entry.results) == ("me", "zoo", {"accuracy": 1})
    assert (entry.source, entry.architecture) == (str(path), "mlp")
    assert zoo.create("mlp.mine").count_params() == 64 * 3 + 3 + 3 * 10 + 10


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(zoo.UnknownName, match=r"no model 'mlp\.digts'\. Did you mean mlp\.digits"):
        catalog().get("mlp.digts")
    for name in ("", "é", "mlp.", "x" * 100_000):
        with pytest.raises(zoo.UnknownName) as raised:
            zoo.create(name)
        assert len(str(raised.value)) < 500


DIGITS = "9" * 5000
BROKEN: dict[str, tuple[str | bytes, str]] = {
    "no table's end": (
        "[mlp\n",
        "is not valid TOML: Expected ']' at the end of a table declaration",
    ),
    "no value": (ENTRY.format("a", "x") + "tags = \n", "Invalid value (at line 3, column 8)"),
    "twice the same": (ENTRY.format("a", "x") * 2, "Cannot declare ('mlp', 'a') twice (at line 3"),
    "no UTF-8": (b"[mlp.a]\nsummary = '\xff'", "is not UTF-8 text"),
    "UTF-16": ("[mlp.a]\nsummary = 'x'".encode("utf-16"), "is not UTF-8 text"),
    "too many digits": (f"[mlp.a]\nsummary = {DIGITS}", "was not opened: digits of a number"),
    "lists in lists": ("[mlp.a]\nsummary = " + "[" * 100_000, "was not opened: nested tables"),
    "tables in tables": (
        "[mlp.a]\nsummary" + ".a" * 3_000 + " = 1",
        "was not opened: nested tables",
    ),
    "tables in headers": (f"[mlp{'.a' * 3_000}]\nb = 1", "was not opened: nested tables"),
    "unknown architecture": ("[mpl.a]\nsummary = 'x'", "no architecture 'mpl'. Did you mean mlp?"),
    "no architecture": ("title = 'mine'", "no architecture 'title'"),
    "an endless name": (f"[{'a' * 100_000}.b]", "no architecture 'aaa"),
    "no table": ("mlp = 3", "'mlp' must hold tables [mlp.TAG]. Received: 3"),
    "no table of tables": ("mlp = [{a = 1}]", "'mlp' must hold tables [mlp.TAG]. Received: [{"),
    "no entry": ("[mlp]\na = 3", "[mlp.a] must be a table. Received: 3"),
    "a list of entries": ("[[mlp.a]]\nsummary = 'x'", "[mlp.a] must be a table. Received: [{"),
    "no summary": ("[mlp.a]\ntags = []", "[mlp.a] lacks its summary"),
    "unknown key": (
        ENTRY.format("a", "x") + "sets = {}",
        "unknown key 'sets'. Did you mean settings",
    ),
    "tag in a tag": ("[mlp.a.b]\nsummary = 'x'", "[mlp.a] has an unknown key 'b'"),
    "summary": ("[mlp.a]\nsummary = 3", "[mlp.a]: summary must be a text. Received: 3"),
    "dataset": (ENTRY.format("a", "x") + "dataset = 3", "dataset must be a dataset's name"),
    "settings": (
        ENTRY.format("a", "x") + "settings = [1]",
        "must be a table of settings. Received: [1]",
    ),
    "tags": (
        ENTRY.format("a", "x") + "tags = 'image'",
        "tags must be a list of texts. Received: 'im",
    ),
    "a tag": (ENTRY.format("a", "x") + "tags = ['a', 3]", "tags must be texts. Received: ['a', 3]"),
    "results": (
        ENTRY.format("a", "x") + "results = 0.9",
        "must be a table of numbers. Received: 0.9",
    ),
    "a result": (
        ENTRY.format("a", "x") + "results = { a = '1' }",
        "results must be numbers. Received",
    ),
    "examples": (
        ENTRY.format("a", "x") + "examples = 360",
        "examples must be a table of whole numbers. Received: 360",
    ),
    "a count": (
        ENTRY.format("a", "x") + "examples = { a = -1 }",
        "examples must be whole numbers from 0 on. Received",
    ),
    "a yes": (ENTRY.format("a", "x") + "results = { a = true }", "results must be numbers"),
    "measured": (
        ENTRY.format("a", "x") + "measured = 1",
        "measured must be a command. Received: 1",
    ),
    "unknown dataset": (
        ENTRY.format("a", "x") + "dataset = 'digts'",
        "[mlp.a]: there is no dataset 'digts'. Did you mean digits",
    ),
    "an empty tag": ('[mlp.""]\nsummary = "x"', "a model's name is architecture.tag"),
    "a way out": ('[mlp."../../x"]\nsummary = "x"', "Received: 'mlp.../../x'"),
    "a blank": ('[mlp."a b"]\nsummary = "x"', "a model's name is architecture.tag"),
    "a dot": ('[mlp."a.b"]\nsummary = "x"', "a model's name is architecture.tag"),
    "an empty architecture": ('["".a]\nsummary = "x"', "no architecture ''"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_of_the_users_is_told_with_file_and_place(case: str) -> None:
    text, problem = BROKEN[case]
    assert problem in catalog_error(text)


def test_an_enormous_file_is_refused_unread() -> None:
    with Path("registry.toml").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    catalog.cache_clear()
    with pytest.raises(zoo.CatalogError, match=r"registry\.toml was not opened: .*catalog_bytes"):
        zoo.list_models()


@pytest.mark.parametrize(
    "settings", ["{ unts = [3] }", "{ units = 'x' }", "{ dropout = 2 }", "{ epochs = true }"]
)
def test_settings_are_checked_when_the_model_is_used(settings: str) -> None:
    write_catalog(f"{ENTRY.format('a', 'x')}settings = {settings}")
    assert "mlp.a" in zoo.list_models()
    with pytest.raises(zoo.UsageError, match=r"setting 'unts'. Did you mean units|Received: "):
        zoo.create("mlp.a", input_shape=(4,), classes=2)


def test_toml_has_no_null_and_says_none() -> None:
    write_catalog(
        f"{ENTRY.format('a', 'x')}settings = {{ kernel_constraint = 'none', activation = 'relu' }}"
    )
    assert zoo.create("mlp.a", input_shape=(4,), classes=2).count_params() > 0


def test_the_users_models_replace_ours() -> None:
    write_catalog('[mlp.digits]\nsummary = "Mine"\n[mlp."größe_2-b"]\nsummary = "Unicode"')
    assert catalog().get("mlp.digits").summary == "Mine"
    assert catalog().get("mlp.größe_2-b").summary == "Unicode"
    assert "cnn.digits" in zoo.list_models()


def test_windows_line_ends_and_marks_are_read() -> None:
    write_catalog(b"\xef\xbb\xbf[mlp.a]\r\nsummary = 'x'\r\n")
    assert catalog().get("mlp.a").summary == "x"


def test_an_empty_file_adds_nothing() -> None:
    before = zoo.list_models()
    write_catalog("")
    assert zoo.list_models() == before


def test_zoo_registry_names_a_file_that_comes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    write_catalog(ENTRY.format("a", "here") + ENTRY.format("b", "here"))
    path = write_catalog(ENTRY.format("a", "named"), "other.toml")
    for named in (str(path), "other.toml", "./other.toml", "sub/../other.toml"):
        monkeypatch.setenv("ZOO_REGISTRY", named)
        catalog.cache_clear()
        assert catalog().get("mlp.a").summary == "named"
        assert catalog().get("mlp.b").summary == "here"


def test_zoo_registry_may_start_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_catalog(ENTRY.format("a", "home"), "other.toml")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZOO_REGISTRY", "~/other.toml")
    catalog.cache_clear()
    assert catalog().get("mlp.a").summary == "home"


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("nowhere.toml", "cannot be read: No such file or directory"),
        ("./nowhere.toml", "cannot be read: No such file or directory"),
        ("~nobody_at_all/x.toml", "cannot be read: No such file or directory"),
        (".", "is a folder, and was not opened"),
        ("x" * 5000, "cannot be read: File name too long"),
        ("loop", "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_a_zoo_registry_that_cannot_be_read_is_told(
    monkeypatch: pytest.MonkeyPatch, named: str, problem: str
) -> None:
    Path("loop").symlink_to("loop")
    monkeypatch.setenv("ZOO_REGISTRY", named)
    catalog.cache_clear()
    with pytest.raises(zoo.CatalogError, match=problem):
        zoo.list_models()


def test_an_empty_zoo_registry_names_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_REGISTRY", "")
    catalog.cache_clear()
    assert "mlp.digits" in zoo.list_models()


def test_a_pipe_can_be_a_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, ENTRY.format("piped", "x").encode())
    os.close(writing)
    monkeypatch.setenv("ZOO_REGISTRY", f"/dev/fd/{reading}")
    catalog.cache_clear()
    assert catalog().get("mlp.piped").summary == "x"
    os.close(reading)


@pytest.mark.parametrize(
    ("module", "beside", "point"),
    [
        ("zoo_net/__init__.py", "zoo_net/registry.toml", "zoo_net"),
        ("zoo_net/deep/plugin.py", "zoo_net/registry.toml", "zoo_net.deep.plugin"),
        ("zoo_net.py", "zoo_net.toml", "zoo_net"),
    ],
)
def test_a_packages_own_file_is_read_and_its_module_is_not_imported(
    install: Install, module: str, beside: str, point: str
) -> None:
    files = {"zoo_net/__init__.py": "1 / 0"} if "/" in module else {}
    install(
        "zoo-net",
        files | {module: "1 / 0", beside: '[net.a]\nsummary = "x"\n[mlp.net]\nsummary = "y"'},
        {ARCHITECTURES: f"net = {point}"},
    )
    assert {"net.a", "mlp.net"} <= set(zoo.list_models())
    assert catalog().problems == []
    assert "zoo_net" not in sys.modules


def test_a_package_of_datasets_may_offer_models_too(install: Install) -> None:
    install(
        "zoo-set",
        {
            "zoo_set/__init__.py": "",
            "zoo_set/registry.toml": ENTRY.format("a", "x") + 'dataset = "set"',
        },
        {DATASETS: "set = zoo_set"},
    )
    assert catalog().get("mlp.a").dataset == "set"


def test_a_file_beside_a_single_module_of_another_name_is_nobodys(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": "", "registry.toml": ENTRY.format("a", "x")}, NET)
    assert "mlp.a" not in zoo.list_models()


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_of_a_package_hurts_only_that_package(install: Install, case: str) -> None:
    text, problem = BROKEN[case]
    site = install("zoo-net", {"zoo_net/__init__.py": ""}, NET)
    (site / "zoo_net" / "registry.toml").write_bytes(
        text if isinstance(text, bytes) else text.encode()
    )
    assert "mlp.digits" in zoo.list_models()
    (said,) = catalog().problems
    assert said.startswith(f"zoo-net 1.0: {site / 'zoo_net' / 'registry.toml'}")
    assert problem in said
    with pytest.raises(zoo.UnknownName, match=r"no model 'net\.a'.*Broken catalogs: zoo-net 1\.0"):
        catalog().get("net.a")


def test_the_shell_lists_the_rest_and_warns(install: Install) -> None:
    install("zoo-net", {"zoo_net/__init__.py": "", "zoo_net/registry.toml": "[net\n"}, NET)
    listed = subprocess.run(
        [sys.executable, "-m", "zoo", "list"], capture_output=True, text=True, check=True
    )
    assert "mlp.digits" in listed.stdout
    assert listed.stderr.startswith("Warning: a catalog was left out. zoo-net 1.0: ")
    assert len(listed.stderr.splitlines()) == 1


def test_a_model_of_two_packages_is_refused_and_both_files_are_named(install: Install) -> None:
    files = {"{}/__init__.py": "", "{}/registry.toml": ENTRY.format("ours", "x")}
    for name in ("zoo_one", "zoo_two"):
        install(
            name.replace("_", "-"),
            {path.format(name): text for path, text in files.items()},
            {ARCHITECTURES: f"{name} = {name}"},
        )
    said = r"'mlp\.ours' is offered by two packages, in .*zoo_one.* and .*zoo_two.*Uninstall one"
    with pytest.raises(zoo.CatalogError, match=said):
        zoo.create("mlp.ours", input_shape=(4,), classes=2)
    assert "mlp.ours" in zoo.list_models()
    assert zoo.describe("mlp.digits").name == "mlp.digits"
    write_catalog(ENTRY.format("ours", "mine decides"))
    assert catalog().get("mlp.ours").summary == "mine decides"


def test_a_package_cannot_replace_a_model_of_ours_in_silence(install: Install) -> None:
    files = {"zoo_net/__init__.py": "", "zoo_net/registry.toml": ENTRY.format("digits", "mine now")}
    install("zoo-net", files, NET)
    with pytest.raises(zoo.CatalogError, match=r"offered by two packages, in .*registry\.toml and"):
        catalog().get("mlp.digits")


def test_ten_thousand_models_are_a_catalog() -> None:
    path = write_catalog("".join(ENTRY.format(f"m{at}", "One of many") for at in range(10_000)))
    many = Catalog({path: None})
    assert len(many.names()) == len(many.find("mlp.m*")) == 10_000
    assert [entry.name for entry in many.find("mlp.m77?")] == [f"mlp.m77{at}" for at in range(10)]
    with pytest.raises(zoo.UnknownName, match=r"Did you mean mlp\.m5"):
        many.get("mlp.m5oo")


def test_the_catalog_is_read_once_until_it_is_forgotten() -> None:
    before = catalog()
    Path("registry.toml").write_text("[broken")
    assert catalog() is before
    forget_installed()
    with pytest.raises(zoo.CatalogError):
        catalog()


def test_a_missing_module_is_named_for_its_models_too(install: Install) -> None:
    install("zoo-net", {}, {ARCHITECTURES: "net = zoo_nowhere"})
    said = r"'net' of zoo-net 1\.0 cannot be imported from zoo_nowhere: ModuleNotFoundError"
    for name in ("net", "net.digits"):
        with pytest.raises(zoo.PluginError, match=said):
            zoo.describe(name)
    assert "mlp.digits" in zoo.list_models()
    assert catalog().problems == [
        "zoo-net 1.0: the module of the architecture 'net' does not exist."
    ]


def test_models_of_a_disabled_architecture_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DISABLE", "mlp,mnist")
    write_catalog(ENTRY.format("a", "x"))
    assert zoo.list_models("mlp.*") == []
    assert catalog().get("cnn.mnist").dataset == "mnist"
    with pytest.raises(zoo.UnknownName, match="'mlp' is switched off by ZOO_DISABLE"):
        catalog().get("mlp.a")
