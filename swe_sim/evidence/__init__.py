"""Work evidence: shares of a reward by what a log of the work says that everybody did."""
