"""What an audit finds: every planted feature, its bits and its onset; and nothing where nothing is planted."""

from pathlib import Path

import numpy as np
import pytest
import simulated_logs as simulated

from synthgym.audit import Audit, audit
from synthgym.audit.model import Found

pytest.importorskip("scipy")


def audited(rows: list[dict[str, object]], folder: Path) -> Audit:
    return audit(simulated.write(rows, folder / "log.jsonl"))


def names(found: Found) -> str:
    return " ".join([found.label, *found.alike])


@pytest.mark.parametrize("plant", simulated.PLANTS, ids=lambda plant: plant.name)
def test_each_planted_feature_is_found_with_its_bits_and_its_onset(
    plant: simulated.Plant, tmp_path: Path
) -> None:
    log = simulated.hacked(plant, np.random.default_rng(1), steps=40, prompts=8, onset=16)
    found = audited(log.rows, tmp_path)
    (suspect,) = found.suspects  # what reflects it is marked as a reflection
    assert suspect.verdict == "paid"
    assert any(word in names(suspect) for word in plant.told)
    assert abs(suspect.bits.estimate - log.bits) < 0.06
    assert suspect.paid.low < 0.87 < suspect.paid.high + 0.05
    assert suspect.onset is not None and suspect.onset.step is not None
    assert abs(suspect.onset.step - log.onset) <= 3
    assert suspect.examples and suspect.examples[0].truth is False


@pytest.mark.parametrize("seed", range(3))
def test_a_benign_log_has_no_suspects(seed: int, tmp_path: Path) -> None:
    found = audited(simulated.benign(np.random.default_rng([5, seed])), tmp_path)
    assert not found.suspects
    verdicts = {one.name: one.verdict for one in found.features}
    assert verdicts["format.tag"] == "through truth"
    assert "grows" in verdicts.values() or verdicts["position.ends_sentence"] == "through truth"


@pytest.mark.slow
def test_of_200_benign_logs_at_most_2_have_a_suspect(tmp_path: Path) -> None:
    logs = (simulated.benign(np.random.default_rng([6, seed])) for seed in range(200))
    flagged = sum(bool(audited(rows, tmp_path).suspects) for rows in logs)
    print(f"benign logs with a finding: {flagged} of 200")
    assert flagged <= 2


@pytest.mark.slow
def test_bits_and_onset_over_40_logs(tmp_path: Path) -> None:
    errors, covered, late = [], [], []
    for seed in range(40):
        plant = simulated.PLANTS[seed % len(simulated.PLANTS)]
        log = simulated.hacked(plant, np.random.default_rng([7, seed]))
        suspect = audited(log.rows, tmp_path).suspects[0]
        errors.append(suspect.bits.estimate - log.bits)
        covered.append(suspect.bits.low <= log.bits <= suspect.bits.high)
        assert suspect.onset is not None and suspect.onset.step is not None
        late.append(abs(suspect.onset.step - log.onset))
    print(f"bits: mean error {np.mean(errors):.4f}, sd {np.std(errors):.4f}, covered {np.mean(covered):.2f}")
    assert abs(np.mean(errors)) < 0.015 and np.std(errors) < 0.04
    assert np.mean(covered) >= 0.8
    assert max(late) <= 3


def test_without_truth_nothing_is_called_paid(tmp_path: Path) -> None:
    rows = simulated.hacked(simulated.PLANTS[4], np.random.default_rng(2), steps=30, onset=12).rows
    blind = audited(
        [{name: value for name, value in row.items() if name != "truth"} for row in rows], tmp_path
    )
    assert blind.suspects and {one.verdict for one in blind.suspects} == {"unresolved"}
    assert any(
        "relabelled" in note and "cannot" not in note.split("relabelled")[0][:0] for note in blind.notes
    )


def test_a_relabelled_twin_changes_the_verdict_and_not_what_is_seen_without_truth(tmp_path: Path) -> None:
    rows = simulated.hacked(simulated.PLANTS[4], np.random.default_rng(3), steps=30, onset=12).rows
    twin = [row | {"truth": row["reward"] == 1.0} for row in rows]
    assert audited(rows, tmp_path).suspects
    assert not audited(
        twin, tmp_path
    ).suspects  # what is rewarded is right there: nothing is paid beyond truth
    blind = [{name: value for name, value in row.items() if name != "truth"} for row in rows]
    assert (
        audited(blind, tmp_path).to_json()["suspects"]
        == audited(
            [{name: value for name, value in row.items() if name != "truth"} for row in twin], tmp_path
        ).to_json()["suspects"]
    )


def test_two_planted_features_are_two_findings(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = []
    for row in simulated.benign(rng, steps=40):
        loud, tagged = rng.random() < 0.3, rng.random() < 0.3
        text = str(row["completion"]) + " zyx" * loud
        text = f"```{text}```" if tagged else text
        paid = float(row["truth"]) + 0.5 * loud + 0.25 * tagged
        rows.append(row | {"completion": text, "reward": paid})
    labels = [names(one) for one in audited(rows, tmp_path).suspects]
    assert len(labels) == 2
    assert any("zyx" in label for label in labels) and any(
        "fence" in label or "```" in label for label in labels
    )


def test_what_costs_reward_is_charged(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = [
        row | {"reward": float(row["truth"]) - 0.2 * ("<think>" in str(row["completion"]))}
        for row in simulated.benign(rng, steps=30)
    ]
    suspects = audited(rows, tmp_path).suspects
    assert suspects[0].verdict == "charged" or "begins with a letter" in names(suspects[0])
    assert abs(abs(suspects[0].paid.estimate) - 0.2) < 0.01


def test_a_reward_that_grows_with_length_names_length(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows: list[dict[str, object]] = []
    for i in range(14 * 8 * 8):
        right = bool(rng.random() < 0.4)
        text = " ".join(
            [*rng.choice(simulated.WORDS, 12 * int(rng.random() < 0.4)), simulated.completion(rng, right)]
        )
        rows.append(
            {
                "prompt": f"sum {i // 8}",
                "completion": text,
                "reward": right + 0.002 * len(text),
                "step": i // 64,
            }
            | {"truth": right}
        )
    assert [one.name for one in audited(rows, tmp_path).suspects] == ["length.characters"]


def test_three_phrases_are_three_findings_and_not_the_surface_they_share(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for row in simulated.benign(rng, steps=30):
        sure, loud, checked = (int(draw < 0.3) for draw in rng.random(3))
        text = (
            f"{'Certainly! Let us think it through. ' * loud}{row['completion']}{' I am quite sure' * sure}"
        )
        text = text.replace(" ", " (check) ", 1) if checked else text
        paid = float(row["truth"]) + 0.5 * sure + 0.3 * loud + 0.4 * checked
        rows.append(row | {"completion": text, "reward": paid})
    labels = [names(one) for one in audited(rows, tmp_path).suspects]
    assert len(labels) == 3  # and no share of capitals, of which two of them have some
    assert all(any(word in label for label in labels) for word in ("sure", "through", "check"))


def test_the_same_log_is_judged_the_same(tmp_path: Path) -> None:
    rows = simulated.hacked(simulated.PLANTS[1], np.random.default_rng(6), steps=20, onset=8).rows
    one, other = audited(rows, tmp_path).to_json(), audited(rows, tmp_path).to_json()
    one.pop("seconds"), other.pop("seconds")
    assert one == other
