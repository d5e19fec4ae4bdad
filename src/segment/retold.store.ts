import type { Db, Reader, Row, Tx } from '../base/db.ts'
import { idsIn } from './compute.ts'
import { lockStandings } from './segment.store.ts'

const ids = (customers: readonly string[]): string[] => [JSON.stringify(customers)]

/** A standing that only knows its tier and since when: the rest is computed over it. */
export const noteMoves = (
  tx: Tx,
  moves: readonly { readonly customer: string; readonly tier: string; readonly dayNo: number }[],
): Promise<number> =>
  tx.insert(
    'standing',
    [...moves]
      .sort((a, b) => (a.customer < b.customer ? -1 : 1))
      .map(({ customer, tier, dayNo }) => ({
        customer,
        tier,
        since_no: dayNo,
        stage: '',
        ...Object.fromEntries(
          Array.from({ length: 6 }, (_, i) => [
            [`w${String(i + 1)}_n`, 0],
            [`w${String(i + 1)}_fen`, 0],
          ]).flat(),
        ),
      })),
    'ON CONFLICT (customer) DO UPDATE SET tier = excluded.tier, since_no = excluded.since_no',
  )

/** Moves of customers who are no more: merged into others, or erased. */
export async function dropOldMoves(tx: Tx): Promise<void> {
  for (const name of ['standing', 'wanted_tag'])
    await tx.run(`DELETE FROM ${name} WHERE customer NOT IN (SELECT id FROM customer)`)
}

export interface Told {
  readonly standings: readonly Row[]
  readonly tags: readonly Row[]
}

export async function rowsTold(reader: Reader, customers: readonly string[]): Promise<Told> {
  const where = `where ${idsIn(reader.dialect, 'customer')} order by customer`
  return {
    standings: await reader.rows(`select * from standing ${where}`, ids(customers)),
    tags: await reader.rows(`select * from wanted_tag ${where}, tag_group`, ids(customers)),
  }
}

/** A tag that is wanted already goes on being wanted since when it was. */
export async function replaceStandings(
  tx: Tx,
  customers: readonly string[],
  { standings, tags }: Told,
): Promise<void> {
  await lockStandings(tx)
  const whose = idsIn(tx.dialect, 'customer')
  const before = await tx.rows<{ customer: string; tag_group: string; tag: string; changed_at: number }>(
    `select customer, tag_group, tag, changed_at from wanted_tag where ${whose}`,
    ids(customers),
  )
  const since = new Map(
    before.map((row) => [`${row.customer}\n${row.tag_group}\n${row.tag}`, row.changed_at]),
  )
  for (const name of ['standing', 'wanted_tag'])
    await tx.run(`DELETE FROM ${name} WHERE ${whose}`, ids(customers))
  await tx.insert('standing', standings)
  await tx.insert(
    'wanted_tag',
    tags.map((row) => ({
      ...row,
      changed_at:
        since.get(`${String(row['customer'])}\n${String(row['tag_group'])}\n${String(row['tag'])}`) ??
        row['changed_at'] ??
        null,
    })),
  )
}

export const setTier = (tx: Tx, customer: string, tier: string): Promise<number> =>
  tx.run('UPDATE standing SET tier = $1 WHERE customer = $2', [tier, customer])

const duePrefix = 'due:'

/** In the scratch: who has a move to make, and from where. */
export async function noteDue(
  tx: Tx,
  due: readonly { readonly customer: string; readonly from: string }[],
): Promise<void> {
  await tx.insert(
    'segment_state',
    due.map(({ customer, from }) => ({ name: `${duePrefix}${customer}`, value: from })),
    'ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
}

export async function dueAmong(reader: Reader, customers: readonly string[]): Promise<Map<string, string>> {
  const rows = await reader.rows<{ name: string; value: string }>(
    `select name, value from segment_state where ${idsIn(reader.dialect, 'name')} order by name`,
    ids(customers.map((customer) => `${duePrefix}${customer}`)),
  )
  return new Map(rows.map(({ name, value }) => [name.slice(duePrefix.length), value]))
}

const chunk = 500

/** The row that made each customer: a standing that never moved says since when by it. Only its instant is needed. */
export async function copyFirstRows(scratch: Db, log: Reader): Promise<void> {
  for (let after = 0; ;) {
    const wanted = await scratch.reader.rows<{ first_seq: number }>(
      `select distinct first_seq from customer where first_seq > $1 order by first_seq limit ${String(chunk)}`,
      [after],
    )
    const last = wanted.at(-1)
    if (!last) return
    after = last.first_seq
    const seqs = wanted.map(({ first_seq: seq }) => seq)
    const rows = await log.rows<{ seq: number; at: number }>(
      `select seq, at from log where seq in (${seqs.map((_, i) => `$${String(i + 1)}`).join(', ')}) order by seq`,
      seqs,
    )
    await scratch.tx((tx) =>
      tx.insert(
        'log',
        rows.map(({ seq, at }) => ({
          seq,
          id: String(seq),
          at,
          recorded_at: at,
          kind: '',
          source: '',
          source_key: String(seq),
          detail: '{}',
        })),
      ),
    )
  }
}
