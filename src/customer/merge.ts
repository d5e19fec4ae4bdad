/**
 * Two customers who are one person, and one who turned out to be two: decided by a person, stated as a row of the log,
 * carried out by the flush that writes it. Whoever decides holds the log's lock, so that nobody is merged twice.
 */
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { lockHead, rowsBySeq } from '../interaction/index.ts'
import type { LogRow } from '../interaction/index.ts'
import { conflictsOf, firstSeqs, identitiesOfCustomers, knownIdentities, mergesOf } from './customer.store.ts'
import type { KnownIdentity, MergeRecord } from './customer.store.ts'
import { identitiesIn, keyOf } from './identity.ts'
import type { Identity } from './identity.ts'
import { identitiesInMerge } from './merge-row.ts'

const nameOf = ({ actor }: Ctx): string => {
  switch (actor.kind) {
    case 'staff':
      return actor.userid
    case 'cli':
      return `cli:${actor.verb}`
    case 'player':
      return actor.external
    default:
      return actor.name
  }
}

const whoOf = (identities: readonly Identity[]): LogRow['who'] => {
  const find = (kind: Identity['kind']): string | undefined =>
    identities.find((one) => one.kind === kind)?.value
  const [external, unionid, shopId, phoneHash] = [
    find('external'),
    find('union'),
    find('shop'),
    find('phone'),
  ]
  if (external !== undefined) return { external }
  if (shopId !== undefined) return { shopId }
  if (unionid !== undefined) return { unionid }
  return phoneHash === undefined ? {} : { phoneHash }
}

export interface Merged {
  readonly kept: string
  readonly other: string
}

/** The customer known first stays. Says what a person saw, also where nothing would be merged by itself. */
export async function mergeCustomers(ctx: Ctx, a: string, b: string, reason: string): Promise<Merged> {
  await lockHead(ctx.tx)
  if (a === b)
    throw new Refusal('same-customer', '两个编号是同一位客户', 409, {
      english: { message: 'Both are the same customer already.' },
    })
  const seqs = await firstSeqs(ctx.tx, [a, b])
  const [seqA, seqB] = [seqs.get(a), seqs.get(b)]
  if (seqA === undefined || seqB === undefined)
    throw new Refusal('not-found', '没有这位客户', 404, {
      fix: '请从客户列表重新打开，她可能已被合并',
      english: { message: 'There is no such customer.', fix: 'Look her up: siyu customer find WHO' },
    })
  const [kept, other] = seqA < seqB ? [a, b] : [b, a]
  const identities = await identitiesOfCustomers(ctx.tx, [other])
  const hers = await identitiesOfCustomers(ctx.tx, [kept])
  ctx.record({
    kind: 'customers-merged',
    at: ctx.now,
    source: 'customers',
    sourceKey: `merged:${ctx.newId()}`,
    who: { ...whoOf(identities), ...whoOf(hers) },
    detail: {
      kept,
      other,
      identities: identities.map(({ kind, value }) => ({ kind, value })),
      why: reason,
      by: nameOf(ctx),
    },
  })
  return { kept, other }
}

export interface Unmerged {
  readonly from: string
  readonly to: string
  readonly identities: readonly Identity[]
}

/**
 * `customer`: the id that was merged away, or the one that stayed if only one merge could be meant. What was tied to the
 * merged person afterwards goes back when the row that tied it named one of the identities that go back.
 */
export async function unmergeCustomer(ctx: Ctx, customer: string, reason: string): Promise<Unmerged> {
  await lockHead(ctx.tx)
  const merge = await mergeMeant(ctx.tx, customer)
  const [row] = await rowsBySeq(ctx.tx, [merge.seq])
  if (!row) throw new Error(`The merge ${String(merge.seq)} is not in the log.`)
  const stated = identitiesInMerge(row)
  const held = await knownIdentities(ctx.tx, stated)
  const holders = [...new Set([...held.values()].map((one) => one.customer))]
  const [from] = holders.filter((one) => one !== merge.other)
  if (from === undefined)
    throw new Refusal('not-merged', '这次合并的身份都已不在一起', 409, {
      english: { message: 'None of the identities of that merge are together any more.' },
    })
  const identities = await goingBack(
    ctx.tx,
    stated.filter((one) => held.get(keyOf(one))?.customer === from),
    await identitiesOfCustomers(ctx.tx, [from]),
    merge.seq,
  )
  const hers = (await identitiesOfCustomers(ctx.tx, [from])).filter(
    (one) => !identities.some((other) => keyOf(other) === keyOf(one)),
  )
  if (hers.length === 0)
    throw new Refusal('not-merged', '拆分后原客户将没有任何身份', 409, {
      english: { message: 'The customer would keep no identity at all.' },
    })
  ctx.record({
    kind: 'customers-unmerged',
    at: ctx.now,
    source: 'customers',
    sourceKey: `unmerged:${ctx.newId()}`,
    who: { ...whoOf(hers), ...whoOf(identities) },
    detail: { from, to: merge.other, merge: merge.seq, identities, why: reason, by: nameOf(ctx) },
  })
  return { from, to: merge.other, identities }
}

async function mergeMeant(reader: Reader, customer: string): Promise<MergeRecord> {
  const merges = await mergesOf(reader, customer)
  const away = merges.find(({ other }) => other === customer)
  if (away) return away
  const [only, ...more] = merges
  if (only && more.length === 0) return only
  if (only)
    throw new Refusal('which-merge', '这位客户由多次合并而来，请指明要拆出的编号', 409, {
      fix: `拆出其中之一：${merges.map(({ other }) => other).join('、')}`,
      english: {
        message: 'She came of several merges.',
        fix: `Name the one to undo: ${merges.map(({ other }) => other).join(', ')}`,
      },
    })
  throw new Refusal('not-merged', '这位客户没有可以拆分的合并', 404, {
    english: { message: 'She has no merge that could be undone.' },
  })
}

async function goingBack(
  reader: Reader,
  stated: readonly Identity[],
  all: readonly KnownIdentity[],
  mergeSeq: number,
): Promise<Identity[]> {
  const going = new Map(stated.map((one) => [keyOf(one), one]))
  const later = all
    .filter((one) => one.seq > mergeSeq && !going.has(keyOf(one)))
    .sort((a, b) => a.seq - b.seq || (keyOf(a) < keyOf(b) ? -1 : 1))
  for (const one of later) {
    const [tie] = await rowsBySeq(reader, [one.seq])
    const [anchor] = tie
      ? identitiesIn(tie.who).filter((named) =>
          all.some((known) => keyOf(known) === keyOf(named) && known.seq < one.seq),
        )
      : []
    if (anchor && going.has(keyOf(anchor))) going.set(keyOf(one), one)
  }
  return [...going.values()].map(({ kind, value }) => ({ kind, value }))
}

/** A person says that these two are two. They are not asked about again, and never merge by themselves. */
export async function keepApart(ctx: Ctx, a: string, b: string, reason: string): Promise<void> {
  await lockHead(ctx.tx)
  const known = (await conflictsOf(ctx.tx, [a])).find((one) => one.one === b || one.two === b)
  if (!known)
    throw new Refusal('not-found', '这两位客户之间没有待定的身份冲突', 404, {
      english: { message: 'These two are in no open conflict.', fix: 'Run: siyu customer conflicts' },
    })
  const hers = await identitiesOfCustomers(ctx.tx, [a, b])
  ctx.record({
    kind: 'customers-kept-apart',
    at: ctx.now,
    source: 'customers',
    sourceKey: `apart:${ctx.newId()}`,
    who: whoOf(hers),
    detail: { kept: known.one, other: known.two, why: reason, by: nameOf(ctx) },
  })
}

/** A customer by her id, by the id she had before a merge, or by any identity. */
export async function findCustomer(reader: Reader, who: string): Promise<string | null> {
  if ((await firstSeqs(reader, [who])).has(who)) return who
  const kinds = ['external', 'union', 'shop', 'phone'] as const
  const known = await knownIdentities(
    reader,
    kinds.map((kind) => ({ kind, value: who })),
  )
  const [found] = known.values()
  if (found) return found.customer
  const [merge] = (await mergesOf(reader, who)).filter(({ other }) => other === who)
  return merge ? findCustomer(reader, merge.kept) : null
}
