"""The command line as `python -m shapley_coop`."""

from shapley_coop.cli.main import main

main()
