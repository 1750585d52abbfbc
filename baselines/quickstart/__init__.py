"""The quickstart study: each of the paper's claims seen once, small, on a CPU in minutes."""
