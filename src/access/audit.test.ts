import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Actor, Happening } from '../base/act.ts'
import { instantOf } from '../base/calendar.ts'
import { eraseCustomer } from '../privacy.ts'
import { onBothDatabases } from '../../test/database.ts'
import { masterKey, openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVerifier } from './audit-verify.ts'
import { canonical, genesis, hashOf, sealHead } from './audit.ts'
import { auditKey, auditPage, customerMark, giveRoles, rolesGivenTo, verifyAudit } from './index.ts'
import type { AuditRow } from './audit.ts'

const key = auditKey(masterKey)
const now = instantOf('2026-11-20', '10:00')

// ---------------------------------------------------------------- the chain alone

const chainOf = (n: number): AuditRow[] => {
  const rows: AuditRow[] = []
  let prev = genesis
  for (let seq = 1; seq <= n; seq += 1) {
    const open = {
      seq,
      at: now + seq,
      who: `staff:${seq % 2 === 0 ? 'lin' : 'wang'}`,
      what: 'cadence-published',
      about: `version:${String(seq)}`,
      detail: canonical({ hash: 'ab', version: seq }),
      entry: `entry-${String(seq)}`,
      prev,
    }
    prev = hashOf(key, open)
    rows.push({ ...open, hash: prev })
  }
  return rows
}

/** The first place where it breaks; null when it holds. */
const check = (rows: readonly AuditRow[], sealed: string | null): number | null => {
  const verifier = createVerifier(key)
  for (const row of rows) {
    const found = verifier.take(row)
    if (found) return found.seq
  }
  return verifier.end(sealed)?.seq ?? null
}
const sealed = (rows: readonly AuditRow[]): string =>
  sealHead(key, { seq: rows.length, hash: rows.at(-1)?.hash ?? genesis })

describe('the audit chain', () => {
  it('holds as it was written', () => {
    expect(check(chainOf(9), sealed(chainOf(9)))).toBeNull()
    expect(check([], null)).toBeNull()
  })

  it('S9: shows any single changed field, dropped, added, doubled or moved row, at or before its place', () => {
    const rows = chainOf(8)
    const seal = sealed(rows)
    const at = fc.nat(rows.length - 1)
    const field = fc.constantFrom(
      ...(['seq', 'at', 'who', 'what', 'about', 'detail', 'entry', 'prev', 'hash'] as const),
    )
    const changed = fc
      .tuple(at, field, fc.string({ minLength: 1, maxLength: 4 }))
      .map(([i, name, noise]) => ({
        place: i,
        rows: rows.map((row, n) =>
          n !== i
            ? row
            : {
                ...row,
                [name]: typeof row[name] === 'number' ? row[name] + noise.length : `${row[name]}${noise}`,
              },
        ),
        seal,
      }))
    const dropped = at.map((i) => ({ place: i, rows: rows.filter((_, n) => n !== i), seal }))
    const doubled = at.map((i) => ({
      place: i + 1,
      rows: rows.flatMap((row, n) => (n === i ? [row, row] : [row])),
      seal,
    }))
    const swapped = fc
      .tuple(at, at)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => ({
        place: Math.min(a, b),
        rows: rows.map((row, n) => (n === a ? rows[b] : n === b ? rows[a] : row)) as AuditRow[],
        seal,
      }))
    // Somebody without the key appends a row of her own making, or writes the end anew.
    const added = fc.string().map((who) => ({
      place: rows.length,
      rows: [...rows, { ...(rows[0] as AuditRow), seq: 9, who, prev: rows.at(-1)?.hash ?? '' }],
      seal,
    }))
    const cut = fc.integer({ min: 0, max: rows.length - 1 }).map((n) => ({
      place: n,
      rows: rows.slice(0, n),
      seal: `${String(n)} ${rows[n - 1]?.hash ?? genesis} ${'0'.repeat(64)}`,
    }))
    const unsealed = at.map((i) => ({ place: i + 1, rows: rows.slice(0, i + 1), seal: null }))
    fc.assert(
      fc.property(fc.oneof(changed, dropped, doubled, swapped, added, cut, unsealed), (tampered) => {
        expect(check(tampered.rows, tampered.seal)).toBe(tampered.place + 1)
      }),
      { numRuns: 400 },
    )
  })

  it('writes one value one way', () =>
    expect(canonical({ b: [1, { d: null, c: '二' }], a: undefined, A: true })).toBe(
      '{"A":true,"b":[1,{"c":"二","d":null}]}',
    ))
})

// ---------------------------------------------------------------- in the store

onBothDatabases('what people do', (open) => {
  let store: TestStore
  let folder: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-audit-'))
    store = await openStore(open, now)
  })
  afterEach(async () => {
    await store.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  const lin: Actor = { kind: 'staff', userid: 'lin' }
  let n = 0
  const deed = (actor: Actor, kind: string, more: Partial<Happening> = {}): Promise<void> =>
    store.act(actor, async (ctx) => {
      await Promise.resolve()
      ctx.record({ kind, at: now, source: 't', sourceKey: String((n += 1)), who: {}, detail: {}, ...more })
    })
  const verify = () => verifyAudit(store.db.reader, masterKey)
  const tamper = (sql: string) => store.db.tx((tx) => tx.run(sql))

  it('enters the chain with its log row, what customers do by themselves does not, and no id or word of hers is in it', async () => {
    await deed(lin, 'sending-paused', { detail: { by: '林', reason: '给王小美的价格写错' } })
    await deed({ kind: 'player', external: 'wm1' }, 'coupon-redeemed', { who: { external: 'wm1' } })
    await deed(lin, 'coupon-redeemed', { who: { external: 'wmHERSELF0001', staff: 'lin' } })
    await deed({ kind: 'system', name: 'x' }, 'link-clicked', { who: { external: 'wmHERSELF0001' } })
    await store.act(lin, (ctx) => giveRoles(ctx, 'Wang', ['approver', 'operator']))
    await store.act(lin, (ctx) => giveRoles(ctx, 'wang', ['approver']))
    const { rows, total } = await auditPage(store.db.reader, {}, { limit: 10, offset: 0 })
    expect(rows.map(({ who, what, about }) => `${who} ${what} ${about}`)).toEqual([
      'staff:lin role-taken staff:wang',
      'staff:lin role-given staff:wang',
      'staff:lin role-given staff:wang',
      `staff:lin coupon-redeemed customer:${customerMark(key, 'wmHERSELF0001')}`,
      'staff:lin sending-paused ',
    ])
    expect(total).toBe(5)
    expect(await rolesGivenTo(store.db.reader, 'WANG')).toEqual(['approver'])
    expect(await verify()).toMatchObject({ ok: true, entries: 5, broken: null })
    const kept = JSON.stringify(await store.db.reader.rows('select * from audit'))
    expect(kept).not.toMatch(/wmHERSELF|王小美/)
    await eraseCustomer({ ...store, listFile: join(folder, 'list') }, 'wmHERSELF0001', '王小美要求')
    expect(await verify()).toMatchObject({ ok: true, entries: 6 })
    expect(
      (await auditPage(store.db.reader, { what: 'customer-erased', who: 'cli:' }, { limit: 10, offset: 0 }))
        .total,
    ).toBe(1)
  })

  it('is found wherever the tables were touched, also when rows and seal are dropped together', async () => {
    for (let i = 0; i < 4; i += 1) await deed(lin, 'sending-paused')
    for (const [sql, seq] of [
      [`UPDATE audit SET who = 'staff:wang' WHERE seq = 2`, 2],
      [`UPDATE meta SET value = '3' WHERE name = 'audit-head'`, 5],
      ['DELETE FROM audit WHERE seq = 4', 4],
      [`DELETE FROM meta WHERE name = 'audit-head'`, 5],
      ['DELETE FROM audit WHERE seq = 1', 1],
    ] as const) {
      const [audit, meta] = [
        await store.db.reader.rows('select * from audit order by seq'),
        await store.db.reader.rows(`select * from meta where name = 'audit-head'`),
      ]
      expect((await verify()).ok).toBe(true)
      await tamper(sql)
      expect([sql, (await verify()).broken?.seq]).toEqual([sql, seq])
      await tamper('DELETE FROM audit WHERE seq > 0')
      await tamper(`DELETE FROM meta WHERE name = 'audit-head'`)
      // Nothing left to compare with but the log itself.
      expect((await verify()).broken).toMatchObject({ kind: 'not-in-chain' })
      await store.db.tx(async (tx) => {
        await tx.insert('audit', audit)
        await tx.insert('meta', meta)
      })
    }
  })

  it('cannot go on after somebody forged the seal, and an own role is not taken by oneself', async () => {
    await deed(lin, 'sending-paused')
    await store.act({ kind: 'cli', verb: 'test' }, (ctx) => giveRoles(ctx, 'lin', ['admin']))
    await expect(store.act(lin, (ctx) => giveRoles(ctx, 'lin', []))).rejects.toMatchObject({
      code: 'own-role',
    })
    await tamper(`UPDATE meta SET value = 'x' WHERE name = 'audit-head'`)
    await expect(deed(lin, 'sending-resumed')).rejects.toThrow('siyu audit verify')
  })
})
