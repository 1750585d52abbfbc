"""The example of scoring a file runs as it stands."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "score_file.py"


def test_it_scores_breaks_off_and_goes_on(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "scored"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "800 rows, 500 of them were there" in done.stdout
    counts = "'both accept': 200, 'neither accepts': 400, 'only binary+constant_accepted accepts': 200"
    assert f"agreement: {{{counts}}}" in done.stdout
    assert "right: 200, as rubric says: 200" in done.stdout
    assert len((tmp_path / "scored" / "verdicts.jsonl").read_text().splitlines()) == 800
