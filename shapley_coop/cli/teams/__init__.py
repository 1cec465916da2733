"""Commands for agents of other people: credit for their teams, verdicts on their deals."""
