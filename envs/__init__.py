"""The task families, the Gymnasium environments over them, and datasets."""

if __name__ != "synthgym.envs":
    raise ImportError(
        "this folder is the package 'synthgym.envs': write 'import synthgym.envs';\n"
        "if you meant another package named 'envs', start Python outside SynthGym's repository"
    )
