import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export interface DonationRow {
  readonly unique_key: string
  readonly player: string
  readonly points: number
  readonly matched: number
  readonly cause: string
  readonly at: Instant
}

export const insertDonation = (tx: Tx, row: DonationRow): Promise<number> =>
  tx.insert('donation', [{ ...row }])

interface Sums {
  readonly points: number
  readonly matched: number
}

export async function donationOfKey(reader: Reader, key: string): Promise<Sums | undefined> {
  return (await reader.rows<Sums>('select points, matched from donation where unique_key = $1', [key]))[0]
}

const sums = `cast(coalesce(sum(points), 0) as bigint) as points, cast(coalesce(sum(matched), 0) as bigint) as matched`

export async function donatedBy(reader: Reader, player: string, cause: string): Promise<Sums> {
  const [row] = await reader.rows<Sums>(`select ${sums} from donation where player = $1 and cause = $2`, [
    player,
    cause,
  ])
  return row ?? { points: 0, matched: 0 }
}

export async function donatedInAll(
  reader: Reader,
  cause: string,
): Promise<Sums & { readonly people: number }> {
  const [row] = await reader.rows<Sums & { readonly people: number }>(
    `select ${sums}, cast(count(distinct player) as bigint) as people from donation where cause = $1`,
    [cause],
  )
  return row ?? { points: 0, matched: 0, people: 0 }
}
