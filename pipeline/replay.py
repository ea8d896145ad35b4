"""`python -m pipeline.replay`: the name that this command was published by, and that scripts call it by."""

import sys

from pipeline.__main__ import run

if __name__ == "__main__":
    sys.exit(run("replay"))
