"""How the command line trains: the command, and a course for each kind of policy."""
