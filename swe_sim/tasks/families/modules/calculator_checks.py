"""What is asked of the little calculator: visible examples and hidden checks."""

EXAMPLES = """
[small_sums]
$calculate('1 + 2*3')
$calculate('x - 1', {'x': 5})
"""
CHECKS = """
[signs 2]
$tokens('12+ab*$open 3 - x$close')
$tokens('7$power 08/2')
$tokens('')
$tokens('  9az zoo$close$open')

[strange_signs]
$tokens('3 & 4')
$tokens('Ab')
$tokens('1.5')
$tokens('ä')

[trees 2]
$parse('1 + 2 * 3')
$parse('1 * 2 + 3')
$parse('9 - 3 - 2')
$parse('$open 1 + 2$close * 3')
$parse('a')

[special_trees]
$parse('2 $power 3 $power 2')
$parse('2 * 3 $power 2')
$parse('-2 $power 2')
$parse('2 $power -x')
$parse('--3')

[no_texts]
$parse('')
$parse('1 +')
$parse('* 2')
$parse('$open 1')
$parse('1$close')
$parse('$open$close')
$parse('1 2')
$parse('-')
$parse('2 $power')
$parse('$open 1 + 2 3')

[sums 2]
$calculate('2 + 3 * 4 - 5')
$calculate('20 / 3 / 2')
$calculate('20 - 3 * 2 + 7 / 2')
$calculate('$open 20 - 3$close * $open 2 + 7$close')
$calculate('-7 / 2')
$calculate('007 + 89 + 60 - 89')

[brackets]
$calculate('$open 2 * 3$close + 1')
$calculate('7 - $open 1 - 2 / 2$close * 2')

[powers 2]
$calculate('2 $power 3 $power 2')
$calculate('7 $power 4')
$calculate('3 * 7 $power 2')
$calculate('1 + 2 $power 3')

[powers_of_little]
$calculate('5 $power $open 3 - 3$close')
$calculate('5 $power 1')
$calculate('5 $power -2')

[names]
$calculate('price * n + $open n - 1$close', {'price': 30, 'n': 4})
$calculate('a + b', {'a': 1})
$calculate('a')
$calculate('-zoo', {'zoo': 3})

[zero]
$calculate('4 / 0')
$calculate('4 / $open 2 - 2$close')
$calculate('0 / 4')
$calculate('5 / 1')

[used_names]
names_in('b + a * b - $open c $power a$close')
names_in('-q')
names_in('1 + 2')
names_in('1 +')
"""
