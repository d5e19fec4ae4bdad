/**
 * The audit chain: what people did that must stay provable. A deed only records its happening; rows of the kinds listed
 * here enter the chain in the same transaction, under the log's lock. Each hash covers its row and the one before, keyed
 * with a key of the master key, and `meta` anchors the newest: whoever may write into the database but does not hold the
 * key can neither change, drop, add nor reorder a row unseen. A customer stands here as a keyed hash and free words as
 * their digest, so that erasing a person touches nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Actor, Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { keyedDigest } from '../base/ids.ts'
import type { Kind, LogRow } from '../interaction/index.ts'
import { insertAudit, readHead, writeHead } from './audit.store.ts'

/** A link of the chain, as stored. */
export interface AuditRow {
  readonly seq: number
  readonly at: Instant
  /** `staff:zhang`, `cli:cadence apply`, `system:…` */
  readonly who: string
  readonly what: string
  /** `draft:…`, `version:7`, `staff:li`, `customer:<keyed hash>`; empty when it is about nothing in particular. */
  readonly about: string
  /** Canonical JSON: ids of ours, figures and digests. */
  readonly detail: string
  /** The log row it stands for; its words are read there. */
  readonly entry: string
  readonly prev: string
  readonly hash: string
}

interface Audited {
  /** What it is about: this field of the detail, named so; `customer` = whoever the row names. */
  readonly about: readonly [field: string, as: string] | 'customer' | null
  /** Fields of the detail that are ids of ours or figures. */
  readonly keeps?: readonly string[]
  /** Fields that are a person's words: only their digest is kept. */
  readonly words?: readonly string[]
  /** Only when a person of ours did it: customers redeem coupons by themselves, too. */
  readonly byStaff?: true
}

const draft: Audited = {
  about: ['draft', 'draft'],
  keeps: ['baseVersion', 'hash', 'epoch', 'rollsBackTo', 'author'],
  words: ['note', 'words'],
}

const way: Audited = {
  about: ['way', 'way'],
  keeps: ['kind', 'mark', 'staff', 'chats', 'tags', 'skipVerify', 'remote', 'again'],
  words: ['name', 'remark'],
}

const experiment: Audited = {
  about: ['experiment', 'experiment'],
  keeps: ['seed', 'arm', 'touchpoint'],
  words: ['why'],
}

/** To have a kind of happening audited: a line here. */
export const auditedKinds: Readonly<Partial<Record<Kind, Audited>>> = {
  'cadence-drafted': draft,
  'cadence-submitted': draft,
  'cadence-approved': draft,
  'cadence-rejected': draft,
  'cadence-withdrawn': draft,
  'cadence-published': {
    about: ['version', 'version'],
    keeps: ['hash', 'draft', 'rolledBackTo', 'approvedBy', 'from'],
    words: ['note'],
  },
  'media-added': { about: ['name', 'media'], keeps: ['type', 'bytes', 'sha256'] },
  'media-removed': { about: ['name', 'media'], keeps: ['sha256'] },
  'way-added': way,
  'way-changed': way,
  'way-ended': way,
  'way-adopted': way,
  'way-lost': way,
  'touchpoint-tried': { about: ['touchpoint', 'touchpoint'], keeps: ['to', 'version'] },
  'experiment-decided': experiment,
  'experiment-stopped': experiment,
  'sending-paused': { about: null, words: ['reason'] },
  'sending-resumed': { about: null, words: ['reason'] },
  'held-resolved': { about: ['promise', 'promise'], keeps: ['verdict', 'channel'] },
  'database-restored': { about: null, keeps: ['backupAt', 'rows', 'erasedAgain'] },
  'losses-agreed': { about: null, keeps: ['contacts', 'groups'] },
  'restore-confirmed': { about: null, keeps: ['unknown', 'expired', 'asked'], words: ['reason'] },
  'role-given': { about: ['userid', 'staff'], keeps: ['role'] },
  'role-taken': { about: ['userid', 'staff'], keeps: ['role'] },
  'data-exported': { about: 'customer', keeps: ['what', 'rows', 'format'], words: ['why'] },
  'customer-erased': { about: 'customer', words: ['why'] },
  'customers-merged': { about: 'customer', words: ['why'], byStaff: true },
  'customers-unmerged': { about: 'customer', words: ['why'], byStaff: true },
  'advisor-named': { about: 'customer', keeps: ['staff', 'rank', 'of'], byStaff: true },
  'advisor-unnamed': { about: 'customer', keeps: ['staff', 'reason'], byStaff: true },
  'coupon-redeemed': { about: 'customer', keeps: ['campaign', 'amountFen'], byStaff: true },
}

/** The same value always gives the same text: keys in order, nothing that JSON drops. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const entries = Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`
}

export const auditKey = (masterKey: Buffer): Buffer =>
  createHmac('sha256', masterKey).update('audit-chain').digest()

/** What the first row points back to. */
export const genesis = '0'.repeat(64)

export const hashOf = (key: Buffer, row: Omit<AuditRow, 'hash'>): string =>
  createHmac('sha256', key)
    .update(canonical([row.seq, row.at, row.who, row.what, row.about, row.detail, row.entry, row.prev]))
    .digest('hex')

/** The newest row, sealed: without it the end of the chain could be cut off unseen. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

const sealOf = (key: Buffer, { seq, hash }: AuditHead): string =>
  createHmac('sha256', key)
    .update(`head\n${String(seq)}\n${hash}`)
    .digest('hex')

export const sealHead = (key: Buffer, head: AuditHead): string =>
  `${String(head.seq)} ${head.hash} ${sealOf(key, head)}`

/** Null when it is not one of ours. */
export function openHead(key: Buffer, text: string): AuditHead | null {
  const [, seq = '', hash = '', seal = ''] = /^(\d{1,15}) ([0-9a-f]{64}) ([0-9a-f]{64})$/.exec(text) ?? []
  if (seal === '') return null
  const head = { seq: Number(seq), hash }
  return timingSafeEqual(Buffer.from(seal), Buffer.from(sealOf(key, head))) ? head : null
}

const actorName = (actor: Actor): string => {
  switch (actor.kind) {
    case 'staff':
      return `staff:${actor.userid}`
    case 'cli':
      return `cli:${actor.verb}`
    case 'system':
    case 'api':
      return `${actor.kind}:${actor.name}`
    case 'player':
      return 'player'
  }
}

const isOurs = ({ kind }: Actor): boolean => kind === 'staff' || kind === 'cli'

type Link = Pick<AuditRow, 'at' | 'who' | 'what' | 'about' | 'detail' | 'entry'>

function linkOf(key: Buffer, actor: Actor, row: LogRow): Link | null {
  const kind = auditedKinds[row.kind]
  if (!kind || (kind.byStaff === true && !isOurs(actor))) return null
  const kept = (kind.keeps ?? []).flatMap((field): [string, unknown][] =>
    row.detail[field] === undefined ? [] : [[field, row.detail[field]]],
  )
  const digests = (kind.words ?? []).flatMap((field): [string, unknown][] => {
    const said = row.detail[field]
    return typeof said === 'string' && said !== ''
      ? [[`${field}Digest`, keyedDigest(key, `words\n${said}`)]]
      : []
  })
  return {
    at: row.at,
    who: actorName(actor),
    what: row.kind,
    about: aboutOf(key, kind.about, row),
    detail: canonical(Object.fromEntries([...kept, ...digests])),
    entry: row.id,
  }
}

function aboutOf(key: Buffer, about: Audited['about'], { who, detail }: LogRow): string {
  if (about === null) return ''
  if (about === 'customer') {
    const named = who.external ?? who.shopId ?? who.unionid ?? who.phoneHash
    return named === undefined ? '' : `customer:${customerMark(key, named)}`
  }
  const [field, as] = about
  const value = detail[field]
  return typeof value === 'string' || typeof value === 'number' ? `${as}:${String(value)}` : ''
}

/** Under which mark the chain speaks of this identity: whoever holds the key can still ask about a customer. */
export const customerMark = (key: Buffer, identity: string): string =>
  keyedDigest(key, `customer\n${identity}`, 22)

/** For the flush: appends what of these rows is audited. Called under the log's lock, so links never race. */
export function createAudit(masterKey: Buffer): (ctx: Ctx, rows: readonly LogRow[]) => Promise<void> {
  const key = auditKey(masterKey)
  return async (ctx, rows) => {
    const links = rows.flatMap((row) => linkOf(key, ctx.actor, row) ?? [])
    if (links.length === 0) return
    const sealed = await readHead(ctx.tx)
    const head = sealed === null ? { seq: 0, hash: genesis } : openHead(key, sealed)
    if (head === null)
      throw new Error(
        'The head of the audit chain was changed, or SIYU_MASTER_KEY is another one than before: run `siyu audit verify`.',
      )
    let { seq, hash } = head
    const fresh = links.map((link): AuditRow => {
      const open = { ...link, seq: (seq += 1), prev: hash }
      hash = hashOf(key, open)
      return { ...open, hash }
    })
    await insertAudit(ctx.tx, fresh)
    await writeHead(ctx.tx, sealHead(key, { seq, hash }))
  }
}
