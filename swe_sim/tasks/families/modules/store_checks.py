"""What is asked of the store of keys: visible examples and hidden checks."""

EXAMPLES = """
[setting]
store = $store()
store.$set('a', 1)
store.get('a')
run(['$SET a 5', 'GET a'])
"""
CHECKS = """
store = $store()
store.$set('ann', 1)
store.$set('bob', 'x', 3)

[values 2]
store.get('ann')
store.get('nobody') is None
store.get('nobody', 7)
store.$set('ann', 5)
store.get('ann')
store.values

[deleting]
store.$delete('bob')
store.$delete('bob')
store.$set('bob', 2)
store.$wait(9)
store.get('bob')

[keys]
store.$set('anna', 3)
store.keys()
store.keys('ann')
store.keys('z')

[lives 2]
table = $table()
table.$set('a', 1, 1)
table.$set('b', 2, 2)
table.$set('c', 3)
table.keys()
table.$wait(1)
table.keys()
table.$wait(1)
table.keys()
table.$wait(1)
table.keys()

[longer_lives]
store.$wait(1)
store.$set('bob', 'y', 4)
store.$wait(2)
store.get('bob')
store.$wait(3)
store.get('bob') is None

[setting_again]
store.$set('bob', 'z')
store.$wait(5)
store.keys()

[bad_times]
store.$wait(-1)
store.$set('c', 1, 0)
store.$set('ann', 9, -2)
store.$wait(0)
store.values

[sums]
store.$add('ann', 4)
store.$add('new', -2)
store.$add('bob', 1)
store.$set('short', 3, 2)
store.$add('short', 1)
store.$wait(4)
store.values

[transactions 2]
store.$begin()
store.$set('ann', 2)
store.$delete('bob')
store.changed()
store.$rollback()
store.values
store.$begin()
store.$set('ann', 2)
store.$commit()
store.values

[nested 2]
store.$begin()
store.$set('ann', 2)
store.$begin()
store.$set('ann', 3)
store.changed()
store.$rollback()
store.get('ann')
store.$begin()
store.$set('cid', 4)
store.$commit()
store.values

[lives_in_transactions]
store.$begin()
store.$set('bob', 'y', 50)
store.$set('ann', 1, 1)
store.$rollback()
store.$wait(2)
store.get('ann')
store.$wait(2)
store.keys()

[late_rollbacks]
store.$begin()
store.$wait(6)
store.keys()
store.$rollback()
store.keys()
store.$wait(0)
store.keys()

[no_transaction]
store.$commit()
store.$rollback()
[store.$begin() for _ in range($depth)]
store.$begin()
store.changed()

[changes]
store.changed()
store.$begin()
store.changed()
store.$set('ann', 1)
store.$set('new', None)
store.changed()

[commands 2]
run(['$SET a 5', 'GET a', 'ADD a -7', 'GET b', '$SET w word 2', 'GET w', 'WAIT 5', 'GET w'])
run(['BEGIN', '$SET a 5', 'ROLLBACK', 'GET a', 'BEGIN', '$SET a 6', 'COMMIT', '$DROP a', 'GET a'])
run([])

[odd_commands]
run(['get a', '', '  ', '$SET  a   1', 'GET a'])
run(['$SET a 1', 'GET a a', 'GET a'])
run(['$SET a 1', '$SET a 2 0', 'GET a'])
run(['$SET a', 'GET a'])
run(['JUMP', 'GET a'])
run(['$DROP a', 'GET a'])
run(['COMMIT', 'GET a'])
run(['BEGIN now', 'GET a'])
run(['$SET a x', 'ADD a 1', 'GET a'])
run(['ADD a', 'WAIT', '$DROP'])
run(['GET ann', 'ADD ann 2'], store)
store.get('ann')
"""
