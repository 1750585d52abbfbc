"""OpenEnv: a family and a signal as one of its servers. Needs the extra `openenv`; imported when it is first used.

``python -m synthgym.envs.neighbours.openenv --family chain_sum --signal rubric --port 8000`` runs one.
"""

import functools
import sys
from dataclasses import dataclass
from itertools import count
from typing import Any

from synthgym.commands.common import Looking
from synthgym.envs.neighbours._extras import need
from synthgym.envs.neighbours._judging import settled_signal, whole
from synthgym.envs.neighbours._turns import settled_turns
from synthgym.errors import SynthGymError
from synthgym.plugins import get_family
from synthgym.signal import Signal


@dataclass(frozen=True, kw_only=True)
class ServerSettings(Looking):
    """An OpenEnv server over a family and a signal."""

    family: str = "chain_sum"
    """The family's name."""
    signal: str = "binary"
    """What is rewarded: a signal's label."""
    difficulty: int = 0
    """0 to 10."""
    split: str = "train"
    """"train" or "test"."""
    template: str = "natural"
    """How the prompt is worded."""
    answer_format: str | None = None
    """How the final answer is written; the template's own by default."""
    max_turns: int = 1
    """Attempts at a task; the last one counts."""
    feedback: str = "right_or_wrong"
    """What is told between them: "nothing", "right_or_wrong", "criterion" or "step"."""
    max_sessions: int = 64
    """Sessions at a time."""
    first_seed: int = 0
    """The seed of the first task that `reset` gives where it names none."""
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = 8000
    """The port to listen on."""


def openenv_app(
    family: str = "chain_sum",
    signal: str | Signal = "binary",
    *,
    split: str = "train",
    difficulty: int = 0,
    template: str = "natural",
    answer_format: str | None = None,
    first_seed: int = 0,
    n: int = 1_000,
    max_turns: int = 1,
    feedback: str = "right_or_wrong",
    max_sessions: int = 64,
) -> Any:
    """A family and a signal as OpenEnv's FastAPI app, for uvicorn.

    Every session (a WebSocket at ``/ws``, which is what OpenEnv's clients use) has its own episodes; ``POST /step``
    keeps none, so that an action there names its task by the seed. The app's client is
    `synthgym.envs.neighbours.openenv_server.SynthGymClient`.

    Args:
        family: its name.
        signal: what is rewarded, as a `Signal` or its label.
        first_seed: `reset` without a seed gives the tasks from here on, each once, whatever the session.
        n: tasks that the task list (``/{env}/tasks``) shows of each split.
        max_turns: attempts at a task; the last one counts.
        feedback: what is told between them: "nothing", "right_or_wrong", "criterion" or "step".
        max_sessions: sessions at a time.
        split, difficulty, template, answer_format: as for `synthgym.tasks`.

    Raises:
        MissingExtraError: if `openenv` is not installed.
        UnknownNameError: if the family, or something the signal names, is not registered.
        SettingError: for any other value that is not accepted.
    """
    known = get_family(family)
    settled = settled_signal(signal, "OpenEnv")
    turns = settled_turns(max_turns, feedback, settled)
    whole(max_sessions, "max_sessions", 1)
    whole(n, "n", 1)
    known.task(first_seed, split=split, difficulty=difficulty, template=template, answer_format=answer_format)
    need("openenv.core", "openenv")
    from openenv.core.env_server.http_server import create_app

    from synthgym.envs.neighbours import openenv_server as ours

    served = ours.Served(
        family=known.name,
        signal=settled,
        split=split,
        difficulty=difficulty,
        template=template,
        answer_format=answer_format,
        turns=turns,
        n=n,
        seeds=count(first_seed),
    )
    app = create_app(
        functools.partial(ours.SynthGymEnvironment, served),
        ours.SynthGymAction,
        ours.SynthGymObservation,
        env_name=known.name,
        max_concurrent_envs=max_sessions,
    )
    app.add_exception_handler(SynthGymError, _told)
    return app


def _told(request: Any, error: Exception) -> Any:
    from starlette.responses import JSONResponse

    return JSONResponse({"detail": str(error)}, status_code=422)


def serve(settings: ServerSettings) -> None:
    """Run the server until it is interrupted.

    Raises:
        SynthGymError: as `openenv_app` does.
    """
    values = dict(vars(settings))
    host, port = values.pop("host"), values.pop("port")
    settings.prepare()
    del values["imports"], values["data"]
    app = openenv_app(values.pop("family"), values.pop("signal"), **values)
    import uvicorn

    uvicorn.run(app, host=host, port=port)


def main(arguments: list[str] | None = None) -> int:
    """The command line; an error is one line, and status 2."""
    from synthgym.commands.parsing import filled

    words = sys.argv[1:] if arguments is None else arguments
    try:
        serve(filled(ServerSettings, words, "python -m synthgym.envs.neighbours.openenv"))
    except SynthGymError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
