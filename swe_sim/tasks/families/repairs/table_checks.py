"""What is asked of tables in text: visible examples and hidden checks."""

EXAMPLES = """
[a_line]
$split('a${comma}b')
$join(['a', 'b${comma}c'])
$read('x${comma}y\\n1${comma}two')
"""
CHECKS = """
lines = ['name,n,ok', 'ann,3,$yes', '$mark no row', 'bob,4.5,$no', '', 'cid,,maybe']
text = '\\n'.join(lines).replace(',', '$comma')

[cells 2]
$split('a${comma}b${comma}c')
$split('${quote}a${comma}b${quote}${comma}c')
$split('a${comma}${quote}say ${quote}${quote}hi${quote}${quote}${quote}')
$split('${quote}${quote}')

[odd_cells]
$split('')
$split('$comma')
$split('a$comma')
$split('it${quote}s${comma}x')
$split(' a ${comma} b')
$split('${quote} a ${quote}${comma}b')

[broken_lines]
$split('${quote}a')
$split('${quote}a${quote}b')
$split('a${comma}${quote}b${quote}${quote}')
$split('${quote}a${quote} ${comma}b')

[joining 2]
$join(['a', 'b'])
$join(['a${comma}b', 'c${quote}d', ' e', 'f ', ''])
$join([''])
$split($join(['x${quote}', '${comma}', 'y']))

[values 2]
$value('12')
$value('-3')
$value('2.5')
$value('1e3')
$value('$yes')
$value('$no')
$value('$yes'.upper())
$value('word')
$value('') is None

[reading 2]
$read(text)
$read('a\\n1\\n2')
$read('')
$read(' \\n$mark x')
$read('a${comma}b')

[odd_tables]
$read('a${comma}a\\n1${comma}2')
$read('a${comma}b\\n1${comma}2${comma}3')
$read('a${comma}b\\n1')
$read('a\\n${quote}1${quote}')
[sorted(row) for row in $read('a${comma}b${comma}c${comma}d\\n1${comma}2${comma}3${comma}4')]
$read('a$mark\\n$yes$mark')

[writing 2]
$write($read(text))
$write([{'a': 1}, {'b': 'x${comma}y', 'a': None}])
$write([{'a': True, 'b': False, 'c': 0}])
$write([])

[totals]
rows = $read(text)
$total(rows, 'n')
$total(rows, 'n', {'ok': True})
$total(rows, 'n', {'ok': False, 'name': 'bob'})
$total(rows, 'n', {'ok': False, 'name': 'ann'})
$total(rows, 'ok')
$total(rows, 'name')
$total(rows, 'nothing')
"""
