/**
 * Mirroring is not saying: what the segmentation wants on a (staff, customer) pair is compared with what we put there,
 * and WeCom is brought to it. Only tags that we made are ever added or removed, and of those only what we put there
 * ourselves: a tag that stands on the pair when we look is somebody's own, and stays (WECOM.md §3.4).
 */
import { system } from '../base/act.ts'
import type { Ctx } from '../base/act.ts'
import { hours, seconds } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { OutsideFailure } from '../base/errors.ts'
import type { Job } from '../base/jobs.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower } from '../interaction/index.ts'
import { askMirror, mirrored, mirrorLater, wantedChanges, wantedOf } from '../segment/index.ts'
import { ensureCorpTags, keyOf, reconcileCorpTags } from './corp-tags.ts'
import type { CorpTagParts, TagName } from './corp-tags.ts'
import {
  corpTagDeleted,
  customersWithGaps,
  doubtSeen,
  forgetSeen,
  leaveToHand,
  pairsOf,
  saveSeen,
  seenTags,
} from './mirror.store.ts'
import type { Pair, SeenTag } from './mirror.store.ts'
import { failureWords } from './protocol/result.ts'

export type MirrorParts = CorpTagParts

export interface Mirror {
  readonly followers: readonly Follower[]
  readonly jobs: readonly Job[]
  /** Something may have changed unseen: everybody is compared at the next turn. */
  look(): void
  /** Brings up to 200 customers to what is wanted; answers how many pairs changed. Throws when WeCom is away. */
  converge(): Promise<number>
}

const customersAtOnce = 200
const callsAtOnce = 5
/** No number is documented; other products cap at 50. */
const tagsPerCall = 50
const againAfterMs = seconds(30)
const actor = system('wecom-mirror')

export function createMirror(parts: MirrorParts): Mirror {
  // Comparing everybody walks over all wanted tags: at the start, each hour, and after a corp tag changed by hand.
  let mayDiffer = true
  const look = (): void => {
    mayDiffer = true
  }
  return {
    followers: [tagFollower(look), pairFollower],
    jobs: [
      {
        name: 'wecom-mirror-look',
        schedule: { every: 'minutes', minutes: 60 },
        catchUpMs: hours(1),
        run: () => Promise.resolve(look()),
      },
    ],
    look,
    async converge() {
      if (mayDiffer) {
        mayDiffer = false
        try {
          await reconcileCorpTags(parts)
          await askEverybody(parts)
        } catch (error) {
          look()
          throw error
        }
      }
      return closeGaps(parts, look)
    },
  }
}

async function askEverybody({ db, act }: MirrorParts): Promise<void> {
  const customers = await customersWithGaps(db.reader)
  for (let from = 0; from < customers.length; from += 500)
    await act(actor, (ctx) => askMirror(ctx.tx, customers.slice(from, from + 500), ctx.now), 'bulk')
}

// ------------------------------------------------------------------ what we hear

/** A tag deleted by hand is forgotten and made again, once. Renamed by hand it keeps its id, and us. */
const tagFollower = (look: () => void): Follower => ({
  name: 'wecom-mirror-tags',
  kinds: ['corp-tag-changed'],
  async handle(ctx, rows) {
    let touched = 0
    for (const { detail } of rows) {
      const id = detail['Id']
      if (detail['ChangeType'] === 'delete' && typeof id === 'string')
        touched += await corpTagDeleted(ctx.tx, id)
    }
    if (touched > 0) ctx.afterCommit(look)
  },
})

const pairFollower: Follower = {
  name: 'wecom-mirror-pairs',
  kinds: ['contact-added', 'contact-edited', 'way-entered', 'customers-merged', 'customers-unmerged'],
  async handle(ctx, rows) {
    const customers = new Set<string>()
    for (const { kind, who, at, detail } of rows) {
      const pair = who.external !== undefined && who.staff !== undefined ? [who.external, who.staff] : null
      if (kind === 'contact-added' && pair) await doubtSeen(ctx.tx, pair[0] ?? '', pair[1] ?? '', at)
      if (kind === 'contact-edited' && pair) await leaveToHand(ctx.tx, pair[0] ?? '', pair[1] ?? '', at)
      for (const name of ['kept', 'from', 'to'])
        if (typeof detail[name] === 'string') customers.add(detail[name])
    }
    const added = rows.filter(({ kind }) => kind === 'contact-added' || kind === 'way-entered')
    for (const customer of (await customersOfRows(ctx.tx, added)).values()) customers.add(customer)
    await askMirror(ctx.tx, [...customers], ctx.now)
  },
}

// ------------------------------------------------------------------ closing gaps

interface PairPlan extends Pair {
  readonly add: readonly TagName[]
  /** Put there by us, before they became contacts again. */
  readonly doubted: readonly SeenTag[]
  readonly remove: readonly SeenTag[]
  readonly forget: readonly SeenTag[]
}

interface CustomerPlan {
  readonly customer: string
  readonly asked_at: Instant
  readonly pairs: readonly PairPlan[]
}

const isIdle = ({ add, doubted, remove, forget }: PairPlan): boolean =>
  add.length + doubted.length + remove.length + forget.length === 0

async function closeGaps(parts: MirrorParts, look: () => void): Promise<number> {
  const plans = await planned(parts)
  if (plans.length === 0) return 0
  const ids = await ensureCorpTags(
    parts,
    plans.flatMap(({ pairs }) => pairs.flatMap(({ add, doubted }) => [...add, ...doubted])),
  )
  // One customer stays in one lane: two mark_tag on one customer at once answer 45033.
  const lanes = Array.from({ length: callsAtOnce }, (_, n) =>
    plans.filter((_plan, i) => i % callsAtOnce === n),
  )
  const settled = await Promise.allSettled(lanes.map((lane) => settleLane(parts, lane, ids, look)))
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
  return settled.reduce((sum, one) => sum + (one.status === 'fulfilled' ? one.value : 0), 0)
}

async function planned({ db, act, clock }: MirrorParts): Promise<CustomerPlan[]> {
  const changes = await wantedChanges(db.reader, clock.now(), customersAtOnce)
  if (changes.length === 0) return []
  const customers = changes.map(({ customer }) => customer)
  const wanted = await wantedOf(db.reader, customers)
  const pairs = await pairsOf(db.reader, customers)
  const seen = await seenTags(db.reader, [...new Set(pairs.map(({ external }) => external))])
  const plans = changes.map(({ customer, asked_at }) => ({
    customer,
    asked_at,
    pairs: pairs
      .filter((pair) => pair.customer === customer)
      .map((pair) =>
        planOf(
          pair,
          wanted.filter((one) => one.customer === customer),
          seen.filter(({ external, staff }) => external === pair.external && staff === pair.staff),
        ),
      )
      .filter((pair) => !isIdle(pair)),
  }))
  const idle = plans.filter((plan) => plan.pairs.length === 0)
  if (idle.length > 0) await act(actor, (ctx) => mirrored(ctx.tx, idle))
  return plans.filter((plan) => plan.pairs.length > 0)
}

function planOf(pair: Pair, wanted: readonly TagName[], seen: readonly SeenTag[]): PairPlan {
  const here = new Map(seen.map((row) => [keyOf(row), row]))
  const wish = new Set(wanted.map(keyOf))
  const over = seen.filter((row) => !wish.has(keyOf(row)))
  return {
    ...pair,
    add: wanted.filter((one) => !here.has(keyOf(one))),
    doubted: seen.filter((row) => wish.has(keyOf(row)) && row.state === 'verify'),
    remove: over.filter(({ state }) => state === 'ours' || state === 'verify'),
    forget: over.filter(({ state }) => state === 'hand' || state === 'refused'),
  }
}

async function settleLane(
  parts: MirrorParts,
  lane: readonly CustomerPlan[],
  ids: ReadonlyMap<string, string>,
  look: () => void,
): Promise<number> {
  let settled = 0
  for (const plan of lane) {
    try {
      const present = await tagsThere(parts, plan)
      for (const pair of plan.pairs) {
        if (!(await settlePair(parts, pair, ids, present))) {
          // A tag vanished between our look and our call: everything is compared again.
          look()
          return settled
        }
        settled += 1
      }
    } catch (error) {
      if (error instanceof OutsideFailure)
        await parts.act(actor, (ctx) => mirrorLater(ctx.tx, plan.customer, ctx.now + againAfterMs))
      throw error
    }
    await parts.act(actor, (ctx) => mirrored(ctx.tx, [plan]))
  }
  return settled
}

interface There {
  readonly at: Instant
  /** Ids of tags on `external\nstaff`. */
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>
}

/** What is on the customer's pairs now, before we put something there. One reading tells of all her advisors. */
async function tagsThere({ api, clock }: MirrorParts, { pairs }: CustomerPlan): Promise<There> {
  const tags = new Map<string, Set<string>>()
  const at = clock.now()
  const asked = pairs.filter(({ add, doubted }) => add.length + doubted.length > 0)
  for (const external of new Set(asked.map((pair) => pair.external))) {
    for (let cursor = ''; ;) {
      const read = await api.customer(external, cursor)
      // No contact any more: the call itself will be refused and says so.
      if (read.kind === 'error' && read.reaction === 'drop') break
      if (read.kind !== 'ok') throw new OutsideFailure(`tags cannot be read: ${failureWords(read)}`)
      for (const { userid, tags: there } of read.value.follow_user)
        tags.set(`${external}\n${userid}`, new Set(there.flatMap(({ tag_id: id }) => id ?? [])))
      cursor = read.value.next_cursor
      if (cursor === '') break
    }
  }
  return { at, tags }
}

/** False when one of the tags does not exist any more. */
async function settlePair(
  parts: MirrorParts,
  pair: PairPlan,
  ids: ReadonlyMap<string, string>,
  there: There,
): Promise<boolean> {
  const present = there.tags.get(`${pair.external}\n${pair.staff}`) ?? new Set<string>()
  const known = [...pair.add, ...pair.doubted].flatMap((one) => {
    const id = ids.get(keyOf(one))
    return id === undefined ? [] : [{ ...one, id }]
  })
  const isDoubted = (one: TagName): boolean => pair.doubted.some((row) => keyOf(row) === keyOf(one))
  const add = known.filter(({ id }) => !present.has(id))
  const kept = known.filter(({ id }) => present.has(id))
  const marked = await mark(
    parts,
    pair,
    add.map(({ id }) => id),
    pair.remove.map(({ tag_id: id }) => id),
  )
  if (marked === 'no-such-tag') return false
  await parts.act(actor, async (ctx) => {
    const row = (one: TagName & { readonly id: string }, state: SeenTag['state']): SeenTag => ({
      external: pair.external,
      staff: pair.staff,
      tag_group: one.tag_group,
      tag: one.tag,
      tag_id: one.id,
      state,
      read_at: there.at,
      at: ctx.now,
    })
    await saveSeen(ctx.tx, [
      ...add.map((one) => row(one, marked === 'refused' ? 'refused' : 'ours')),
      ...kept.map((one) => row(one, isDoubted(one) ? 'ours' : 'hand')),
    ])
    await forgetSeen(ctx.tx, [...pair.remove, ...pair.forget])
    if (marked === 'ok' && add.length + pair.remove.length > 0) recordMarks(ctx, pair, add)
  })
  return true
}

async function mark(
  { api }: MirrorParts,
  { staff, external }: Pair,
  add: readonly string[],
  remove: readonly string[],
): Promise<'ok' | 'refused' | 'no-such-tag'> {
  const all = [...add.map((id) => ({ id, isNew: true })), ...remove.map((id) => ({ id, isNew: false }))]
  for (let from = 0; from < all.length; from += tagsPerCall) {
    const part = all.slice(from, from + tagsPerCall)
    const marked = await api.markTags(
      { staff, external },
      part.filter(({ isNew }) => isNew).map(({ id }) => id),
      part.filter(({ isNew }) => !isNew).map(({ id }) => id),
    )
    if (marked.kind === 'ok') continue
    if (marked.kind === 'error' && marked.name === 'no-such-tag') return 'no-such-tag'
    if (marked.kind === 'error' && marked.reaction === 'drop') return 'refused'
    throw new OutsideFailure(`tags cannot be marked: ${failureWords(marked)}`)
  }
  return 'ok'
}

const recordMarks = (ctx: Ctx, { staff, external, remove }: PairPlan, add: readonly TagName[]): void =>
  ctx.record({
    kind: 'tags-marked',
    at: ctx.now,
    source: 'wecom-mirror',
    sourceKey: `${staff}:${external}:${ctx.newId()}`,
    who: { external, staff },
    detail: {
      added: add.map(({ tag_group: group, tag }) => `${group}/${tag}`),
      removed: remove.map(({ tag_group: group, tag }) => `${group}/${tag}`),
    },
  })
