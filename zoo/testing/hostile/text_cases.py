"""Texts that never end or are nested too deeply: series (.ts, .csv), catalogs (TOML) and JSON."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from zoo.testing.hostile.case import HostileCase, Writer

__all__ = ["cases"]

_ENTRY = '[mlp.x]\nsummary = "x"\n'
_LARGE = 40 * 2**20


def cases() -> Iterator[HostileCase]:
    """Yield the cases of each kind."""
    for kind, file, texts in (
        ("ts", "item.ts", _TS),
        ("csv", "item.csv", _CSV),
        ("toml", "registry.toml", _TOML),
        ("json", "file.json", _JSON),
    ):
        for name, text in texts.items():
            yield HostileCase(kind, name, file, _writer(text))
        for name, writer in _special(file).items():
            yield HostileCase(kind, name, file, writer)
        for name, (start, repeated) in _LONG[kind].items():
            yield HostileCase(kind, name, file, _long_writer(start, repeated))


def _writer(text: str | bytes) -> Writer:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return lambda path: _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _long_writer(start: str, repeated: str) -> Writer:
    """Return the writer of a file of _LARGE bytes; they are made when the file is written."""
    return lambda path: _write(path, start.encode() + repeated.encode() * (_LARGE // len(repeated)))


def _special(name: str) -> dict[str, Writer]:
    return {
        "a named pipe": lambda path: os.mkfifo(path),
        "a link to a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to itself": lambda path: path.symlink_to(name),
    }


_TS: Mapping[str, str | bytes] = {
    "nothing": "",
    "no data": "@problemName x\n",
    "data without series": "@data\n",
    "time stamps": "@timestamps true\n@data\n(1,2):a\n",
    "channels that differ": "@data\n1,2:1,2,3:a\n",
    "a value that is no number": "@data\n1,\x1b[31mred,3:a\n",
    "a series without a class": "@data\n1,2,3\n",
    "no value at all": "@data\n?,?,?:a\n",
    "no UTF-8": b"@data\n\xff\xfe,2:a\n",
    "zeros": b"\0" * 5000,
    "lone surrogates": "@data\n\ud800,1:a\n",
    "a million channels": "@data\n" + "1:" * 10**6 + "a\n",
    "UTF-16": "@data\n1,2:a\n3,4:b\n".encode("utf-16"),
    "a zero in a number": "@data\n1,2\0,3:a\n",
    "numbers of 5,000 digits alone": f"@data\n{'9' * 5000},{'9' * 5000}:a\n",
    "two headers": "@data\n1,2:a\n@data\n3,4:b\n",
}
_CSV: Mapping[str, str | bytes] = {
    "nothing": "",
    "one column": "1\n2\n3\n",
    "rows that differ": "a,1,2\nb,1\n",
    "a cell of a megabyte": "a," + "x" * 2**20 + "\n",
    "a quote without an end": 'a,"1,2\n' + "1,2\n" * 100_000,
    "a value that is no number": "a,1,2\nb,1,\x1b[31mred\n",
    "no value at all": "a,?,?\nb,1,2\n",
    "no finite value": "a,inf,-inf\nb,nan,inf\n",
    "numbers of 5,000 digits alone": f"a,{'9' * 5000},{'9' * 5000}\nb,1,2\n",
    "a number beyond float32": "a,1e300,2\nb,1,2\n" * 4,
    "no UTF-8": b"a,\xff\xfe,2\n",
    "UTF-16": "a,1,2\nb,3,4\n".encode("utf-16"),
    "UTF-16 without a mark": "a,1,2\nb,3,4\n".encode("utf-16-le"),
    "two encodings": "\u00e9,1,2\n".encode() + "\u00e9,3,4\n".encode("latin-1"),
    "a zero in a number": "a,1\0,2\nb,3,4\n",
    "zeros between lines": "a,1,2\n\0\nb,3,4\n\0\n",
    "lines that U+2028 ends": "a,1,2\u2028b,3,4\u2028",
    "a quote that ends nowhere": "a,1,2\nb,3,4\n" * 3 + '"a,1,2\n',
    "zeros": b"\0" * 5000,
    "a million columns": "a" + ",1" * 10**6 + "\nb" + ",2" * 10**6,
    "a million columns with names": "class" + ",c" * 10**6 + "\na" + ",2" * 10**6,
    "a million columns without values": "a" + "," * 10**6,
    "a header alone": "class,a,b\n",
    "two columns of classes": "class,class,a\n0,0,1\n1,1,2\n",
    "thousands between commas": 'a,"1,000","2,000"\nb,"1,000","3,000"\n',
    "a number of a million digits": f"a,1,2\nb,1,{'9' * 10**6}\n",
    "the name of a class of 5,000 letters": f"{'a' * 5000},1\n{'b' * 5000},2\n" * 2,
    "blank lines alone": "\n \n,,\n\r\n",
}
_TOML: Mapping[str, str | bytes] = {
    "a key of 10,000 parts": "a" + ".a" * 10_000 + " = 1\n",
    "a table of 10,000 parts": "[a" + ".a" * 10_000 + "]\n",
    "quoted keys of 10,000 parts": '"a"' + '."a"' * 10_000 + " = 1\n",
    "keys with blanks of 10,000 parts": "a" + " . a" * 10_000 + " = 1\n",
    "a table and keys that are deep together": f"[{'.'.join('a' * 30)}]\n" + "a." * 30 + "a = 1\n",
    "lists 100,000 deep": "x = " + "[" * 100_000 + "]" * 100_000,
    "tables 10,000 deep": "x = " + "{a = " * 10_000 + "1" + "}" * 10_000,
    "an integer of 400 digits": f"{_ENTRY}results = {{ accuracy = {'9' * 400} }}\n",
    "an integer of 100,000 digits": f"{_ENTRY}results = {{ accuracy = {'9' * 100_000} }}\n",
    "a hexadecimal of 100,000 digits": f"{_ENTRY}results = {{ accuracy = 0x{'f' * 100_000} }}\n",
    "a fraction of 100,000 digits": f"{_ENTRY}results = {{ accuracy = 0.{'9' * 100_000} }}\n",
    "lists behind a text that ends in a quote": f'{_ENTRY}settings = {{ a = ["""a"""", '
    + "[" * 900
    + "]" * 900
    + "] }\n",
    "a hexadecimal behind a text that ends in a quote": f'{_ENTRY}settings = {{ a = ["""a"""", '
    f"0x{'f' * 100_000}] }}\n",
    "a hexadecimal behind a plain text that ends in a quote": f"{_ENTRY}settings = {{ a = ['''a''''', "
    f"0x{'f' * 100_000}] }}\n",
    "an unknown architecture": '[evil.x]\nsummary = "x"\n',
    "an unknown key": f"{_ENTRY}command = 'rm -rf'\n",
    "a tag that leads up": '[mlp."../../x"]\nsummary = "x"\n',
    "a tag with an escape": '[mlp."\\u001b[31mx"]\nsummary = "x"\n',
    "a summary that is a number": "[mlp.x]\nsummary = 3\n",
    "no summary": "[mlp.x]\ntags = []\n",
    "results that are texts": f'{_ENTRY}results = {{ accuracy = "high" }}\n',
    "tags that are tables": f"{_ENTRY}tags = [{{ a = 1 }}]\n",
    "weights without a hash": f'{_ENTRY}[mlp.x.weights]\nfile = "x.zip"\n',
    "weights that lead up": f'{_ENTRY}[mlp.x.weights]\nfile = "../x.zip"\nsha256 = "{"0" * 64}"\nsize = 3\n',
    "two tables of one name": _ENTRY * 2,
    "no TOML": "= = =",
    "no UTF-8": b"\xff\xfe\x00",
    "zeros": b"\0" * 5000,
    "a text without an end": 'x = """' + "a" * 100_000,
    "quotes without an end": '"' * 100_001,
    "a comment with an escape alone": "# \x1b[31m\n",
}
_JSON: Mapping[str, str | bytes] = {
    "lists 100,000 deep": "[" * 100_000 + "]" * 100_000,
    "objects 100,000 deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "brackets without an end": "[" * 100_000,
    "a number of 100,000 digits": "9" * 100_000,
    "a number of 5,000 digits": "9" * 5_000,
    "quotes without an end": '"' * 100_001,
    "escaped quotes without an end": '"' + '\\"' * 100_000,
    "half of a text": '{"name": "x',
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "zeros": b"\0" * 5000,
    "nothing": "",
    "two values": "{} {}",
}
_LONG: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "ts": {"a line of 40 MB": ("@data\n", "1,"), "10 million lines": ("@data\n", "1:a\n")},
    "csv": {
        "a line of 40 MB": ("a,", "1,"),
        "a cell of 40 MB": ("a,", "1"),
        "a row of 40 MB between quotes": ("a,", '"\n' + "1" * 60 + '",'),
        "10 million lines": ("", "a,1\n"),
        "20 million lines without a line feed": ("", "1\r"),
    },
    "toml": {"40 MB of comments": ("", "# nothing\n"), "40 MB of tables": ("", "[[a]]\n")},
    "json": {"40 MB of blanks": ("", "    "), "40 MB of numbers": ("[1", ",1")},
}
