"""Statistics of episodes: what is measured, how sure it is, and how two sets of plays differ."""
