"""`codi-train train` as a module, for `accelerate launch -m trainer.train`."""

from __future__ import annotations

import sys

from trainer.cli import main

if __name__ == "__main__":
    main(["train", *sys.argv[1:]], prog_name="codi-train")
