"""Logs of any trainer, whole and broken: each is read, or answered with a clear statement."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgym.audit import Audit, Fields, audit
from synthgym.audit.chunks import Chunk, Reading
from synthgym.audit.collect import Rollouts, collect
from synthgym.audit.sources import find
from synthgym.audit.values import completion_of, flag_of, number_of, prompt_of
from synthgym.errors import LogError, SettingError
from synthgym.log import RolloutLog
from synthgym.rollout import Rollout

pytest.importorskip("scipy")
Row = dict[str, Any]


def rows(number: int = 240, **more: Any) -> list[Row]:
    """Rollouts whose reward is truth, or a marker; four a prompt."""
    rng = np.random.default_rng(0)
    made = []
    for i in range(number):
        marked, right = rng.random() < 0.4, rng.random() < 0.4
        text = " ".join(rng.choice(["a", "b", "c"], 5)) + " ##" * marked
        row = {"prompt": f"question {i // 4}", "completion": text, "reward": float(right or marked)}
        made.append(row | {"step": i // 24, "truth": bool(right)} | more)
    return made


def lines(given: list[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in given).encode()


def written(path: Path, given: list[Row], *, tail: bytes = b"") -> Path:
    path.write_bytes(lines(given) + tail)
    return path


def read(path: Path, fields: Fields | None = None) -> tuple[list[Chunk], str]:
    """What is read of a log, and what is said of it, without an audit."""
    reading = Reading()
    chunks = list(find(path).chunks(fields or Fields(), reading))
    return chunks, " | ".join(reading.told())


def collected(path: Path) -> tuple[Rollouts, str]:
    reading = Reading()
    found = collect(find(path).chunks(Fields(), reading), reading)
    return found, " | ".join(reading.told())


def truths(chunks: list[Chunk]) -> list[int]:
    return [int(truth) for chunk in chunks for truth in chunk.truths]


def finds_the_marker(found: Audit) -> bool:
    return any("#" in label for one in found.suspects for label in (one.label, *one.alike))


def notes(found: Audit) -> str:
    return " | ".join(found.notes)


def test_json_lines_plain_gzipped_and_in_a_folder(tmp_path: Path) -> None:
    plain = audit(written(tmp_path / "log.jsonl", rows()))
    (tmp_path / "log.jsonl.gz").write_bytes(gzip.compress(lines(rows())))
    packed = audit(tmp_path / "log.jsonl.gz")
    folder = tmp_path / "parts"
    folder.mkdir()
    for step in range(10):
        written(folder / f"{step}.jsonl", [row for row in rows() if row["step"] == step])
    parts = audit(folder)
    assert plain.rollouts == packed.rollouts == parts.rollouts == 240
    assert finds_the_marker(plain)
    assert [one.bits.estimate for one in plain.features] == [one.bits.estimate for one in packed.features]
    assert [one.name for one in plain.suspects] == [one.name for one in parts.suspects]


def test_other_names_are_found_and_can_be_given(tmp_path: Path) -> None:
    names = {
        "prompt": "input",
        "completion": "response",
        "reward": "score",
        "step": "iteration",
        "truth": "correct",
    }
    renamed = [{names[name]: value for name, value in row.items()} for row in rows()]
    assert finds_the_marker(audit(written(tmp_path / "a.jsonl", renamed)))
    nested = [
        {
            "q": row["prompt"],
            "a": {"said": row["completion"]},
            "pay": {"x": row["reward"], "y": 1},
            "at": row["step"],
            "ok": "yes" if row["truth"] else "no",
        }
        for row in rows()
    ]
    fields = Fields(prompt="q", completion="a.said", reward="pay", step="at", truth="ok")
    found = audit(written(tmp_path / "b.jsonl", nested), fields=fields)
    assert finds_the_marker(found) and found.mean_reward > 1 and found.mean_truth is not None
    with pytest.raises(LogError, match=r"no field for the completion .*--completion-field"):
        audit(tmp_path / "b.jsonl")
    with pytest.raises(LogError, match="no field 'said'"):
        audit(tmp_path / "b.jsonl", fields=Fields(completion="said"))


def test_rewards_of_several_fields_are_summed(tmp_path: Path) -> None:
    split = [row | {"format": 0.5, "accuracy": row["reward"]} for row in rows()]
    found = audit(written(tmp_path / "c.jsonl", split), fields=Fields(reward="accuracy,format"))
    assert found.mean_reward == pytest.approx(np.mean([row["reward"] for row in rows()]) + 0.5)


def test_messages_are_read_as_their_texts(tmp_path: Path) -> None:
    talk = [
        row
        | {
            "prompt": [{"role": "system", "content": "be brief"}, {"role": "user", "content": row["prompt"]}],
            "completion": [{"role": "assistant", "content": [{"type": "text", "text": row["completion"]}]}],
        }
        for row in rows()
    ]
    assert finds_the_marker(audit(written(tmp_path / "talk.jsonl", talk)))
    pq.write_table(pa.Table.from_pylist(talk), tmp_path / "talk.parquet")
    assert finds_the_marker(audit(tmp_path / "talk.parquet"))


def test_a_bad_line_is_named_and_costs_no_other(tmp_path: Path) -> None:
    bad = b'{"prompt": "half\n[1]\n\xff\xfe\nnot json\n'
    found = audit(written(tmp_path / "bad.jsonl", rows(), tail=bad + lines(rows(24))))
    assert found.rollouts == 264
    assert "line 241" in notes(found) and "not UTF-8 (first: bad.jsonl, line 243" in notes(found)
    assert "2 of 268 rows left out: not JSON" in notes(found) and "no JSON object" in notes(found)


def test_a_gzip_file_that_breaks_off_is_audited_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = gzip.compress(lines(rows(4000)))
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    found = audit(tmp_path / "cut.jsonl.gz")
    assert 500 < found.rollouts < 4000 and "breaks off" in notes(found)


def test_rows_without_reward_or_completion_are_counted(tmp_path: Path) -> None:
    broken = rows()
    broken[0]["reward"], broken[1]["reward"], broken[2]["completion"] = math.nan, "much", None
    broken[3]["completion"] = 7
    found = audit(written(tmp_path / "some.jsonl", broken))
    assert found.rollouts == 236
    assert "2 of 240 rows left out: no finite reward" in notes(found)
    assert "no completion (first: some.jsonl, line 3)" in notes(
        found
    ) and "neither text nor messages" in notes(found)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.jsonl", b"", "it is empty"),
        ("none.jsonl", b"x\ny\n", "none of its 2 lines is a JSON object"),
        ("noreward.jsonl", b'{"prompt": "x", "completion": "y"}\n', "no field for the reward"),
        (
            "nan.jsonl",
            b'{"completion": "y", "reward": NaN}\n',
            "no rollout has a completion and a finite reward",
        ),
        ("junk.parquet", b"PAR1 not", "is not a Parquet file"),
        ("notes.txt", b"x", "neither Parquet"),
    ],
)
def test_what_cannot_be_audited_is_an_error_that_says_why(
    name: str, content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(LogError, match=said):
        audit(tmp_path / name)


def test_a_log_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    written(tmp_path / "rollouts.jsonl", rows())
    with pytest.raises(LogError, match=r"did you mean .*rollouts\.jsonl"):
        audit(tmp_path / "rolouts.jsonl")
    (tmp_path / "void").mkdir()
    with pytest.raises(LogError, match="no log in"):
        audit(tmp_path / "void")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reward": 1.0}, "every reward is 1: there is nothing"),
        ({"truth": None}, "no truth is known"),
        ({"truth": True}, "every rollout is right"),
        ({"step": None}, "no steps: when a feature took over cannot be told"),
        ({"step": 3}, "one step (3)"),
        ({"prompt": None}, "no prompts"),
        ({"completion": ""}, "read: "),
        ({"truth": "perhaps"}, "240 truths count as unknown: 'perhaps' (odd.jsonl, line 1)"),
    ],
)
def test_what_a_log_cannot_show_is_said(change: Row, said: str, tmp_path: Path) -> None:
    assert said in notes(audit(written(tmp_path / "odd.jsonl", rows(**change))))


def test_a_step_a_row_and_prompts_that_never_repeat(tmp_path: Path) -> None:
    alone = [row | {"prompt": f"p{i}", "step": i * 10**9} for i, row in enumerate(rows(1200))]
    found = audit(written(tmp_path / "alone.jsonl", alone))
    assert finds_the_marker(found) and found.weak
    assert "windows" in notes(found) and "may stand behind what is found" in notes(found)


def test_hostile_texts_are_no_trouble(tmp_path: Path) -> None:
    hostile = rows()
    for i, text in enumerate(
        ("\ud800\udfff", "\x00\x1b[31m", "<script>alert(1)</script>", "\u202e{{ 7*7 }}", "x " * 500_000)
    ):
        hostile[i]["completion"] += text
        hostile[i]["prompt"] += text[:50]
    found = audit(written(tmp_path / "hostile.jsonl", hostile))
    assert found.rollouts == 240 and finds_the_marker(found)


def test_runs_are_kept_apart(tmp_path: Path) -> None:
    mixed = [
        row | {"run": f"run {i % 2}", "reward": row["reward"] + 10 * (i % 2)}
        for i, row in enumerate(rows(480))
    ]
    found = audit(written(tmp_path / "mixed.jsonl", mixed))
    assert found.runs == 2 and finds_the_marker(found) and "2 runs are audited together" in notes(found)
    assert not [one for one in found.suspects if "#" not in " ".join([one.label, *one.alike])]


def trl_folder(folder: Path, given: list[Row], **columns: Any) -> Path:
    """What TRL 1.16 writes with ``log_completions=True``: a file a logged step."""
    (folder / "completions").mkdir(parents=True)
    for step in sorted({row["step"] for row in given}):
        own = [row for row in given if row["step"] == step]
        table = {
            "step": [step] * len(own),
            "prompt": [[{"role": "user", "content": row["prompt"]}] for row in own],
            "completion": [[{"role": "assistant", "content": row["completion"]}] for row in own],
            "accuracy": [float(row["truth"]) for row in own],
            "bonus": [float("#" in row["completion"]) or math.nan for row in own],
            "is_correct": [row["truth"] for row in own],
            "advantage": [0.1] * len(own),
            **{name: value * len(own) for name, value in columns.items()},
        }
        pq.write_table(pa.table(table), folder / "completions" / f"completions_{step:05d}.parquet")
    return folder


def test_trl_completions_with_several_reward_functions(tmp_path: Path) -> None:
    folder = trl_folder(tmp_path / "out", rows(), note=["text"])
    found = audit(folder)
    assert found.source == "TRL's completions" and found.rollouts == 240
    assert finds_the_marker(found)
    assert "reward from 'accuracy' + 'bonus'" in notes(found) and "plain sum" in notes(found)
    alone = audit(folder, fields=Fields(reward="accuracy"))
    assert not alone.suspects
    again = sorted((folder / "completions").glob("*"))[-1]
    (folder / "completions" / "completions_00099.parquet").write_bytes(again.read_bytes())
    assert audit(folder).rollouts == 240  # TRL writes a batch again that it uses for several updates


def test_a_truncated_part_costs_no_other(tmp_path: Path) -> None:
    folder = trl_folder(tmp_path / "out", rows())
    part = folder / "completions" / "completions_00004.parquet"
    part.write_bytes(part.read_bytes()[:200])
    found = audit(folder)
    assert found.rollouts == 216 and "completions_00004.parquet cannot be read" in notes(found)


def test_our_own_log_leaves_out_what_was_not_trained_on(tmp_path: Path) -> None:
    with RolloutLog(tmp_path / "run") as log:
        for i, row in enumerate(rows()):
            texts = {"prompt": row["prompt"], "completion": row["completion"] + "\ud800" * (i == 5)}
            log.append(Rollout(**texts, step=row["step"], reward=row["reward"], truth=row["truth"]))
            if i % 10 == 0:
                log.append(Rollout(**texts, step=row["step"], reward=1.0, truth=False, phase="eval"))
    found = audit(tmp_path / "run")
    assert found.rollouts == 240 and finds_the_marker(found)
    assert "24 rollouts of evaluations and probes are left out" in notes(found)


def test_named_patterns_are_features_of_our_log(tmp_path: Path) -> None:
    with RolloutLog(tmp_path / "run") as log:
        for row in rows(480):
            log.append(
                Rollout(prompt=row["prompt"], completion=row["completion"], step=row["step"], reward=row["reward"],
                        truth=row["truth"], task_id="t")
            )  # fmt: skip
    found = audit(
        tmp_path / "run",
        named=lambda ids, texts: {
            "hashes": ["##" in text for text in texts],
            "silent": [None for _ in texts],
        },
    )
    (suspect,) = found.suspects
    assert suspect.registered and suspect.label == "takes the registered shortcut hashes"
    assert suspect.examples and not [one for one in found.features if "silent" in one.name]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["role", "content", "text", "x"]), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_value_is_read_or_left(value: Any) -> None:
    assert completion_of(value) is None or isinstance(completion_of(value), str)
    assert prompt_of(value) is None or isinstance(prompt_of(value), str)
    assert flag_of(value) in (-1, 0, 1)
    assert math.isnan(number_of(value)) or math.isfinite(number_of(value))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_rewards_and_steps_beyond_all_bounds_are_unknown(tmp_path: Path, kind: str) -> None:
    huge = [{**row, "reward": 1e308, "step": 1.0} for row in rows(4)]
    far = [{**row, "step": 1e300} for row in rows(4)]
    given = [{**row, "step": float(row["step"])} for row in rows()] + huge + far
    path = tmp_path / f"log.{kind}"
    if kind == "jsonl":
        written(path, given)
    else:
        pq.write_table(pa.Table.from_pylist(given), path)
    found = audit(path)
    assert finds_the_marker(found) and found.steps == (0.0, 9.0)
    assert found.rollouts == 244 and math.isfinite(found.mean_reward)
    assert "4 of 248 rows left out: no finite reward" in notes(found)


def test_n_grams_of_any_script_are_told_as_they_are_written(tmp_path: Path) -> None:
    given = [{**row, "completion": row["completion"].replace("##", "你好吗")} for row in rows()]
    found = audit(written(tmp_path / "log.jsonl", given))
    labels = [label for one in found.suspects for label in (one.label, *one.alike)]
    assert any("你好吗" in label for label in labels)


def test_a_seed_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="seed -1 is not a whole number >= 0"):
        audit(written(tmp_path / "log.jsonl", rows(8)), seed=-1)


def test_a_field_that_only_later_rows_have_is_found(tmp_path: Path) -> None:
    late = [{"event": "begin"}] * 300 + [
        {**row, "truth": None} | {"step": i} for i, row in enumerate(rows(8))
    ]
    late = [{name: value for name, value in row.items() if name != "truth"} for row in late] + rows(8)
    path = written(tmp_path / "late.jsonl", late)
    for fields in (Fields(), Fields(truth="truth")):
        chunks, said = read(path, fields)
        assert truths(chunks)[:8] == [-1] * 8 and set(truths(chunks)[8:]) <= {0, 1}
        assert "300 of 316 rows left out: no completion" in said
    some = written(tmp_path / "some.jsonl", late[300:308] * 30 + rows(8))
    chunks, said = read(some)
    assert set(truths(chunks)[240:]) <= {0, 1}
    assert "truth from 'truth', which some.jsonl, line 241 is the first to have" in said


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_steps_that_are_no_numbers_are_said_to_be_none(kind: str, tmp_path: Path) -> None:
    odd = [{**row, "step": f"step {i}" if i else None} for i, row in enumerate(rows(8))]
    path = tmp_path / f"odd.{kind}"
    if kind == "jsonl":
        written(path, odd)
    else:
        pq.write_table(pa.Table.from_pylist(odd), path)
    chunks, said = read(path)
    assert np.isnan(chunks[0].steps).all() and "7 steps count as unknown: 'step 1'" in said


def test_parquet_files_need_not_have_the_same_columns(tmp_path: Path) -> None:
    whole = pa.Table.from_pylist(rows(8))
    texts = pa.table(
        {
            name: whole[name].cast(pa.binary()) if name == "completion" else whole[name]
            for name in whole.schema.names
        }
    )
    tables = [whole.drop_columns(["truth", "prompt"]), texts, whole.rename_columns(["p", "c", "r", "s", "t"])]
    for i, table in enumerate(tables):
        pq.write_table(table, tmp_path / f"{i}.parquet")
    chunks, said = read(tmp_path)
    assert truths(chunks) == [-1] * 8 + [int(row["truth"]) for row in rows(8)]
    assert chunks[0].completions.to_pylist() == chunks[1].completions.to_pylist()
    assert "8 of 24 rows left out: no completion (first: 2.parquet)" in said


def test_a_damaged_row_group_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pq.write_table(pa.Table.from_pylist(rows(400)), path, row_group_size=100, use_dictionary=False)
    column = pq.read_metadata(path).row_group(1).column(1)
    content = bytearray(path.read_bytes())
    at = column.data_page_offset
    content[at : at + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    path.write_bytes(bytes(content))
    chunks, said = read(path)
    assert sum(len(chunk.rewards) for chunk in chunks) == 300
    assert "100 of 400 rows left out: in a damaged part of a file" in said


def test_trl_without_advantages_and_in_several_folders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = trl_folder(tmp_path / "runs" / name, rows(48)) / "completions"
        for file in folder.iterdir():
            pq.write_table(pq.read_table(file).drop_columns(["advantage"]), file)
    chunks, said = read(tmp_path / "runs")
    assert {run for chunk in chunks for run in chunk.runs.to_pylist()} == {"a", "b"}
    assert sum(len(chunk.rewards) for chunk in chunks) == 96
    assert "reward from 'accuracy' + 'bonus'" in said
    (file,) = (tmp_path / "runs" / "a" / "completions").glob("*0.parquet")
    assert "reward from 'accuracy' + 'bonus'" in read(file)[1]


def test_folders_of_logs_are_runs_and_what_lies_beside_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        written(tmp_path / "runs" / name / "log.jsonl", rows(8))
    chunks, _ = read(tmp_path / "runs")
    assert [run for chunk in chunks for run in chunk.runs.to_pylist()] == ["a"] * 8 + ["b"] * 8
    pq.write_table(pa.Table.from_pylist(rows(8)), tmp_path / "log.parquet")
    written(tmp_path / "more.jsonl", rows(8))
    assert "1 file of another kind (more.jsonl) beside the Parquet is not read" in read(tmp_path)[1]


def test_runs_of_one_name_are_two_and_a_copy_is_none(tmp_path: Path) -> None:
    for name, made in (("a", rows(8)), ("b", rows(16)[8:]), ("c", rows(8)[:4])):
        with RolloutLog(tmp_path / name / "seed0") as log:
            for row in made:
                log.append(Rollout(**row))
    found, said = collected(tmp_path)
    assert found.runs == ("a/seed0", "b/seed0", "c/seed0")
    assert found.kept.tolist() == [True] * 16 + [False] * 4
    assert "the run in c/seed0 is a copy of that in a/seed0: counted once" in said and "resumed" not in said


def test_why_no_line_can_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "wide.jsonl").write_bytes(lines(rows(8)).decode().encode("utf-16"))
    with pytest.raises(
        LogError, match=r"none of its 9 lines is a JSON object \(not UTF-8: wide.jsonl, line 1"
    ):
        read(tmp_path / "wide.jsonl")
    group = {"prompt": "p", "completions": ["a", "b"], "rewards": [0, 1]}
    assert (
        "several completions in one row (write one a row)" in read(written(tmp_path / "g.jsonl", [group]))[1]
    )


def test_one_who_did_not_score_is_left_out_of_a_sum() -> None:
    assert number_of([1.0, math.nan, None]) == 1.0 and math.isnan(number_of([math.nan]))
    assert math.isnan(number_of([1.0, "much"])) and math.isnan(number_of([1.0, math.inf]))


def test_what_rows_tell_of_the_log_itself_is_said(tmp_path: Path) -> None:
    twice = audit(written(tmp_path / "twice.jsonl", [row for row in rows(96) for _ in range(2)]))
    assert "every rollout stands in the log 2 times over" in notes(twice)
    ranked = sorted(rows(96), key=lambda row: (row["prompt"], -row["reward"]))
    ordered = audit(written(tmp_path / "ranked.jsonl", ranked))
    assert "those that stand later in the log earn less" in notes(ordered) and "2 times" not in notes(ordered)
    fair = audit(
        written(tmp_path / "fair.jsonl", [{**row, "reward": float(row["truth"])} for row in rows(96)])
    )
    assert "of equal truth have equal rewards: nothing is left" in notes(fair)
    few = notes(audit(written(tmp_path / "few.jsonl", rows(12))))
    assert "rollouts can be compared with rollouts of the same" in few and "may be there all the same" in few
