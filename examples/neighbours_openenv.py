"""A family served as an OpenEnv environment, and played by OpenEnv's client: three attempts, with feedback.

    pip install 'synthgym[openenv]'
    python examples/neighbours_openenv.py

Server and client run in this process; ``python -m synthgym.envs.neighbours.openenv --family chain_sum`` runs a server
of its own.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import uvicorn

import synthgym
from synthgym.envs.neighbours import openenv_app
from synthgym.envs.neighbours.openenv_server import SynthGymAction, SynthGymClient


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """The server's address, on a free port."""
    app = openenv_app("chain_sum", "rubric", max_turns=3, feedback="criterion")
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def main() -> None:
    """One episode: a wrong answer, a bare one, and so on until the episode is over."""
    task = synthgym.get_family("chain_sum").task(7, template="natural")
    worked = "\n".join([*(step.text for step in task.reference.steps), f"Answer: {task.reference.answer}"])
    with serving() as address, SynthGymClient(base_url=address).sync() as session:
        seen = session.reset(seed=7)
        print(f"prompt: {seen.observation.prompt.splitlines()[0]}")
        for completion in ("Answer: 1000", worked):
            seen = session.step(SynthGymAction(completion=completion))
            left = seen.observation.attempts_left
            print(
                f"{completion!r}: reward {seen.reward}, attempts left {left}, told {seen.observation.prompt!r}"
            )
        print(f"components: {seen.observation.components}")


if __name__ == "__main__":
    main()
