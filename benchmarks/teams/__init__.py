"""What attribution of teams costs and whether its verdicts are right."""
