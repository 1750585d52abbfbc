"""A family as an Inspect AI task, evaluated with Inspect's mock model.

pip install 'synthgym[inspect]'
python examples/neighbours_inspect.py
inspect eval examples/neighbours_inspect.py --model openai/gpt-4o -T difficulty=2     # with a model of yours
"""

import tempfile
from typing import Any

from inspect_ai import Task, task
from inspect_ai import eval as evaluate
from inspect_ai.model import ModelOutput, ModelUsage, get_model

import synthgym
from synthgym.envs.neighbours import inspect_task


@task  # type: ignore[untyped-decorator]
def sums(difficulty: int = 0) -> Task:
    """Six sums of the test split, by the rubric."""
    return inspect_task("chain_sum", "rubric", n=6, difficulty=difficulty)


def main() -> None:
    """A model that is right about half of the sums, and shows no steps."""
    known = synthgym.tasks("chain_sum", 3, split="test", template="natural")
    answers = {task.prompt: task.reference.answer for task in known}

    def reply(messages: list[Any], tools: object, choice: object, config: object) -> ModelOutput:
        text = f"Answer: {answers.get(messages[-1].text, '1000')}"
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage(input_tokens=20, output_tokens=3, total_tokens=23)
        return output

    with tempfile.TemporaryDirectory() as folder:
        model = get_model("mockllm/model", custom_outputs=reply)
        log = evaluate(sums(), model=model, log_dir=folder, display="none")[0]
        for sample in log.samples:
            score = sample.scores["verdict"]
            print(f"{sample.id}: {score.value:.2f} for {score.answer}, {score.metadata['components']}")
        for name, metric in log.results.scores[0].metrics.items():
            print(f"{name} {metric.value:.3f}")


if __name__ == "__main__":
    main()
