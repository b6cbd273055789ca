"""`python -m faultzone`, the command `faultzone`."""

import sys

from faultzone.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
