"""Three families of one's own: from a function, from a JSONL file, and from code with tests.

python examples/custom_family.py
"""

import json
import tempfile
from pathlib import Path

import gymnasium

import synthgym


@synthgym.function_family(judge="math", domain="math")
def doubling(rng: synthgym.Rng, difficulty: int) -> tuple[str, int]:
    """Double a number; harder means more digits."""
    n = rng.integer(1, 10 ** (difficulty + 1))
    return f"2*{n}?", 2 * n


def word_problems(folder: Path) -> Path:
    """A file as users have them: a question, and a worked solution that ends in ``#### answer``."""
    rows = [
        {"question": f"Ann has {n} pens and buys {n}. How many?", "answer": f"{n}+{n}={2 * n}\n#### {2 * n}"}
        for n in range(2, 20)
    ]
    path = folder / "pens.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def main() -> None:
    print("doubling keeps its contract:", synthgym.check_family("doubling", seeds=50).seeds, "seeds")
    env = gymnasium.make("synthgym/Doubling-v0", signal="rubric", difficulty=2)
    prompt, _ = env.reset(seed=0)
    print(prompt, "->", env.step(f"={2 * int(prompt[2:-1])}")[1])

    with tempfile.TemporaryDirectory() as folder:
        pens = synthgym.load_family(
            word_problems(Path(folder)), "pens", prompt="question", answer="answer", steps="answer"
        )
    task = pens.task(0, template="natural")
    completions = [f"so\n#### {task.reference.answer}", f"\\boxed{{{task.reference.answer}.0}}", "Answer: 1"]
    rewards = [verdict.reward for verdict in synthgym.score([task] * 3, completions)]
    print(f"{len(pens)} rows, {pens.counts()}: {task.prompt!r} -> {rewards}")

    rows = [
        {"prompt": f"Write f(x): x plus {k}.", "answer": f"def f(x):\n    return x + {k}",
         "tests": [{"args": [x], "expected": x + k} for x in (0, 7, -7)]}
        for k in range(1, 9)
    ]  # fmt: skip
    code = synthgym.load_family(rows, "plus", tests="tests", judge="code").task(0)
    attempts = [code.reference.answer, "def f(x):\n    return x", "import os; os.abort()"]
    verdicts = synthgym.score([code] * 3, attempts, "rubric")
    print(f"{code.prompt!r} -> {[verdict.reward for verdict in verdicts]}")


if __name__ == "__main__":
    main()
