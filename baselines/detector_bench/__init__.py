"""The bake-off of detectors: real traces, what is drawn from them, the rivals, and the score."""
