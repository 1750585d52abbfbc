"""``python -m synthgym`` is the command ``synthgym``."""

import sys

from synthgym.cli import main

if __name__ == "__main__":
    sys.exit(main())
