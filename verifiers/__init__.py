"""Turning a response into a verdict: outcome, rubric, token; the planted shortcuts; TRL rewards."""

if __name__ != "synthgym.verifiers":
    raise ImportError(
        "this folder is the package 'synthgym.verifiers': write 'import synthgym.verifiers';\n"
        "if you meant another package named 'verifiers', start Python outside SynthGym's repository"
    )
