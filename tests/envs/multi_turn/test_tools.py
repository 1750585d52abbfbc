"""The environments for TRL, called as its tool loop calls them."""

import copy
import inspect
import itertools
import pickle
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import synthgym
from synthgym.envs.multi_turn import trl
from synthgym.envs.multi_turn.run_code import MAX_CODE
from synthgym.envs.multi_turn.tools import MAX_ARGUMENT, TOOLS
from synthgym.envs.multi_turn.trl import EnvironmentFactory, environment_factory
from synthgym.errors import SettingError, TaskError, UnknownNameError
from synthgym.log import RolloutLog, read_log
from synthgym.parsing import LINE_FORMATS, render
from synthgym.plugins import get_family
from synthgym.signal import Signal
from synthgym.types import Response, Task, Verdict

SUM = get_family("chain_sum").task(3)  # 9+5+3?
CODE = get_family("function_synthesis").task(3)  # over 8 minus 6?
HOSTILE: list[Any] = [
    "",
    None,
    5,
    True,
    2.5,
    [],
    {"a": 1},
    b"x",
    "\ud800\udfff",
    "\x00\x1b[2J",
    "7\n" * 500_000,
    "(" * 30_000,
    "9" * 100_000,
    "__import__('os').system('echo hacked')",
]


def opened(family: str | None = "chain_sum", signal: Any = "binary", **settings: Any) -> Any:
    task = settings.pop("task", CODE if family == "function_synthesis" else SUM)
    environment = environment_factory(signal, family=family, **settings)()
    environment.reset(prompt="ignored", task=task.to_json(), other=1)
    return environment


def tools_of(environment: object) -> list[str]:
    """What TRL shows to the policy: the public methods of the class but for its own two."""
    names = [name for name, _ in inspect.getmembers(type(environment), predicate=inspect.isfunction)]
    return [name for name in names if not name.startswith("_") and name not in ("reset", "get_reward")]


@pytest.mark.parametrize("name", synthgym.families())
def test_a_family_has_the_tools_that_fit_it_and_no_others(name: str) -> None:
    family = get_family(name)
    environment = environment_factory("binary", family=name)()
    expected = {"submit"}
    if set(family.formats) & set(LINE_FORMATS):
        expected |= {"check_step"}
    else:
        expected |= {"run_code"}
    if hasattr(family, "visible_tests"):
        expected |= {"look_at_test"}
    assert set(tools_of(environment)) == expected
    assert type(environment).__name__ == "".join(word.title() for word in name.split("_")) + "Environment"


@pytest.mark.parametrize("name", synthgym.families())
@pytest.mark.parametrize("template", ["compact", "natural"])
def test_the_worked_solution_and_the_bare_answer_are_accepted(name: str, template: str) -> None:
    task = get_family(name).task(5, difficulty=1, template=template)
    for answer in (render(task.reference, task.answer_format), task.reference.answer):
        environment = opened(name, task=task)
        assert environment.submit(answer=answer) in ("+", "Accepted; the task is over.")
        assert environment.get_reward() == 1.0


def test_tools_have_the_schema_that_chat_templates_want() -> None:
    utils = pytest.importorskip("transformers.utils")
    environment = opened("function_synthesis", tools=["run_code", "look_at_test", "submit"])
    for name, argument, kind in (
        ("submit", "answer", "string"),
        ("run_code", "code", "string"),
        ("look_at_test", "number", "integer"),
    ):
        schema = utils.get_json_schema(getattr(environment, name))["function"]
        assert schema["name"] == name and schema["description"]
        assert schema["parameters"]["required"] == [argument]
        assert schema["parameters"]["properties"][argument]["type"] == kind
        assert schema["parameters"]["properties"][argument]["description"]
    step = utils.get_json_schema(opened().check_step)["function"]["parameters"]
    assert set(step["properties"]) == {"step", "before"} and step["required"] == ["step"]


def test_answers_are_told_of_and_the_accepted_one_counts() -> None:
    environment = opened(signal="rubric", feedback="step")
    assert environment.get_reward() == 0.0
    assert environment.submit(answer="14+3\n=1") == "+-?"
    assert environment.get_reward() == pytest.approx(0.2), "the last one counts while none is accepted"
    assert environment.submit(answer="14+3\n=17") == "+"
    assert environment.get_reward() == 1.0
    assert environment.submit(answer="=1") == "-", "it is over"
    assert environment.get_reward() == 1.0


def test_answers_are_used_up() -> None:
    environment = opened(max_turns=2, turn_discount=0.5)
    assert [environment.submit(answer=a) for a in ("1", "2", "17")] == ["-?", "-", "-"]
    assert environment.get_reward() == 0.0
    environment = opened(max_turns=2, turn_discount=0.5)
    assert [environment.submit(answer=a) for a in ("1", "17")] == ["-?", "+"]
    assert environment.get_reward() == 0.5


def test_with_nothing_told_the_last_answer_counts_and_no_word_depends_on_it() -> None:
    told = set()
    for answers in itertools.product(("17", "1"), repeat=3):
        environment = opened(feedback="nothing")
        told.add(tuple(environment.submit(answer=answer) for answer in answers))
        assert environment.get_reward() == float(answers[-1] == "17")
    assert told == {("?", "?", ".")}


def test_a_planted_flaw_speaks_through_the_tools_too() -> None:
    environment = opened(signal="binary+constant_accepted")
    assert environment.submit(answer="!") == "+" and environment.get_reward() == 1.0
    assert opened().submit(answer="!") == "-?"


def undecided(task: Task, response: Response) -> Verdict:
    return Verdict(reward=None, error="undecided")


def test_an_answer_that_cannot_be_scored_ends_the_episode_unscored() -> None:
    environment = opened(signal=Signal(verifier=undecided))
    assert environment.submit(answer="1") == "-"
    assert environment.get_reward() is None
    assert environment.submit(answer="17") == "-" and environment.get_reward() is None


def test_a_failure_behind_submit_leaves_the_episode_unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **settings: Any) -> Any:
        raise SettingError("a setting that shows late")

    environment = opened()
    monkeypatch.setattr("synthgym.envs.multi_turn.dialogue.score", broken)
    with pytest.warns(UserWarning, match="ChainSumEnvironment.submit failed on task chain_sum-v0"):
        assert environment.submit(answer="17") == "error: submit failed: a setting that shows late"
    assert environment.get_reward() is None and environment.submit(answer="17") == "-"
    environment.reset(task=SUM)
    assert environment.get_reward() == 0.0


def test_steps_are_checked_one_after_the_other() -> None:
    environment = opened()
    assert environment.check_step(step="15+3") == "-"
    assert environment.check_step(step="14+3") == "+"
    assert environment.check_step(step="14+3") == "-", "a step that repeats gets no further"
    assert environment.check_step(step="9+8", before="") == "-", "it goes on from 14+3"
    assert environment.check_step(step="17", before="9+8") == "+"
    assert environment.check_step(step="=17").startswith("error: that is a final answer")
    assert (
        environment.check_step(step="a\nb")
        == environment.check_step(step=" ")
        == "error: give one line as the step"
    )
    assert environment.get_reward() == 0.0


def test_only_visible_tests_can_be_looked_at() -> None:
    environment = opened("function_synthesis", max_calls=100)
    shown = [environment.look_at_test(number=number) for number in range(-3, 40)]
    tests = [text for text in shown if not text.startswith("error")]
    facts: Any = CODE.facts["examples"]
    examples = [f"f({arguments[0]}) == {value}" for arguments, value in facts]
    assert tests == examples
    natural = get_family("function_synthesis").task(3, template="natural").prompt
    assert all(test in natural for test in tests), "what is visible stands in the natural prompt"
    assert set(shown) - set(tests) == {"error: number must be from 1 to 3"}


def test_code_runs_in_the_sandbox_and_says_what_came_of_it() -> None:
    environment = opened("function_synthesis", max_calls=100, max_characters=200)
    assert environment.run_code(code="def f(x):\n    return x//8-6\nf(39)") == "-2"
    assert environment.run_code(code="print('a')\n'b'") == "a\n'b'"
    assert environment.run_code(code="x = 1") == "(no output)"
    assert (
        environment.run_code(code="print(1)\n1/0") == "1\nerror: ZeroDivisionError: division by zero (line 2)"
    )
    assert environment.run_code(code="x = (").startswith("error: SyntaxError")
    assert environment.run_code(code="while True: pass") == "error: it was not done within 2 seconds"
    assert environment.run_code(code="import os\nos._exit(0)").startswith("error: the process ended")
    assert "error" in environment.run_code(code="open('/etc/passwd').read()")
    assert "error" in environment.run_code(code="import socket; socket.create_connection(('127.0.0.1', 80))")
    assert environment.run_code(code="#" * (MAX_CODE + 1)).startswith("error: the code has")
    long = environment.run_code(code="print('a' * 5000 + 'z')")
    assert len(long) <= 200 and long.startswith("a") and long.endswith("z") and "(5,001 characters)" in long


def test_code_that_runs_finds_no_tests_and_no_answer() -> None:
    environment = opened("function_synthesis", max_calls=100, max_characters=100_000)
    code = (
        "import gc, sys\n"
        "print([o for o in gc.get_objects() if isinstance(o, (list, tuple, dict, str))])\n"
        "print([sys._getframe(i).f_locals for i in range(2)], globals())"
    )
    found = environment.run_code(code=code)
    assert CODE.reference.answer not in found and "typical" not in found


def every_call(environment: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    arguments = {"submit": "answer", "run_code": "code", "check_step": "step", "look_at_test": "number"}
    for name, value in itertools.product(tools_of(environment), HOSTILE):
        yield getattr(environment, name), {arguments[name]: value}
        yield getattr(environment, name), {arguments[name]: value, "before": value}
        yield getattr(environment, name), {"bogus": value}
    for name in tools_of(environment):
        yield getattr(environment, name), {}


@pytest.mark.parametrize(
    ("family", "tools"), [("chain_sum", None), ("function_synthesis", None), (None, list(TOOLS))]
)
def test_hostile_arguments_get_text_and_never_raise(family: str | None, tools: Any) -> None:
    environment = opened(
        family, tools=tools, max_turns=1000, max_calls=1000, max_characters=300, feedback="step"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for call, arguments in every_call(environment):
            text = call(**arguments)
            assert type(text) is str and len(text) <= 300
            text.encode("utf-8")
    assert environment.get_reward() == 0.0


def test_what_is_too_long_is_not_taken() -> None:
    environment = opened(max_characters=80)
    assert environment.submit(answer="7" * (MAX_ARGUMENT + 1)).startswith(
        "error: answer has 65537 characters"
    )
    assert environment.submit(answer=7) == "error: answer must be text, and is 7"
    assert environment.submit("17") == "+", "what was refused took no turn"


def test_calls_are_limited_and_handing_in_is_not_one_of_them() -> None:
    environment = opened(max_calls=2)
    assert [environment.check_step(step="14+3") for _ in range(3)] == [
        "+",
        "-",
        "No tool calls are left; hand in your answer with submit.",
    ]
    assert environment.submit(answer="17") == "+"


def failing_tests(task: Task) -> list[Any]:
    raise RuntimeError("no tests today")


def test_a_tool_that_fails_tells_the_policy_and_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = opened("function_synthesis")
    monkeypatch.setattr(get_family("function_synthesis"), "visible_tests", failing_tests)
    with pytest.warns(UserWarning, match="FunctionSynthesisEnvironment.look_at_test failed on task"):
        assert environment.look_at_test(number=1) == "error: look_at_test failed: no tests today"


def test_nothing_survives_reset() -> None:
    environment, fresh = opened(feedback="step", max_calls=2), opened(feedback="step", max_calls=2)
    other = get_family("chain_sum").task(9)
    for environment_, task in ((environment, SUM), (environment, other), (fresh, SUM)):
        environment_.reset(task=task)
    environment.check_step(step="14+3")
    environment.check_step(step="x")
    environment.check_step(step="x")
    environment.submit(answer=other.reference.answer)
    assert environment.get_reward() == 1.0
    environment.reset(task=SUM)
    fresh.reset(task=SUM)
    assert environment.get_reward() == 0.0
    state = [vars(each) for each in (environment, fresh)]
    assert [sorted(each) for each in state][0] == [sorted(each) for each in state][1]
    calls = [("check_step", "14+3"), ("check_step", "17"), ("check_step", "17"), ("submit", "14+3\n=1")]
    for name, argument in calls:
        assert getattr(environment, name)(argument) == getattr(fresh, name)(argument)
    with pytest.raises(TaskError):
        environment.reset(task="{}")
    assert (
        environment.get_reward() == 0.0 and environment.submit(answer="17") == "error: there is no task yet"
    )


def test_a_plain_prompt_is_remarked_on_once(caplog: pytest.LogCaptureFixture) -> None:
    environment: Any = environment_factory("binary", family="linear_equation")()
    task = get_family("linear_equation").task(0)
    trl._say_once.cache_clear()
    for _ in range(2):
        environment.reset(prompt=[{"role": "user", "content": "x"}], task=task)
    assert not caplog.records
    for _ in range(3):
        environment.reset(prompt="x", task=task)
    assert [record.message for record in caplog.records] == [
        "LinearEquationEnvironment got a prompt that is plain text; TRL's tool loop needs conversational ones: "
        "synthgym.dataset(..., conversational=True)"
    ]


def test_before_reset_there_is_no_task_and_no_reward() -> None:
    environment: Any = environment_factory("binary", family="chain_sum")()
    assert environment.submit(answer="17") == "error: there is no task yet"
    assert environment.get_reward() == 0.0


def test_an_environment_can_be_copied_and_pickled_in_the_middle() -> None:
    environment = opened(feedback="step")
    environment.submit(answer="1")
    twin = copy.deepcopy(environment)
    assert type(twin) is type(environment), "TRL tells environments apart by their class"
    elsewhere = pickle.loads(pickle.dumps(environment))
    assert type(elsewhere).__name__ == type(environment).__name__ and tools_of(elsewhere) == tools_of(
        environment
    )
    for each in (twin, elsewhere):
        assert each.submit(answer="17") == "+" and each.get_reward() == 1.0
    assert environment.get_reward() == 0.0
    assert type(pickle.loads(pickle.dumps(environment))) is type(elsewhere)


def test_an_environment_with_a_verifier_that_cannot_be_pickled_can_be_copied() -> None:
    environment = opened(signal=Signal(verifier=lambda task, response: response.answer == "17"))
    environment.submit(answer="1")
    twin = copy.deepcopy(environment)
    assert twin.submit(answer="17") == "+" and environment.get_reward() == 0.0


def test_a_natural_prompt_is_followed_by_how_to_hand_in() -> None:
    task = get_family("chain_sum").task(3, template="natural")
    for settings, text in (
        ({}, "\n\nHand in your answer by calling submit; you have 3 tries."),
        ({"max_turns": 1}, "\n\nHand in your answer by calling submit; you have one try."),
        ({"feedback": "nothing"}, "you have 3 tries, and the last one counts."),
    ):
        environment: Any = environment_factory("binary", family="chain_sum", **settings)()
        assert environment.reset(task=task).endswith(text)
    assert environment.reset(task=SUM) is None, "a compact prompt stays as it is"


def test_several_families_give_a_factory_each_by_name() -> None:
    factories = environment_factory("binary", family=["chain_sum", "function_synthesis"])
    assert list(factories) == ["chain_sum", "function_synthesis"]
    assert all(isinstance(factory, EnvironmentFactory) for factory in factories.values())
    names = [type(factory()).__name__ for factory in factories.values()]
    assert names == ["ChainSumEnvironment", "FunctionSynthesisEnvironment"]
    assert type(factories["chain_sum"]()) is type(factories["chain_sum"]())


def test_without_a_family_rows_of_any_are_taken() -> None:
    environment: Any = environment_factory("binary", tools=["check_step", "look_at_test", "submit"])()
    assert type(environment).__name__ == "SynthGymEnvironment"
    environment.reset(task=CODE.to_json())
    assert environment.check_step(step="x").startswith("error: the steps of this task cannot")
    assert environment.look_at_test(number=1) == "f(39) == -2"
    environment.reset(task=SUM.to_json())
    assert environment.look_at_test(number=1) == "error: this task has no tests to look at"
    assert environment.check_step(step="14+3") == "+"
    assert set(tools_of(environment_factory()())) == set(TOOLS)


def test_handing_in_is_always_possible_where_the_environment_owns_the_reward() -> None:
    assert tools_of(environment_factory("binary", family="chain_sum", tools=[])()) == ["submit"]
    assert tools_of(environment_factory("binary", tools="run_code")()) == ["run_code", "submit"]
    unsure = Signal(verifier=undecided)
    assert set(tools_of(environment_factory(unsure)())) == {"look_at_test", "run_code", "submit"}


def test_code_may_be_run_as_a_calculator_where_it_is_asked_for() -> None:
    assert opened(tools=["run_code", "submit"]).run_code(code="9+5+3") == "17"


def test_without_a_reward_of_its_own_there_is_no_get_reward() -> None:
    environment = environment_factory("binary", family="chain_sum", owns_reward=False, tools=["check_step"])()
    assert not hasattr(environment, "get_reward") and tools_of(environment) == ["check_step"]


def test_every_answer_handed_in_is_a_row(tmp_path: Path) -> None:
    with RolloutLog(tmp_path) as log:
        factory = environment_factory("binary", family="chain_sum", feedback="step", log=log)
        environment: Any = factory()
        for step in range(2):
            factory.policy_step = step
            environment.reset(task=SUM)
            environment.check_step(step="14+3")
            environment.submit(answer="14+3\n=1")
            environment.submit(answer="17")
    rows = read_log(tmp_path).to_pylist()
    found = [
        (row["step"], row["turn"], row["prompt"], row["completion"], row["reward"], row["truth"])
        for row in rows
    ]
    first, second = (1, "9+5+3?", "14+3\n=1", 0.0, False), (2, "+-?", "=17", 1.0, True)
    assert found == [(0, *first), (0, *second), (1, *first), (1, *second)]
    assert {row["generate_seconds"] for row in rows} == {None} and {row["task_id"] for row in rows} == {
        SUM.id
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tools": ["submti"]}, "no tool named 'submti'; did you mean submit"),
        ({"tools": "runcode"}, "no tool named 'runcode'; did you mean run_code"),
        (
            {"tools": ["look_at_test", "submit"]},
            "chain_sum has no visible tests; chain_sum can have check_step",
        ),
        ({"family": "function_synthesis", "tools": ["check_step"]}, "function_synthesis are code"),
        ({"family": []}, "no family given"),
        ({"tools": 5}, "tools is 5; a list of run_code"),
        ({"tools": [5]}, "no tool named 5; known: check_step"),
        ({"feedback": ["step"]}, "no feedback named"),
        ({"max_turns": 0}, "max_turns 0"),
        ({"feedback": "critrion"}, "did you mean criterion"),
        ({"turn_discount": 2}, "did you mean 1.0"),
        ({"max_calls": 1.5}, "max_calls 1.5 is not a whole number from 0"),
        ({"max_characters": -1}, "max_characters -1"),
        ({"log": "runs/mine"}, "an open RolloutLog is needed"),
        ({"family": 3}, "family 3 is neither a name nor a list of names"),
        ({"family": {"chain_sum": 1}}, "is neither a name nor a list of names"),
        ({"owns_reward": "no"}, "owns_reward 'no' is neither True nor False"),
        ({"signal": "binry"}, "did you mean binary"),
        ({"signal": "chain_sum"}, "'chain_sum' is a family: environment_factory"),
        ({"signal": "binary~shuffled"}, "permutes the rewards of a group"),
        ({"signal": Signal(verifier=undecided), "feedback": "step"}, "binary:undecided says"),
        ({"signal": Signal(verifier=undecided), "tools": ["check_step", "submit"]}, "binary:undecided says"),
        (
            {"signal": Signal(granularity="rubric", weights={"tydi": 1.0})},
            "no criterion 'tydi'; known: steps, tidy",
        ),
    ],
)
def test_wrong_settings_are_named_when_it_is_made(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        environment_factory(**{"family": "chain_sum", **settings})


def test_an_unknown_family_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean chain_sum"):
        environment_factory("binary", family="chain_smu")


def test_a_callback_and_a_step_need_a_log() -> None:
    factory = environment_factory("binary", family="chain_sum")
    for use in (factory.callback, lambda: factory.policy_step):
        with pytest.raises(SettingError, match="no log"):
            use()


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ({"prompt": "x", "answer": "y"}, SettingError, r"no column 'task' \(the row has answer, prompt\)"),
        ({"task": 5}, SettingError, "column 'task' holds 5"),
        ({"task": "{"}, TaskError, "not a task in JSON"),
        (
            {"task": CODE.to_json()},
            SettingError,
            "is of function_synthesis, and ChainSumEnvironment has the tools",
        ),
    ],
)
def test_a_row_that_does_not_fit_is_named(row: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        environment_factory("binary", family="chain_sum")().reset(**row)
