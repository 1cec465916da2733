"""How the command line names runs, and lists them."""
