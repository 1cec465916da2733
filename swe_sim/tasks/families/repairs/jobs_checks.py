"""What is asked of the queue of jobs: visible examples and hidden checks."""

EXAMPLES = """
[two_jobs]
queue = $queue()
queue.$add('a', 1)
queue.$add('b', 2)
queue.$next()
queue.$finish()
"""
CHECKS = """
queue = $queue(2)
queue.$add('a', 1)
queue.$add('b', 3, ('a',))
queue.$add('c', 1)
queue.$add('d', 0, ('b', 'c'))

[bad_jobs]
$job('', 1)
$job('x', -1)
$job('x', $highest + 1)
$job('x').priority
$job('x', $highest).priority
$job('x', 0).needs

[urgency 2]
job = $job('x', 1)
job.waited = $patience - 1
job.urgency()
job.waited = $patience
job.urgency()
job.waited = 3 * $patience + 1
job.urgency()

[names]
queue.$add('a', 1)
queue.$next()
queue.$add('a', 1)
queue.$finish()
queue.$add('a', 1)
len(queue.waiting)

[next_jobs 2]
queue.$next()
queue.$finish()
queue.$next()
queue.$finish()
queue.$next()
queue.$finish()
queue.$next()
queue.$finish()
queue.$next() is None
queue.done

[running]
queue.$finish()
queue.$next()
queue.$next()
queue.$finish()
queue.$finish()

[ready]
[job.name for job in queue.ready()]
queue.$next()
[job.name for job in queue.ready()]
queue.$finish()
[job.name for job in queue.ready()]

[failures 2]
queue.$next()
queue.$finish(False)
[job.name for job in queue.waiting]
queue.$next()
queue.$finish(False)
queue.$next()
queue.$finish(False)
queue.lost
queue.blocked()
[job.name for job in queue.waiting]

[lost_names]
single = $queue(1)
single.$add('a')
single.$next()
single.$finish(False)
single.$add('a')
single.$add('b')
[job.priority for job in single.waiting]
$queue().tries

[waiting]
old = $queue()
old.$add('slow', 0)
[old.$add('n' + str(k), 1) for k in range(6)] and None
[(old.$next(), old.$finish())[0] for _ in range(7)]

[waiting_again]
old = $queue(9)
old.$add('slow', 1)
old.$add('x', 2)
old.$next()
old.waiting[0].waited
old.$finish(False)
old.$next()
old.$finish(False)
[job.waited for job in old.waiting]

[orders 2]
order([('a', 0, ()), ('b', 2, ('a',)), ('c', 1, ())])
order([('a', 2, ('z',)), ('b', 1, ())])
order([('a', 1, ()), ('b', 1, ()), ('c', 1, ('a',))], ('a',))
order([])
"""
