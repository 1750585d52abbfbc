"""An episode of three attempts with feedback on the first step that earned no credit, and its rollout log.

python examples/multi_turn_gym.py
"""

import tempfile

import gymnasium

import synthgym

ATTEMPTS = ["15+3\n=18", "14+3\n=18", "14+3\n=17"]


def main() -> None:
    """Play one episode of three attempts, print what was told, and what the log holds."""
    folder = tempfile.mkdtemp()
    env = gymnasium.make(
        "synthgym/ChainSum-v0", signal="rubric", max_turns=3, feedback="step", turn_discount=0.9
    )
    env = synthgym.RecordRollouts(env, folder)
    observation, info = env.reset(options={"seed": 3})
    for attempt in ATTEMPTS:
        print(f"{observation!r} -> {attempt!r}")
        observation, reward, terminated, truncated, info = env.step(attempt)
        if terminated or truncated:
            break
    env.close()
    print(f"accepted in turn {info['turn']}: {reward:.2f}")
    for row in synthgym.read_log(folder).to_pylist():
        print(f"turn {row['turn']}: {row['prompt']!r} -> {row['completion']!r}, verdict {row['reward']:.2f}")


if __name__ == "__main__":
    main()
