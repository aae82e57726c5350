"""`python -m cli` is `journeys`."""

import gc

gc.disable()  # while everything is loaded: collecting would take a third of the start

from cli.main import app

gc.freeze()
gc.enable()

if __name__ == "__main__":
    app(prog_name="journeys")
