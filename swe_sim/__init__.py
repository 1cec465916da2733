"""The software team: tasks, sandbox, judge and game of agents that write code together."""
