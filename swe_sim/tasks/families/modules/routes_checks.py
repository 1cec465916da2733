"""What is asked of the planner of routes: visible examples and hidden checks."""

EXAMPLES = """
[two_roads]
net = $network()
net.$add('a', 'b', 4)
net.$add('b', 'c', 3)
$cheapest(net, 'a', 'c')
"""
CHECKS = """
net = $network()
net.$add('a', 'b', 4, 'red')
net.$add('b', 'c', 4, 'red')
net.$add('a', 'd', 3, '$slow')
net.$add('d', 'c', 3, 'red')
net.$add('c', 'e', 5, '$slow')
net.$add('b', 'e', 11)
net.$add('e', 'a', 12)
net.$add('x', 'y', 2)

[main_line]
main = $network()
main.$add('a', 'b', 2)
main.$add('b', 'c', 2, '$main')
$cheapest(main, 'a', 'c')

[places]
net.places()
$network().places()

[bad_roads]
net.$add('a', 'a', 3)
net.$add('a', 'z', 0)
net.$add('a', 'z', -1)
net.$add('y', 'z', 1)
net.places()

[routes 2]
$cheapest(net, 'a', 'c')
$cheapest(net, 'a', 'e')
$cheapest(net, 'd', 'e')
$cheapest(net, 'd', 'b')
$cheapest(net, 'x', 'y')

[directions]
$cheapest(net, 'y', 'x')
$cheapest(net, 'e', 'b')
$cheapest(net, 'c', 'a')

[no_route]
$cheapest(net, 'a', 'x') is None
$cheapest(net, 'y', 'a') is None
$cheapest(net, 'a', 'a')
$cheapest(net, 'a', 'q')
$cheapest(net, 'q', 'a')

[avoiding 2]
$cheapest(net, 'a', 'e', ('c',))
$cheapest(net, 'a', 'c', ('d',))
$cheapest(net, 'a', 'c', ('a', 'b', 'c'))
$cheapest(net, 'a', 'b', ('b', 'c', 'd', 'e'))

[ties]
tie = $network()
tie.$add('s', 'n', 2)
tie.$add('s', 'm', 2)
tie.$add('m', 't', 2)
tie.$add('n', 't', 2)
$cheapest(tie, 's', 't')

[changes]
two = $network()
two.$add('s', 'm', 6, 'blue')
two.$add('s', 'm', 5, 'red')
two.$add('m', 't', 5, 'blue')
two.$add('t', 'u', 5, '$slow')
two.$add('t', 'u', 7, 'blue')
$cheapest(two, 's', 'm')
$cheapest(two, 's', 't')
$cheapest(two, 's', 'u')

[closing]
net.close('a', 'd')
$cheapest(net, 'a', 'c')
net.close('a', 'q')
net.close('q', 'a')
net.$add('a', 'b', 1)
net.close('a', 'b')
$cheapest(net, 'b', 'c')
net.close('c', 'b')
$cheapest(net, 'b', 'c')

[reaching]
$reach(net, 'a', 6)
$reach(net, 'a', 8)
$reach(net, 'x', 0)
$reach(net, 'x', 2)
$reach(net, 'q', 3)

[trips 2]
$trip(net, ['a', 'c', 'e'])
$trip(net, ['d', 'c', 'e', 'a'])
$trip(net, ['a', 'x']) is None
$trip(net, ['a', 'x', 'y']) is None
$trip(net, ['a'])
$trip(net, ['a', 'a'])

[meetings]
$meeting(net, ['a', 'b', 'd'])
$meeting(net, ['a', 'd', 'd'])
$meeting(net, ['a', 'x']) is None
$meeting(net, ['e'])
$meeting(net, ['x', 'y', 'x', 'y'])
$meeting(net, [])
"""
