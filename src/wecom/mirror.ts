/**
 * Mirroring is not saying: what the segmentation wants on a (staff, customer) pair is compared with what we last put
 * there, and WeCom is brought to it. Only tags of our own groups are ever added or removed (WECOM.md §3.4).
 */
import { system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { hours } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { OutsideFailure } from '../base/errors.ts'
import type { Job } from '../base/jobs.ts'
import type { Follower } from '../interaction/index.ts'
import type { WecomApi } from './protocol/api.ts'
import { failureWords } from './protocol/result.ts'
import { forgetCorpTag, forgetSeenTag, knownTags, saveCorpTags, saveSeenTag, tagGaps } from './sync.store.ts'
import type { TagGap } from './sync.store.ts'

export interface MirrorParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly api: WecomApi
  readonly agentId: number
}

export interface Mirror {
  readonly followers: readonly Follower[]
  readonly jobs: readonly Job[]
  /** Something may have changed unseen, for example the relations after a re-read. */
  look(): void
  /** Brings up to 200 pairs to what is wanted; answers how many were settled. Throws when WeCom is away. */
  converge(): Promise<number>
}

const pairsAtOnce = 200
const callsAtOnce = 5

export function createMirror(parts: MirrorParts): Mirror {
  // Looking for gaps walks over all wanted tags, so it is done after something could have opened one, and at the start.
  let mayDiffer = true
  const look = (): void => {
    mayDiffer = true
  }
  return {
    followers: [
      tagFollower,
      {
        name: 'wecom-mirror-look',
        kinds: ['tier-moved', 'contact-added', 'corp-tag-changed'],
        handle: (ctx) => Promise.resolve(ctx.afterCommit(look)),
      },
    ],
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
      if (!mayDiffer) return 0
      mayDiffer = false
      try {
        const settled = await closeGaps(parts)
        if (settled > 0) look()
        return settled
      } catch (error) {
        look()
        throw error
      }
    },
  }
}

async function closeGaps(parts: MirrorParts): Promise<number> {
  const gaps = await tagGaps(parts.db.reader, pairsAtOnce)
  if (gaps.length === 0) return 0
  const ids = await tagIds(parts, gaps)
  // Pairs of one customer stay in one lane: two mark_tag on one customer at once answer 45033.
  const lanes = Array.from({ length: callsAtOnce }, (): TagGap[] => [])
  const customers = [...new Set(gaps.map(({ external }) => external))]
  for (const gap of gaps) lanes[customers.indexOf(gap.external) % callsAtOnce]?.push(gap)
  const settled = await Promise.all(lanes.map((lane) => settleLane(parts, lane, ids)))
  return settled.reduce((sum, n) => sum + n, 0)
}

/** A tag deleted by hand is forgotten, so that it is made and put on again. */
const tagFollower: Follower = {
  name: 'wecom-mirror-tags',
  kinds: ['corp-tag-changed'],
  async handle(ctx, rows) {
    for (const { detail } of rows) {
      const id = detail['Id']
      if (detail['ChangeType'] !== 'delete' || typeof id !== 'string') continue
      await forgetCorpTag(ctx.tx, id)
      await forgetSeenTag(ctx.tx, id)
    }
  },
}

const keyOf = (group: string, tag: string): string => `${group}\n${tag}`

/** The ids of all wanted tags; missing ones are made in WeCom. */
async function tagIds(parts: MirrorParts, gaps: readonly TagGap[]): Promise<Map<string, string>> {
  const ids = new Map(
    (await knownTags(parts.db.reader)).map(({ tag_group, tag, id }) => [keyOf(tag_group, tag), id]),
  )
  const groups = new Map<string, Set<string>>()
  for (const { tag_group, tag } of gaps) {
    if (ids.has(keyOf(tag_group, tag))) continue
    groups.set(tag_group, (groups.get(tag_group) ?? new Set()).add(tag))
  }
  for (const [group, missing] of groups) {
    // A tag made before, by us under a lost database, is found by its name instead of made again.
    const known = await parts.api.corpTags()
    if (known.kind !== 'ok') throw new OutsideFailure(`corp tags cannot be read: ${failureWords(known)}`)
    const there = known.value.tag_group.find(({ group_name: name }) => name === group)?.tag ?? []
    const lacking = [...missing].filter((name) => !there.some((tag) => tag.name === name && !tag.deleted))
    const made = lacking.length === 0 ? null : await parts.api.addCorpTags(group, lacking, parts.agentId)
    if (made !== null && made.kind !== 'ok')
      throw new OutsideFailure(`corp tags cannot be made: ${failureWords(made)}`)
    const tags = [...there.filter(({ deleted }) => !deleted), ...(made?.value.tag_group.tag ?? [])].filter(
      ({ name }) => missing.has(name),
    )
    await parts.act(system('wecom-mirror'), (ctx) =>
      saveCorpTags(ctx.tx, [
        ...new Map(tags.map(({ name, id }) => [name, { tag_group: group, tag: name, id }])).values(),
      ]),
    )
    for (const { name, id } of tags) ids.set(keyOf(group, name), id)
  }
  return ids
}

async function settleLane(
  parts: MirrorParts,
  lane: readonly TagGap[],
  ids: ReadonlyMap<string, string>,
): Promise<number> {
  let settled = 0
  for (const gap of lane) {
    const id = ids.get(keyOf(gap.tag_group, gap.tag))
    if (id === undefined) throw new OutsideFailure(`WeCom did not answer an id for the tag ${gap.tag}.`)
    const remove = gap.seen_id === null || gap.seen_id === id ? [] : [gap.seen_id]
    const marked = await parts.api.markTags({ staff: gap.staff, external: gap.external }, [id], remove)
    if (marked.kind === 'error' && marked.name === 'no-such-tag') {
      await parts.act(system('wecom-mirror'), async (ctx) => {
        await forgetCorpTag(ctx.tx, id)
        for (const old of remove) await forgetSeenTag(ctx.tx, old)
      })
      return settled
    }
    const refused = marked.kind === 'error' && marked.reaction === 'drop'
    if (marked.kind !== 'ok' && !refused)
      throw new OutsideFailure(`tags cannot be marked: ${failureWords(marked)}`)
    await parts.act(system('wecom-mirror'), async (ctx) => {
      const { staff, external, tag_group, tag } = gap
      await saveSeenTag(ctx.tx, {
        staff,
        external,
        tag_group,
        tag,
        tag_id: id,
        refused: refused ? 1 : 0,
        at: ctx.now,
      })
      if (refused) return
      ctx.record({
        kind: 'tags-marked',
        at: ctx.now,
        source: 'wecom-mirror',
        sourceKey: `${staff}:${external}:${tag_group}:${ctx.newId()}`,
        who: { external, staff },
        detail: { group: tag_group, tag, removed: remove.length },
      })
    })
    settled += 1
  }
  return settled
}
