"""Rule workers: seats of a software team with stated skills, whose worth has a closed form.

They are instruments and no programmers: each knows the reference solution of the task and the pool
of faults that may be put into it, and does with stated probabilities what its skill says.
"""
