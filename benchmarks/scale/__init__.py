"""Commands that measure what runs of many episodes, or many runs, cost."""
