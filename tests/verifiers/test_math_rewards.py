"""The reward functions for TRL: columns, rewards, errors, and a real trainer."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from synthgym.errors import GoldError, SettingError, VerifierError
from synthgym.verifiers.equivalence import engine
from synthgym.verifiers.equivalence.types import Equivalence, Status
from synthgym.verifiers.math_rewards import MathReward, math_reward
from synthgym.verifiers.math_verifier import MathVerifier

RIGHT, WRONG = "It is \\boxed{7}", "It is \\boxed{8}"


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


@pytest.mark.parametrize("golds", [["7", "7"], ["We get \\boxed{7}.", "so\n#### 7"], [7, 7.0]])
@pytest.mark.parametrize("column", ["solution", "answer"])
@pytest.mark.parametrize("wrap", [str, said])
def test_it_takes_the_columns_and_completions_of_a_trainer(golds: list[Any], column: str, wrap: Any) -> None:
    columns: dict[str, Any] = {
        column: golds,
        "prompts": ["?", "?"],
        "completion_ids": [[1], [2]],
        "trainer_state": object(),
    }
    assert math_reward(completions=[wrap(RIGHT), wrap(WRONG)], **columns) == [1.0, 0.0]


def test_solution_goes_before_answer() -> None:
    assert math_reward([RIGHT], solution=["7"], answer=["8"]) == [1.0]


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "\\boxed{7",
        "\\boxed{7} \\boxed{8}",
        "<think>\\boxed{7}",
        "\\boxed{" + "(" * 10**6,
        "7" * 10**7,
        "\ud800",
        [],
        said(""),
    ]
    + ["\\boxed{8} %\\boxed{7}", "\\boxed{7=8}", "\\boxed{7/0}", "\\boxed{9^{9^{9^9}}}", "Answer: 7 or 8"],
)
def test_what_the_completion_causes_is_wrong_and_never_unscored(completion: Any) -> None:
    assert math_reward([completion], solution=["7"]) == [0.0]


def test_a_bad_gold_names_row_column_and_remedy() -> None:
    with pytest.raises(GoldError, match=r"column 'solution'.*row 1 \(None\).*bad_golds") as caught:
        math_reward([RIGHT, RIGHT], solution=["7", None])
    assert "MathVerifier('solution', gold_is_solution=True)" in str(caught.value)


def test_a_missing_column_is_told_with_those_that_are_there() -> None:
    with pytest.raises(SettingError, match="no column 'solution' or 'answer' \\(it has: target\\)"):
        math_reward([RIGHT], target=["7"], prompts=["?"], trainer_state=object())
    with pytest.raises(SettingError, match="no column 'target' \\(it has: no further columns\\)"):
        MathReward(gold="target")([RIGHT], prompts=["?"])


def test_columns_and_rewards_can_be_set() -> None:
    reward = MathReward(MathVerifier("target", tolerance="1/10"), correct=2.0, wrong=-1.0)
    assert reward(["\\boxed{7.05}", WRONG, ""], target=["7"] * 3) == [2.0, -1.0, -1.0]
    assert MathReward(gold="target")([RIGHT], target=["7"]) == [1.0]
    assert MathReward(gold="target").column == "target"


@pytest.mark.parametrize(
    ("status", "unsure", "expected"),
    [
        ("timeout", "wrong", -1.0),
        ("timeout", None, None),
        ("timeout", 0.5, 0.5),
        ("unparsed", None, -1.0),
        ("too_large", None, -1.0),
        ("contradiction", None, -1.0),
    ],
)
def test_only_what_was_not_decided_in_time_is_unsure(
    monkeypatch: pytest.MonkeyPatch, status: Status, unsure: Any, expected: float | None
) -> None:
    monkeypatch.setattr(
        engine,
        "equivalent_batch",
        lambda golds, answers, **settings: [Equivalence(False, status, "so") for _ in answers],
    )
    assert MathReward(wrong=-1.0, unsure=unsure)([RIGHT], answer=["7"]) == [expected]


def test_a_failing_engine_leaves_its_completion_unscored_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = engine.equivalent_batch

    def failing(golds: Any, answers: Any, **settings: Any) -> list[Equivalence]:
        if "8" in answers:
            raise VerifierError("no worker can be started")
        return real(golds, answers, **settings)

    monkeypatch.setattr(engine, "equivalent_batch", failing)
    logged: dict[str, list[Any]] = {}
    assert math_reward([RIGHT, WRONG, RIGHT], answer=["7"] * 3, log_extra=logged.__setitem__) == [
        1.0,
        None,
        1.0,
    ]
    assert logged["judgement"][1] == "not scored: the engine failed"


def test_gold_and_judgement_are_logged() -> None:
    logged: dict[str, list[Any]] = {}
    math_reward([RIGHT, "", WRONG], answer=["7", 7, "7"], log_extra=logged.__setitem__)
    assert logged["gold"] == ["7", "7", "7"]
    assert [entry.partition(":")[0] for entry in logged["judgement"]] == ["ok", "unparsed", "ok"]


@pytest.mark.parametrize(
    "settings",
    [
        {"correct": 0.0},
        {"wrong": 1.0},
        {"wrong": float("nan")},
        {"correct": float("inf")},
        {"unsure": 1.0},
        {"unsure": "0"},
        {"wrong": None},
        {"verifier": "math"},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(SettingError):
        MathReward(**settings)


def test_completions_that_are_no_text_and_rows_that_do_not_match_are_refused() -> None:
    with pytest.raises(SettingError, match="a completion is 7"):
        math_reward([7], answer=["7"])
    with pytest.raises(SettingError, match="1 golds but 2 responses"):
        math_reward([RIGHT, RIGHT], answer=["7"])


def test_rewards_travel_to_other_processes_under_their_name() -> None:
    reward = MathReward(MathVerifier("target"), wrong=-1.0)
    assert pickle.loads(pickle.dumps(reward)) == reward
    assert pickle.loads(pickle.dumps(math_reward)) is math_reward
    assert reward.__name__ == math_reward.__name__ == "math_reward"


def test_a_trainer_takes_it_as_it_stands(tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    from synthgym.baselines.policy import PolicyConfig, tiny_policy

    policy = tiny_policy(PolicyConfig(hidden=16, layers=1, feed_forward=16))
    rewards: list[list[float | None]] = []

    def watched(**passed: Any) -> list[float | None]:
        rewards.append(math_reward(**passed))
        return rewards[-1]

    config = GRPOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=8,
        max_steps=1,
        report_to=[],
        use_cpu=True,
        bf16=False,
        save_strategy="no",
        disable_tqdm=True,
        log_completions=False,
    )
    data = Dataset.from_dict({"prompt": ["3+4="] * 4, "solution": ["3+4 is \\boxed{7}"] * 4})
    trainer = GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        args=config,
        train_dataset=data,
        reward_funcs=[
            watched,
            math_reward,
            MathReward(MathVerifier("solution", gold_is_solution=True), wrong=-1.0),
        ],
    )
    trainer.train()
    (scored,) = rewards
    assert len(scored) == 4
    assert set(scored) <= {0.0, 1.0}
    assert trainer.reward_func_names == ["watched", "math_reward", "math_reward"]
