/**
 * The session archive into the log, a few hundred records to a transaction. Known by msgid, so reading a file again, or
 * after a fall, does nothing twice. Only words of customers who agreed enter; of the others nothing but a count.
 */
import type { Act, Happening } from '../../base/act.ts'
import type { Clock } from '../../base/clock.ts'
import { days } from '../../base/clock.ts'
import type { Db, Reader } from '../../base/db.ts'
import { readMeta, writeMeta } from '../../base/meta.ts'
import { staffList } from '../../customer/index.ts'
import { forgetWords, lockHead } from '../../interaction/index.ts'
import type { Flush } from '../../interaction/index.ts'
import { knownKeys } from './archive.store.ts'
import { archiveSource, consentHappening, createConsents } from './consent.ts'
import type { AskConsent, Conversation, Open } from './consent.ts'
import { readRecord } from './record.ts'
import type { ArchiveRecord } from './record.ts'
import { seqOf } from './source.ts'
import type { ArchiveSource } from './source.ts'

export interface ArchiveParts {
  readonly db: Db
  readonly clock: Clock
  readonly act: Act
  readonly flush: Flush
  /** Null where WeCom cannot be asked. */
  readonly ask: AskConsent | null
}

export interface ArchiveOptions {
  readonly source: ArchiveSource
  /** Only what lies behind this number. */
  readonly after?: number | undefined
  readonly limit?: number | undefined
  /** Reads and counts, writes nothing and asks nobody. */
  readonly dryRun?: boolean | undefined
  /** A record that cannot be read. What it held is never shown: it may be somebody's words. */
  onReject(line: number, why: string, fix: string): Promise<void>
  readonly onProgress?: ((records: number) => void) | undefined
  /** Between two transactions. */
  readonly rest?: (() => Promise<void>) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ArchiveCounts {
  records: number
  /** New rows of the log. */
  chats: number
  groupWords: number
  advisorWords: number
  agreements: number
  revoked: number
  /** In the log already, or of somebody who was erased. */
  known: number
  /** Of customers who disagreed, or of whom nothing is known. */
  withoutConsent: number
  /** Between members of staff, by robots, or by members of staff in groups. */
  internal: number
  switches: number
  rejected: number
  /** Kinds of messages that are not known here; they are in the log as such. */
  otherTypes: Record<string, number>
}

export interface ArchiveRead extends ArchiveCounts {
  /** The highest number read so far, by all runs; null when no record had one. */
  readonly position: number | null
}

const recordsPerTransaction = 300
const positionName = 'archive-position'

/** Up to where the archive was read: what a sidecar asks WeCom for next. */
export async function archivePosition(reader: Reader): Promise<number | null> {
  const kept = await readMeta(reader, positionName)
  return kept === null ? null : Number(kept)
}

const nothing = (): ArchiveCounts => ({
  records: 0,
  chats: 0,
  groupWords: 0,
  advisorWords: 0,
  agreements: 0,
  revoked: 0,
  known: 0,
  withoutConsent: 0,
  internal: 0,
  switches: 0,
  rejected: 0,
  otherTypes: {},
})

export async function readArchive(parts: ArchiveParts, options: ArchiveOptions): Promise<ArchiveRead> {
  const { db, clock } = parts
  const counts = nothing()
  const sides = sidesOf((await staffList(db.reader)).map(({ userid }) => userid))
  const consents = createConsents(db.reader, options.dryRun === true ? null : parts.ask)
  let waiting: ArchiveRecord[] = []
  let highest = 0
  const publish = async (): Promise<void> => {
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    const asked = await consents.prepare(batch.flatMap((record) => conversationOf(record, sides)))
    const happenings = [...asked, ...stage(batch, sides, consents, counts)]
    if (options.dryRun !== true) await write(parts, happenings, highest, counts)
    options.onProgress?.(counts.records)
    options.signal?.throwIfAborted()
    await options.rest?.()
  }
  for await (const page of options.source.read(options.after ?? 0, options.limit)) {
    for (const { line, record, broken } of page) {
      counts.records += 1
      const read = broken ? { ok: false as const, ...broken } : readRecord(record, clock.now() + days(1))
      if (!read.ok) {
        counts.rejected += 1
        await options.onReject(line, read.why, read.fix)
        continue
      }
      waiting.push(read.value)
      const seq = seqOf(record)
      if (Number.isFinite(seq)) highest = Math.max(highest, seq)
      if (waiting.length >= recordsPerTransaction) await publish()
    }
    await publish()
  }
  return { ...counts, position: await archivePosition(db.reader) }
}

// ------------------------------------------------------------------ who speaks with whom

interface Sides {
  isExternal(id: string): boolean
}

/** Ids of customers begin with wm or wo, those of robots with wb (WECOM.md §7); a member may be called so, too. */
const sidesOf = (staff: readonly string[]): Sides => {
  const known = new Set(staff.map((userid) => userid.toLowerCase()))
  return { isExternal: (id) => /^w[mo]/.test(id) && !known.has(id.toLowerCase()) }
}

/** Whose consent it takes; nobody's where no customer speaks or is spoken to. */
function conversationOf(record: ArchiveRecord, { isExternal }: Sides): Open[] {
  if (record.kind !== 'said') return []
  const { from, to, room, at } = record
  if (room !== null) return isExternal(from) ? [{ external: from, scope: { chat: room }, at }] : []
  const staff = isExternal(from) ? to.find((one) => !isExternal(one)) : from
  const external = isExternal(from) ? from : to.find(isExternal)
  if (staff === undefined || external === undefined || staff.startsWith('wb')) return []
  return [{ external, scope: { staff }, at }]
}

function stage(
  batch: readonly ArchiveRecord[],
  sides: Sides,
  consents: Pick<ReturnType<typeof createConsents>, 'learn' | 'hasAgreed'>,
  counts: ArchiveCounts,
): Happening[] {
  const happenings: Happening[] = []
  for (const record of batch) {
    switch (record.kind) {
      case 'switched':
        counts.switches += 1
        break
      case 'consent':
        consents.learn(record, record)
        happenings.push(consentHappening(record, record.msgid))
        break
      case 'revoked':
        happenings.push(revoked(record))
        break
      case 'said': {
        const [conversation] = conversationOf(record, sides)
        if (!conversation) counts.internal += 1
        else if (!consents.hasAgreed(conversation)) counts.withoutConsent += 1
        else happenings.push(said(record, conversation, counts))
      }
    }
  }
  return happenings
}

/** Of nobody: it may come before its message, or without one that was kept. */
const revoked = ({ at, revokes }: Extract<ArchiveRecord, { kind: 'revoked' }>): Happening => ({
  kind: 'said-revoked',
  at,
  source: archiveSource,
  sourceKey: revokeKey(revokes),
  who: {},
  detail: {},
})

const revokePrefix = 'revoke:'
const revokeKey = (msgid: string): string => `${revokePrefix}${msgid}`

function said(
  { msgid, at, from, content }: Extract<ArchiveRecord, { kind: 'said' }>,
  { external, scope }: Conversation,
  counts: ArchiveCounts,
): Happening {
  const { facts, words } = content
  const called = facts['called']
  if (typeof called === 'string') counts.otherTypes[called] = (counts.otherTypes[called] ?? 0) + 1
  const kind = from !== external ? 'advisor-said' : 'chat' in scope ? 'group-said' : 'chat-said'
  const row = {
    kind,
    at,
    source: archiveSource,
    sourceKey: msgid,
    who: { external, ...scope },
    detail: facts,
  }
  return words === '' ? row : { ...row, said: words }
}

// ------------------------------------------------------------------ one transaction

const countedAs: Readonly<
  Record<string, 'chats' | 'groupWords' | 'advisorWords' | 'agreements' | 'revoked'>
> = {
  'chat-said': 'chats',
  'group-said': 'groupWords',
  'advisor-said': 'advisorWords',
  'archive-agreed': 'agreements',
  'archive-disagreed': 'agreements',
  'said-revoked': 'revoked',
}

async function write(
  { act, flush }: ArchiveParts,
  happenings: readonly Happening[],
  highest: number,
  counts: ArchiveCounts,
): Promise<void> {
  const answers = await act(
    { kind: 'cli', verb: 'archive read' },
    async (ctx) => {
      // From here on nobody else writes: a message and its revoke cannot pass each other.
      await lockHead(ctx.tx)
      const recorded = await flush(ctx, happenings)
      await forgetWords(ctx.tx, archiveSource, await revokedAmong(ctx.tx, happenings))
      const before = Number((await readMeta(ctx.tx, positionName)) ?? 0)
      if (highest > before) await writeMeta(ctx.tx, positionName, String(highest))
      return recorded
    },
    'bulk',
  )
  happenings.forEach(({ kind }, i) => {
    const name = answers[i]?.fresh === true ? countedAs[kind] : 'known'
    if (name !== undefined) counts[name] += 1
  })
}

/** Message ids whose words have to go: those revoked now, and those of now that were revoked before. */
async function revokedAmong(reader: Reader, happenings: readonly Happening[]): Promise<string[]> {
  const now = happenings.flatMap(({ kind, sourceKey }) =>
    kind === 'said-revoked' ? [sourceKey.slice(revokePrefix.length)] : [],
  )
  const saying = happenings.flatMap(({ said: words, sourceKey }) => (words === undefined ? [] : [sourceKey]))
  const before = await knownKeys(reader, archiveSource, saying.map(revokeKey))
  return [...now, ...before.map((key) => key.slice(revokePrefix.length))]
}
