"""Negotiation: the table's state machine, its drivers, and negotiated games as ParallelEnvs."""
