/** Walks the chain from its first row to its sealed head and names the first place where it does not hold. */
import type { Reader } from '../base/db.ts'
import type { Kind } from '../interaction/index.ts'
import { auditAfter, missingEntry, readHead } from './audit.store.ts'
import { auditKey, auditedKinds, genesis, hashOf, openHead } from './audit.ts'
import type { AuditRow } from './audit.ts'

export type Break = 'changed' | 'missing' | 'added' | 'head' | 'not-in-chain'

export interface AuditVerdict {
  readonly ok: boolean
  readonly entries: number
  /** Hash of the newest row: written down elsewhere, it proves the chain up to here for good. */
  readonly head: string
  readonly broken: { readonly seq: number; readonly kind: Break; readonly why: string } | null
}

type Broken = NonNullable<AuditVerdict['broken']>

const broken = (seq: number, kind: Break, why: string): Broken => ({ seq, kind, why })

/** One row after the other, in order of seq; pure. */
export function createVerifier(key: Buffer) {
  let last = { seq: 0, hash: genesis }
  return {
    entries: () => last.seq,
    head: () => last.hash,
    take(row: AuditRow): Broken | null {
      const next = last.seq + 1
      if (row.seq !== next) return broken(next, 'missing', `row ${String(next)} is missing`)
      if (row.prev !== last.hash || hashOf(key, row) !== row.hash)
        return broken(next, 'changed', `row ${String(next)} is not as it was written`)
      last = { seq: row.seq, hash: row.hash }
      return null
    },
    /** After the last row: does it end where the seal says? */
    end(sealed: string | null): Broken | null {
      if (sealed === null)
        return last.seq === 0 ? null : broken(last.seq + 1, 'head', 'the seal of the newest row is gone')
      const head = openHead(key, sealed)
      if (head === null)
        return broken(
          last.seq + 1,
          'head',
          'the seal of the newest row is not ours: it was changed, or SIYU_MASTER_KEY is another one',
        )
      if (head.seq > last.seq)
        return broken(
          last.seq + 1,
          'missing',
          `rows ${String(last.seq + 1)} to ${String(head.seq)} are missing`,
        )
      if (head.seq < last.seq)
        return broken(head.seq + 1, 'added', `row ${String(head.seq + 1)} was added beside the server`)
      return head.hash === last.hash
        ? null
        : broken(last.seq, 'changed', 'the newest row is not the sealed one')
    },
  }
}

/** These are always in the chain, whoever did them: a log that knows more than the chain proves that rows were dropped. */
const alwaysAudited = Object.entries(auditedKinds).flatMap(([kind, { byStaff }]) =>
  byStaff === true ? [] : [kind as Kind],
)

const pageRows = 1_000

export async function verifyAudit(reader: Reader, masterKey: Buffer): Promise<AuditVerdict> {
  const key = auditKey(masterKey)
  const verifier = createVerifier(key)
  const verdict = (found: Broken | null): AuditVerdict => ({
    ok: found === null,
    entries: verifier.entries(),
    head: verifier.head(),
    broken: found,
  })
  for (;;) {
    const rows = await auditAfter(reader, verifier.entries(), pageRows)
    for (const row of rows) {
      const found = verifier.take(row)
      if (found !== null) return verdict(found)
    }
    if (rows.length === pageRows) continue
    const sealed = await readHead(reader)
    const head = sealed === null ? null : openHead(key, sealed)
    // Appended since the page was read: rows and seal are written together, so these can be read now.
    const grown = head !== null && head.seq > verifier.entries()
    if (grown && (await auditAfter(reader, verifier.entries(), 1)).length > 0) continue
    const found = verifier.end(sealed)
    if (found !== null) return verdict(found)
    break
  }
  const dropped = await missingEntry(reader, alwaysAudited)
  if (dropped === null) return verdict(null)
  const why = `log row ${String(dropped.seq)} (${dropped.kind}) is not in the chain`
  return verdict(broken(verifier.entries() + 1, 'not-in-chain', why))
}
