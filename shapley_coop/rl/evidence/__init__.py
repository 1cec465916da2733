"""What credit methods look at beside the rewards: prefixes, branches, statements, judges."""
