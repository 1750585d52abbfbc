"""PrimeIntellect's `verifiers` 0.4, both ways: a family as its environment, and its environment as a family.

    pip install 'synthgym[prime]'
    python examples/neighbours_prime.py

No model is called. With one, `vf-eval` plays the package that is written here: see docs/neighbours.md.
"""

import asyncio
import tempfile
from collections.abc import Iterator

import verifiers.v1 as vf

import synthgym
from synthgym.envs.neighbours import from_verifiers, load_environment, write_package


class WordData(vf.TaskData):  # type: ignore[misc]
    """A row of a foreign taskset."""

    answer: str


class WordTask(vf.Task[WordData, vf.State, vf.TaskConfig]):  # type: ignore[misc]
    """Its rubric: the right word, and a little for brevity."""

    @vf.reward(weight=0.8)  # type: ignore[untyped-decorator]
    async def correct(self, trace: vf.Trace) -> float:
        return float(self.data.answer in trace.last_reply)

    @vf.reward(weight=0.2)  # type: ignore[untyped-decorator]
    async def brief(self, trace: vf.Trace) -> float:
        return float(len(trace.last_reply) < 20)


class Words(vf.Taskset[WordTask, vf.TasksetConfig]):  # type: ignore[misc]
    """The taskset."""

    def load(self) -> Iterator[WordTask]:
        for word in ("level", "stressed", "drawer", "lamina"):
            yield WordTask(WordData(prompt=f"Spell {word} backwards.", answer=word[::-1]), self.config.task)


def main() -> None:
    """Out: the rows and their worked solutions. In: the same rubric, as two signals."""
    env = load_environment("chain_sum", "rubric", n=3, difficulty=1)
    for task in env.taskset:
        print(f"{task.key}: answer {task.data.answer}, valid {asyncio.run(task.validate(None))}")
    with tempfile.TemporaryDirectory() as folder:
        home = write_package(folder, "chain_sum", "rubric", difficulty=1)
        print(f"package {home.name}: {', '.join(sorted(path.name for path in home.rglob('*.*')))}")

    from_verifiers(Words(vf.TasksetConfig()), name="backwards")
    row = synthgym.tasks("backwards", 1)[0]
    attempts = [row.reference.answer, "no idea"]
    for signal in ("binary", "binary:backwards"):
        rewards = [verdict.reward for verdict in synthgym.score([row] * 2, attempts, signal)]
        print(f"{row.prompt} {attempts} by {signal}: {rewards}")


if __name__ == "__main__":
    main()
