/** How a statement reaches the database: placeholders, long lists, statements kept from the last time. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Value } from '../src/base/db.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'

const places = (n: number, from = 1): string =>
  Array.from({ length: n }, (_, i) => `$${String(from + i)}`).join(', ')

onBothDatabases('statements', (open) => {
  let opened: TestDatabase
  const names = Array.from({ length: 40 }, (_, n) => `name ${String(n)}`)
  beforeEach(async () => {
    opened = await open()
    await opened.db.tx((tx) =>
      tx.insert(
        'meta',
        names.map((name, n) => ({ name, value: String(n) })),
      ),
    )
  })
  afterEach(() => opened.drop())

  const asked = async (sql: string, params: readonly Value[]): Promise<string[]> =>
    (await opened.db.reader.rows<{ name: string }>(sql, params)).map(({ name }) => name)

  it('finds the same by a list of any length, between other values and twice over', async () => {
    for (const n of [1, 2, 15, 16, 17, 39, 40]) {
      const part = names.slice(0, n)
      const sql = `select name from meta where value <> $1 and name in (${places(n, 2)}) and value <> $${String(n + 2)}
        and (name = $${String(n + 3)} or name in (${places(n, n + 4)})) order by name`
      const found = await asked(sql, ['0', ...part, '1', 'nobody', ...part])
      expect(found, String(n)).toEqual(part.slice(2).sort())
    }
  })

  it('keeps numbers numbers and odd words as they are, in lists too', async () => {
    const odd = ['it’s "quoted"', '$1 ?1 #list1', '换行\n', '🌾', '%_\\', "''", '']
    await opened.db.tx((tx) =>
      tx.insert(
        'meta',
        odd.map((name) => ({ name, value: 'odd' })),
      ),
    )
    const wanted = [...odd, ...names.slice(0, 20)]
    expect(
      (await asked(`select name from meta where name in (${places(wanted.length)})`, wanted)).sort(),
    ).toEqual([...wanted].sort())
    const numbers = Array.from({ length: 20 }, (_, n) => n)
    expect(
      await asked(`select name from meta where length(name) in (${places(20)}) and name = $21`, [
        ...numbers,
        'name 7',
      ]),
    ).toEqual(['name 7'])
  })

  it('keeps what looks like an escape, and refuses what neither database keeps, among many rows too', async () => {
    const add = (odd: readonly unknown[]): Promise<number> => {
      const rows = [...names, ...odd].map((name, n) => ({ name: name as string, value: `odd ${String(n)}` }))
      return opened.db.tx(async (tx) => {
        await tx.run('DELETE FROM meta WHERE value <> $1', ['kept'])
        return tx.insert('meta', rows)
      })
    }
    const escapes = ['\\u0000', '\\ud83d', 'a\\\\ude00', '🌾', '\t', '\u007f']
    await add(escapes)
    const wanted = [...escapes, ...names]
    expect(
      (await asked(`select name from meta where name in (${places(wanted.length)})`, wanted)).sort(),
    ).toEqual([...wanted].sort())
    for (const wrong of ['a\u0000b', true, 7n, Number.NaN, Infinity, {}])
      await expect(add([wrong]), String(wrong)).rejects.toThrow(/Parameter \d+/)
    expect(await asked('select name from meta', [])).toHaveLength(wanted.length)
  })

  it('changes what a long list names and says how many those were', async () => {
    const some = names.slice(3, 30)
    const changed = await opened.db.tx((tx) =>
      tx.run(`UPDATE meta SET value = $1 WHERE name in (${places(some.length, 2)})`, ['new', ...some]),
    )
    expect(changed).toBe(27)
    expect(await opened.db.tx((tx) => tx.run(`DELETE FROM meta WHERE value = $1`, ['new']))).toBe(27)
  })

  it('says a statement again after it failed, and after its table has changed', async () => {
    const add = (name: string): Promise<number> =>
      opened.db.tx((tx) => tx.run('INSERT INTO meta (name, value) VALUES ($1, $2)', [name, 'x']))
    expect(await add('fresh')).toBe(1)
    await expect(add('fresh')).rejects.toThrow(/unique|UNIQUE/)
    expect(await add('fresh 2')).toBe(1)
    expect(await asked('select * from meta where name = $1', ['fresh 2'])).toEqual(['fresh 2'])
    await opened.db.source.query('ALTER TABLE meta ADD COLUMN more text')
    expect(await opened.db.reader.rows('select * from meta where name = $1', ['fresh 2'])).toEqual([
      { name: 'fresh 2', value: 'x', more: null },
    ])
  })

  it('counts what was committed, not what was taken back', async () => {
    const before = opened.db.commits()
    await opened.db.tx((tx) => tx.run('DELETE FROM meta WHERE name = $1', ['name 1']))
    await expect(
      opened.db.tx(async (tx) => {
        await tx.run('DELETE FROM meta WHERE name = $1', ['name 2'])
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(opened.db.commits()).toBe(before + 1)
    expect(await asked('select name from meta where name = $1', ['name 2'])).toEqual(['name 2'])
  })
})
