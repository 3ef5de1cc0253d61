"""docs/portability.md: what the rows of the matrix count, what replaces what, and what got worse."""

import json
from pathlib import Path

from benchmarks.portability_page import Row, key_of, page, replace_rows, worse_verdicts

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "portability.json"
PAGE = Path(__file__).parents[1] / "docs" / "portability.md"


def row(part: str, format: str, runtime: str, verdict: str, problem: str = "") -> Row:
    """Return a row of the matrix."""
    return {
        "part": part,
        "format": format,
        "runtime": runtime,
        "verdict": verdict,
        "version": f"{runtime} 1.0",
        "difference": 1e-6 if verdict == "equal" else None,
        "ratio": 1.0 if verdict == "equal" else None,
        "problem": problem,
        "bytes": 0 if verdict == "refused" else 2048,
    }


def by_key(*rows: Row) -> dict[str, Row]:
    return {key_of(each): each for each in rows}


ROWS = (
    row("vae.a:decoder", "onnx", "tract", "equal"),
    row("vae.a:sampler", "onnx", "tract", "different", "off by 1"),
    row("vae.a:decoder", "dl4j", "dl4j", "equal"),
    row("vae.a:sampler", "dl4j", "", "refused", "no exponential"),
    row("vae.b:sampler", "dl4j", "", "refused", "no exponential"),
    row("vae.a:decoder", "coreml", "", "not run"),
)


def test_the_page_counts_what_was_tried_and_groups_what_is_refused_for_one_reason() -> None:
    lines = page(ROWS).splitlines()
    assert "| coreml | none | not run here; written: 1 of 1 |  | 0 |  |  |" in lines
    assert "| dl4j | dl4j (dl4j 1.0) | 1 of 3 | 0 | 2 | 1.0e-06 | 1, 1 |" in lines
    assert "| onnx | tract (tract 1.0) | 1 of 2 | 1 | 0 | 1.0e-06 | 1, 1 |" in lines
    why = "| vae.a:sampler, vae.b:sampler | dl4j | not written | refused | no exponential |"
    assert why in lines
    assert "| dl4j | dl4j | 1 of 3 |" in lines
    assert "| vae.a:decoder | 2 | 2 | 2 |" in lines
    assert not any("Start" in line for line in lines)


def test_times_have_a_table_and_stay_where_a_file_is_proved_again() -> None:
    timed = ROWS[0] | {"start": 0.5, "call": 0.002, "machine": "a machine"}
    again = replace_rows(by_key(timed, *ROWS[1:]), [ROWS[0]])
    text = page(list(again.values()))
    assert "on a machine" in text
    assert "| onnx | tract | 0.50 s, 2.00 ms |" in text
    wrong = replace_rows(by_key(timed), [row("vae.a:decoder", "onnx", "tract", "different")])
    assert "call" not in wrong["vae.a:decoder onnx tract"]


def test_a_file_that_is_written_now_replaces_the_refusal_and_other_runtimes_stay() -> None:
    now = row("vae.a:sampler", "dl4j", "dl4j", "equal")
    rows = replace_rows(by_key(*ROWS), [now])
    assert "vae.a:sampler dl4j " not in rows
    assert rows["vae.a:sampler dl4j dl4j"] == now
    assert rows["vae.b:sampler dl4j "] == ROWS[4]
    assert rows["vae.a:decoder onnx tract"] == ROWS[0]


def test_a_verdict_that_got_worse_is_a_line() -> None:
    before = by_key(*ROWS)
    worse = row("vae.a:decoder", "onnx", "tract", "refused", "Reshape")
    assert worse_verdicts([worse, *ROWS[1:]], before) == [
        "vae.a:decoder onnx tract: equal before, now refused: Reshape"
    ]
    better = row("vae.a:sampler", "onnx", "tract", "refused")
    assert not worse_verdicts([better, row("new.a:x", "onnx", "tract", "different")], before)
    unwritten = row("vae.a:decoder", "dl4j", "", "refused", "Dense")
    assert worse_verdicts([unwritten], before) == [
        "vae.a:decoder dl4j dl4j: equal before, now refused: Dense"
    ]


def test_the_page_is_made_of_the_committed_rows_and_nothing_in_it_differs() -> None:
    rows = list(json.loads(RESULTS.read_text()).values())
    assert PAGE.read_text() == page(rows)
    assert not [key_of(each) for each in rows if each["verdict"] == "different"]
