"""Fuzz the parsers of files from elsewhere by coverage, with atheris (pip install atheris; Linux and macOS).

    python -m tests.hostile.coverage_fuzz toml -max_total_time=60

The first word is a parser of `tests.hostile.fuzz`; what follows it are options of libFuzzer. Honest files are
the first inputs. An input that raises something else than an error of the zoo is kept as crash-DIGEST.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["zoo", "tomllib", "zipfile", "json", "csv"]):
    import zoo
    from tests.hostile.fuzz import PARSERS


def main() -> None:
    """Fuzz one parser until libFuzzer ends it."""
    name, *options = sys.argv[1:]
    file, parse, honest, _ = PARSERS[name]
    with tempfile.TemporaryDirectory() as folder:
        corpus, path = Path(folder, "corpus"), Path(folder, file)
        corpus.mkdir()
        for number, content in enumerate(honest):
            (corpus / f"{number}").write_bytes(content)

        def try_input(content: bytes) -> None:
            path.write_bytes(content)
            with contextlib.suppress(zoo.ZooError):
                parse(path)

        atheris.Setup([sys.argv[0], str(corpus), "-timeout=10", *options], try_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
