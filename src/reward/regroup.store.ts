import type { Tx } from '../base/db.ts'

/** `backTo`: only gifts that carry this player in their key. */
export async function moveGifts(tx: Tx, from: string, to: string, backTo: string | null): Promise<void> {
  for (const [name, key] of [
    ['points', 'unique_key'],
    ['coupon', 'source_key'],
    ['donation', 'unique_key'],
  ] as const)
    await tx.run(
      `UPDATE ${name} SET player = $1 WHERE player = $2 ${backTo === null ? '' : `AND ${key} LIKE $3`}`,
      [to, from, ...(backTo === null ? [] : [`%${backTo}%`])],
    )
}
