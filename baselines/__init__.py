"""The tiny policy, the TRL trainers, the loops and the studies."""

if __name__ != "synthgym.baselines":
    raise ImportError(
        "this folder is the package 'synthgym.baselines': write 'import synthgym.baselines';\n"
        "if you meant another package named 'baselines', start Python outside SynthGym's repository"
    )
