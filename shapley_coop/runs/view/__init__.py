"""A local web server that lists runs, opens their reports, follows live ones and forks."""
