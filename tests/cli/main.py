"""The command line as a process of its own, for tests that kill it."""

from shapley_coop.cli.main import main

if __name__ == "__main__":
    main()
