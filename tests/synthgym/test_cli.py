"""The command line: what it prints, and one clear line with status 2 for every mistake."""

import dataclasses
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import gymnasium
import pytest

import synthgym
from synthgym.cli import main
from synthgym.commands.parsing import NAMES, load
from synthgym.commands.words import settings_of
from synthgym.plugins import FAMILIES, VERIFIERS

HEAVY = ("torch", "transformers", "trl", "datasets", "scipy", "sympy", "altair")
BROKEN_FAMILY = """\
import synthgym

@synthgym.register_family
class NeverRight(synthgym.Family):
    domain = "math"

    def generate(self, rng, difficulty):
        return {"n": rng.integer(0, 99)}

    def question(self, facts, template):
        return f"{facts['n']}?"

    def solve(self, facts, template):
        return synthgym.Solution(steps=(), answer=str(facts["n"]))

    def is_correct(self, task, answer):
        return False

    def check_step(self, task, done, step):
        return False
"""


@pytest.fixture(autouse=True)
def nothing_of_these_tests_stays_registered() -> Iterator[None]:
    yield
    VERIFIERS._loaded.pop("short_ones", None)
    for name in ("never_right", "my_doubles"):
        FAMILIES._loaded.pop(name, None)
    for name in [name for name in gymnasium.registry if re.search("/(NeverRight|MyDoubles)", name)]:
        del gymnasium.registry[name]


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        status = main(arguments)
    except SystemExit as stop:  # the argument parser's own way out
        status = int(stop.code or 0)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_list_names_every_family(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "list", "--json")
    rows = json.loads(out)
    assert status == 0
    assert [row["family"] for row in rows] == synthgym.families()
    assert not [row for row in rows if "error" in row]
    assert said(capsys, "list")[0] == 0


@pytest.mark.parametrize("family", synthgym.families())
def test_show_judges_labelled_responses_at_every_granularity(
    family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = said(capsys, "show", family, "--seed", "0", "--json")
    shown = json.loads(out)
    rewards = {(row["response"], row["signal"]): row["reward"] for row in shown["verdicts"]}
    assert status == 0
    for granularity in ("binary", "rubric", "token"):
        assert rewards["right", granularity] == 1.0
        assert rewards["nearly right", granularity] < 0.5
        assert rewards["wrong", granularity] < 0.5
        assert rewards["shortcut constant_accepted", f"{granularity}+constant_accepted"] == 1.0
    assert synthgym.Task.from_json(json.dumps(shown["task"])).family == family


def test_show_prints_the_prompt_and_the_solution(capsys: pytest.CaptureFixture[str]) -> None:
    task = synthgym.get_family("chain_sum").task(0, difficulty=1)
    status, out, _ = said(capsys, "show", "chain_sum")
    assert status == 0
    assert task.prompt in out
    assert task.reference.answer in out


def test_play_judges_what_is_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = synthgym.get_family("chain_sum").task(0, difficulty=1, template="natural")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Answer: {task.reference.answer}\n\n"))
    status, out, _ = said(capsys, "play", "chain_sum")
    assert status == 0
    assert "truth 1.00" in out.replace("\n", " ")


def test_check_says_that_the_contract_was_kept(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "check", "sorting_trace", "--seeds", "20")
    assert status == 0
    assert "kept its contract" in out
    assert "worked solution" in out and "(" not in out


@pytest.mark.parametrize(
    ("arguments", "named", "right"),
    [
        (["show", "chain_som"], "'chain_som'", "chain_sum"),
        (["show", "chain_sum", "--difficulty", "11"], "11", "0 to 10"),
        (["show", "chain_sum", "--template", "compcat"], "'compcat'", "compact"),
        (["show", "chain_sum", "--split", "tset"], "'tset'", "test"),
        (["show", "chain_sum", "--answer-format", "boxd"], "'boxd'", "boxed"),
        (["show", "chain_sum", "--seed", "-1"], "-1", "0 to 2**63"),
        (["play", "chain_sum", "--signal", "binry"], "'binry'", "binary"),
        (["check", "nobody"], "'nobody'", "known"),
        (["train", "chain_som"], "'chain_som'", "chain_sum"),
        (["train", "chain_sum", "--signal", "tokn"], "'tokn'", "token"),
        (["train", "chain_sum", "--signal", "binary+constant"], "'constant'", "constant_accepted"),
        (["train", "chain_sum", "--algorithm", "gpro"], "'gpro'", "grpo"),
        (["train", "chain_sum", "--difficulty", "99"], "99", "0 to 10"),
        (["train", "chain_sum", "--start", "nosy"], "'nosy'", "noisy"),
        (["train", "chain_sum", "--steps", "0"], "0", ">= 1"),
        (["train", "chain_sum", "--batch-size", "10"], "10", "multiple of group_size 8"),
        (["train", "chain_sum", "--model", "/no/such/model"], "'/no/such/model'", "save_pretrained"),
        (["eval", "/no/such/model", "--family", "chain_sum"], "'/no/such/model'", "save_pretrained"),
        (["eval", "x", "--family", "chain_som"], "'chain_som'", "chain_sum"),
        (["report", "/no/such/run"], "/no/such/run", "run"),
        (["quickstart", "--processes", "0"], "0", ">= 1"),
        (["quickstart", "--seeds", "0"], "0", ">= 1"),
        (["scroe", "x.jsonl"], "'scroe'", "score"),
        (["show", "CHAIN-SUM"], "'CHAIN-SUM'", "chain_sum"),
        (["show", "ChainSum"], "'ChainSum'", "chain_sum"),
        ([], "which command", "quickstart, list, show"),
        (["--hlep"], "'--hlep'", "--help"),
        (["help", "scroe"], "'scroe'", "score"),
        (["show", "synthgym/ChainSum-v0"], "'synthgym/ChainSum-v0'", "did you mean chain_sum?"),
        (["show", "chain_sum", "--json=yes"], "'yes'", "takes no value"),
        (["check", "chain_sum", "--seeds", "0"], "seeds 0", "above 0"),
        (["check", "--verifier", "judges.py"], "'judges.py'", "judges.py:judge"),
        (["check", "--verifier", ""], "''", "FILE.py:OBJECT"),
        (
            ["play", "chain_sum", "--signal", "constant_acepted"],
            "'constant_acepted'",
            "binary+constant_accepted?",
        ),
        (["play", "chain_sum", "--signal", "shuffled"], "'shuffled'", "binary~shuffled?"),
        (["play", "chain_sum", "--signal", "binary:"], "'binary:'", "names no verifier"),
        (["play", "chain_sum", "--signal", "rubric~"], "'rubric~'", "names no control"),
        (["show"], "FAMILY is missing", "synthgym show --help"),
        (["show", "chain_sum", "--seed", "x"], "--seed 'x'", "not a whole number"),
        (["show", "chain_sum", "--seed"], "--seed", "lacks its value"),
        (["show", "chain_sum", "--tmplate", "compact"], "'--tmplate'", "--template"),
        (["show", "--family", "chain_sum"], "no option --family", "FAMILY stands by itself"),
        (["show", "chain_sum", "sorting_trace"], "sorting_trace", "too much on the line"),
        (["show", "chain_sum", "-q"], "'-q'", "--seed"),
        (["show", "chain_sum", "--import", "nowhere.py"], "'nowhere.py'", "no file"),
        (["show", "chain_sum", "--import", "no_such_module"], "'no_such_module'", "no module"),
        (["play", "chain_sum", "--feedback", "setp"], "'setp'", "step"),
        (["play", "chain_sum", "--max-turns", "0"], "0", "from 1 to"),
        (["check"], "check what", "--verifier NAME"),
        (["check", "chain_som"], "'chain_som'", "chain_sum"),
        (["check", "--verifier", "rubrik"], "'rubrik'", "rubric"),
        (["check", "--verifier", "binary:nobody"], "'nobody'", "rubric"),
        (["check", "--verifier", "json:dumsp"], "'dumsp'", "dumps"),
        (["check", "--verifier", "no_such_module:verify"], "'no_such_module'", "no module"),
        (["check", "--verifer", "rubric"], "'--verifer'", "--verifier"),
        (["train", "chain_sum", "--watch", "constant_acepted"], "'constant_acepted'", "constant_accepted"),
        (["train", "chain_sum", "--learning-rate", "fast"], "--learning-rate 'fast'", "FLOAT"),
        (["eval", "x"], "--family", "missing"),
        (["bench", "tokns"], "'tokns'", "tokens"),
        (["bench", "learnable", "--family", "chain_som"], "'chain_som'", "chain_sum"),
        (["export", "chain_som", "--out", "x.jsonl"], "'chain_som'", "chain_sum"),
        (["export", "chain_sum", "--out", "x.jsonl", "--format", "preferense"], "'preferense'", "preference"),
        (["export", "chain_sum", "--out", "x.jsonl", "--by", "truht"], "'truht'", "truth"),
        (["export", "chain_sum"], "--out", "missing"),
        (["score"], "FILE is missing", "synthgym score --help"),
        (["score", "no_such.jsonl"], "'no_such.jsonl'", "No such file"),
        (["score", "-", "--signal", "rubrik"], "'rubrik'", "rubric"),
        (["score", "-", "--compare", "rubrik"], "'rubrik'", "rubric"),
        (["score", "-", "--signal", "binary:nobody"], "'nobody'", "rubric"),
        (["score", "-", "--signl", "rubric"], "'--signl'", "--signal"),
        (["score", "-", "--signal", "binary+constant"], "'constant'", "constant_accepted"),
        (["score", "-", "--signal", "token~randon"], "'randon'", "random"),
        (["score", "-", "--signal", "binary+magic_token(strenth=1)"], "'strenth'", "strength"),
        (["score", "-", "--signal", "binary+magic_token(strength=lots)"], "'lots'", "number"),
        (["predict", "chain_som"], "'chain_som'", "chain_sum"),
        (["predict", "chain_sum", "--shortcut", "magic_tokn"], "'magic_tokn'", "magic_token"),
        (["audit", "no_such_run"], "'no_such_run'", "no"),
        (["score", "-", "--batch", "0"], "0", ">= 1"),
        (["completion", "bahs"], "'bahs'", "bash"),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str], named: str, right: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    status, _, err = said(capsys, *arguments)
    lines = err.strip().splitlines()
    assert status == 2
    assert len(lines) == 1, err
    assert lines[0].startswith("synthgym: ")
    assert named in lines[0]
    assert right in lines[0]
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_not_there_is_answered_with_one_that_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "completions.jsonl").write_text("")
    near = str(tmp_path / "completion.jsonl")
    for words in (
        ["score", near],
        ["list", "--data", near],
        ["bench", "verify", "--pairs", near],
        ["list", "--data", f"mine={near}"],
        ["report", near],
    ):
        status, _, err = said(capsys, *words)
        assert status == 2
        assert "did you mean " in err and "completions.jsonl?" in err
    (tmp_path / "my_judges.py").write_text("")
    for words in (
        ["list", "--import", f"{tmp_path}/my_judge.py"],
        ["check", "--verifier", f"{tmp_path}/my_judge.py:f"],
    ):
        assert "my_judges.py?" in said(capsys, *words)[2]


@pytest.mark.parametrize("command", NAMES)
def test_every_setting_has_its_help_from_its_dataclass(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    status, out, _ = said(capsys, command, "--help")
    assert status == 0
    cls: type = load(command)
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(field.kw_only for field in dataclasses.fields(cls))
    lines = [" ".join(line.strip(" │|").split()) for line in out.splitlines()]
    for setting in settings_of(cls):
        shown = setting.metavar if setting.alone else setting.option
        at = next(i for i, line in enumerate(lines) if f"{line} ".startswith(f"{shown} "))
        words = f"{lines[at]} {lines[at + 1]}".removeprefix(shown).split("(default")[0].split()
        assert len(words) > 2, f"{shown} of {command} has no help"


def test_looking_loads_nothing_heavy_and_the_help_names_every_command() -> None:
    code = (
        "import sys\nfrom synthgym.cli import main\n"
        "for words in (['list'], ['list', '--verifiers'], ['show', 'chain_sum']):\n    main(words)\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('heavy', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "heavy []" in done.stdout
    for name in NAMES:
        assert f"• {name}" in done.stdout


@pytest.mark.parametrize("width", [60, 200])
def test_help_and_tables_fit_the_terminal(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for words in [*(["help", name] for name in NAMES), ["list"], ["show", "chain_sum"]]:
        out = said(capsys, *words)[1]
        lines = [line for line in out.splitlines() if not line.startswith("usage:")]
        assert max(map(len, lines)) <= width
    out = said(capsys, "bench", "--help")[1]
    assert "\n  verify: " in out and "\n  tokens: " in out


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == (0, f"{synthgym.__version__}\n", "")


def test_list_names_what_else_is_registered(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(
        capsys, "list", "--verifiers", "--shortcuts", "--algorithms", "--environments", "--json"
    )
    names = {kind: [row["name"] for row in rows] for kind, rows in json.loads(out).items()}
    assert status == 0
    assert {"binary", "rubric", "token"} <= {*names["verifiers"]}
    assert "constant_accepted" in names["shortcuts"]
    assert "grpo" in names["algorithms"]
    assert "synthgym/ChainSum-v0" in names["environments"]
    assert said(capsys, "list", "--shortcuts", "--verifiers")[0] == 0


def test_play_prints_the_verdict_as_json_and_the_prompt_beside_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = synthgym.get_family("chain_sum").task(3, difficulty=1, template="natural")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Answer: {task.reference.answer}\n"))
    status, out, err = said(capsys, "play", "chain_sum", "--seed", "3", "--json", "--signal", "binary")
    played = json.loads(out)
    assert status == 0
    assert played["task_id"] == task.id
    assert played["verdict"]["reward"] == 1.0
    assert task.prompt.split("\n")[0] in err


def test_play_goes_on_for_several_turns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = synthgym.get_family("chain_sum").task(0, difficulty=1, template="natural")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"Answer: 12345\n\nAnswer: {task.reference.answer}\n"))
    words = ("--max-turns", "3", "--feedback", "right_or_wrong", "--json", "--signal", "rubric")
    status, out, _ = said(capsys, "play", "chain_sum", *words)
    played = json.loads(out)
    assert status == 0
    assert [turn["reward"] >= 0.5 for turn in played["turns"]] == [False, True]
    assert played["turns"][0]["told"]
    assert played["verdict"]["components"]["truth"] == 1.0


MINE = """\
import synthgym

@synthgym.register_verifier("short_ones")
def short_ones(task, response):
    return len(response.completion) < 20

def chance(task, response):
    import random
    return random.random()
"""


def test_a_users_own_file_is_imported_before_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my_short_verifier.py").write_text(MINE)
    monkeypatch.setattr("sys.path", [*sys.path])
    monkeypatch.setattr("sys.stdin", io.StringIO("=7\n"))
    mine = str(tmp_path / "my_short_verifier.py")
    words = ("play", "chain_sum", "--signal", "binary:short_ones", "--json")
    status, out, err = said(capsys, *words, "--import", mine)
    assert status == 0, err
    assert json.loads(out)["verdict"]["reward"] == 1.0
    for named in ("short_ones", "short_one"):
        assert "did you mean binary:short_ones" in said(capsys, "score", "-", "--signal", named)[2]


def test_a_file_that_cannot_be_imported_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "my_broken_file.py").write_text("import synthgym\n1 / 0\n")
    status, _, err = said(capsys, "list", "--import", str(tmp_path / "my_broken_file.py"))
    assert status == 2
    assert "my_broken_file.py" in err and "division by zero" in err
    (tmp_path / "json.py").write_text("")
    status, _, err = said(capsys, "list", "--import", str(tmp_path / "json.py"))
    assert status == 2
    assert "rename the file" in err


def test_check_tells_a_broken_family_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "my_broken_family.py").write_text(BROKEN_FAMILY)
    words = ("check", "never_right", "--seeds", "3", "--import", str(tmp_path / "my_broken_family.py"))
    status, out, _ = said(capsys, *words)
    assert status == 1
    assert "broke its contract" in out
    status, out, _ = said(capsys, *words, "--json")
    assert status == 1
    assert json.loads(out)["ok"] is False


def test_check_tells_an_honest_verifier_from_a_dice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.path", [*sys.path])
    (tmp_path / "my_dice.py").write_text(MINE)
    status, out, _ = said(capsys, "check", "chain_sum", "--verifier", "binary", "--seeds", "4", "--json")
    assert (status, json.loads(out)["ok"]) == (0, True)
    dice = f"{tmp_path / 'my_dice.py'}:chance"
    status, out, _ = said(capsys, "check", "chain_sum", "--verifier", dice, "--seeds", "4")
    assert status == 1
    assert "verdicts that differ" in out


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_mistake_is_one_line_whatever_the_encoding(
    encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, told in (
        (
            ["show", "chain_sum", "--seed", "x"],
            "show: --seed 'x' is not a whole number; see synthgym show --help",
        ),
        (["list", "chain_sum"], "list: too much on the line: chain_sum; see synthgym list --help"),
        (["score"], "score: FILE is missing; see synthgym score --help"),
    ):
        with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding=encoding)):
            assert main(words) == 2
        assert capsys.readouterr().err == f"synthgym: {told}\n"


def test_any_bytes_are_an_answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Answer: \xff\n"), encoding="utf-8"))
    status, out, _ = said(capsys, "play", "chain_sum", "--json")
    assert (status, json.loads(out)["verdict"]["reward"]) == (0, 0.0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "synthgym", "show", "chain_sum", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 2
    assert done.stderr == b"synthgym: [Errno 28] No space left on device\n"


def test_nobody_reads_the_output_any_more(tmp_path: Path) -> None:
    row = json.dumps({"family": "chain_sum", "seed": 7, "completion": "=7"}) + "\n"
    (tmp_path / "c.jsonl").write_text(row * 5000)
    command = [sys.executable, "-m", "synthgym", "score", str(tmp_path / "c.jsonl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        assert json.loads(running.stdout.readline())["line"] == 1
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 141


def test_the_command_and_the_module_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "synthgym", "show", "chain_som"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.strip() == "synthgym: no family named 'chain_som'; did you mean chain_sum?"


def test_a_corrupt_part_is_named_and_can_be_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with synthgym.RolloutLog(tmp_path / "run", flush_rows=4) as log:
        for step in range(8):
            log.append(synthgym.Rollout(step=step, prompt="1+1?", completion="=2", reward=1.0, truth=True))
    broken, kept = sorted((tmp_path / "run" / "rollouts").glob("*.parquet"))
    broken.write_bytes(b"not parquet")
    status, _, err = said(capsys, "report", str(tmp_path / "run"))
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    assert "part-00000.parquet" in err
    assert kept.exists() and broken.exists()
    status, out, _ = said(capsys, "report", str(tmp_path / "run"), "--skip-corrupt")
    assert status == 0
    assert "part-00000.parquet" in out
    assert (tmp_path / "run" / "report.html").exists()


def test_rows_of_the_users_own_are_a_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"prompt": f"{n}+{n}?", "answer": str(2 * n)} for n in range(40)]
    (tmp_path / "my_doubles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = ("--data", str(tmp_path / "my_doubles.jsonl"))
    status, out, err = said(capsys, "show", "my_doubles", *data, "--json")
    shown = json.loads(out)
    assert status == 0, err
    named = {"family": "my_doubles", "seed": shown["task"]["seed"], "difficulty": 1}
    answer = shown["task"]["reference"]["answer"]
    lines = [json.dumps({**named, "completion": f"Answer: {text}"}) for text in (answer, "-1")]
    (tmp_path / "c.jsonl").write_text("\n".join(lines))
    status, out, err = said(capsys, "score", str(tmp_path / "c.jsonl"), *data)
    assert status == 0, err
    assert [json.loads(line)["reward"] for line in out.splitlines()] == [1.0, 0.0]
