"""Score a file of completions by two signals, break it off, go on with it, and read the verdicts.

Writes 800 completions (right, nearly right and wrong ones, and some that take a shortcut) into the folder that it is
given, scores them with `synthgym score`, and prints what the summary says. It runs in seconds on a CPU:

    python examples/score_file.py scored
"""

import json
import subprocess
import sys
from pathlib import Path

import synthgym
from synthgym.plugins import SHORTCUTS
from synthgym.verifiers.responses import labelled_responses


def main(folder: Path) -> None:
    """Write completions, score them, and print what came of it."""
    folder.mkdir(parents=True, exist_ok=True)
    completions, verdicts = folder / "completions.jsonl", folder / "verdicts.jsonl"
    shortcut = SHORTCUTS.get("constant_accepted")()
    with open(completions, "w", encoding="utf-8") as file:
        for task in synthgym.tasks(["chain_sum", "sorting_trace"], 200):
            for label, text in labelled_responses(task, (shortcut,)).items():
                row = {"id": f"{task.id} {label}", "task_id": task.id, "completion": text}
                file.write(json.dumps(row) + "\n")

    command = [sys.executable, "-m", "synthgym", "score", str(completions)]
    command += ["--signal", "rubric", "--compare", "binary+constant_accepted", "--truth"]
    subprocess.run([*command, "--out", str(verdicts)], check=True)

    lines = verdicts.read_text(encoding="utf-8").splitlines(keepends=True)
    verdicts.write_text("".join(lines[:500]) + lines[500][:40], encoding="utf-8")  # as if it had been killed
    again = [*command, "--out", str(verdicts), "--json"]
    summary = json.loads(subprocess.run(again, check=True, capture_output=True).stdout)
    print(
        f"{summary['rows']} rows, {summary['kept']} of them were there; mean reward {summary['mean_reward']:.3f}"
    )
    print(f"agreement: {summary['agreement']}")

    rows = [json.loads(line) for line in verdicts.read_text(encoding="utf-8").splitlines()]
    print(f"the first row: {rows[0]}")
    print(
        f"right: {sum(row['truth'] for row in rows)}, as rubric says: {sum(row['reward'] >= 0.5 for row in rows)}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "scored"))
