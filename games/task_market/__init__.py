"""A market in which a project is scheduled over workers with different skills."""
