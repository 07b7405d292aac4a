"""`python -m ocn_registry.cli`."""

import sys

from ocn_registry.cli.main import main

sys.exit(main())
