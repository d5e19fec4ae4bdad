/**
 * The corp tags that we make ourselves (WECOM.md §3.4). A tag or a group of the same name that somebody else made is never
 * taken over: then ours gets a name of its own. What we are about to make is written down before the call, so that a
 * crash between call and answer does not leave a tag that we later take for somebody else's.
 */
import { system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { minutes } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Db, Reader } from '../base/db.ts'
import { OutsideFailure } from '../base/errors.ts'
import { corpTagDeleted, corpTags, givenUpAfter, saveCorpTags } from './mirror.store.ts'
import type { CorpTag } from './mirror.store.ts'
import type { WecomApi } from './protocol/api.ts'
import { failureWords } from './protocol/result.ts'

export interface CorpTagParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly api: WecomApi
  readonly agentId: number
}

export interface TagName {
  readonly tag_group: string
  readonly tag: string
}

interface Remote {
  readonly group_id: string
  readonly group_name: string
  readonly create_time: number
  readonly tag: readonly { readonly id: string; readonly name: string; readonly create_time: number }[]
}

export const keyOf = ({ tag_group, tag }: TagName): string => `${tag_group}\n${tag}`
/** Our clock and WeCom's may differ by this much. */
const skewMs = minutes(1)
const actor = system('wecom-mirror')

/** Ids of these tags; missing ones are made. Tags that people deleted twice have none. */
export async function ensureCorpTags(
  parts: CorpTagParts,
  wanted: readonly TagName[],
): Promise<Map<string, string>> {
  const known = await corpTags(parts.db.reader)
  const ids = new Map(known.flatMap((row) => (row.id === null ? [] : [[keyOf(row), row.id] as const])))
  const unwanted = new Set(known.filter(({ deletions }) => deletions >= givenUpAfter).map(keyOf))
  const missing = new Map(
    wanted.filter((one) => !ids.has(keyOf(one)) && !unwanted.has(keyOf(one))).map((one) => [keyOf(one), one]),
  )
  if (missing.size === 0) return ids
  const remote = await readRemote(parts)
  for (const group of new Set([...missing.values()].map((one) => one.tag_group))) {
    const tags = [...missing.values()].filter((one) => one.tag_group === group).map(({ tag }) => tag)
    const ours = known.filter((row) => row.tag_group === group)
    for (const row of await makeTags(parts, group, tags, ours, remote))
      if (row.id !== null) ids.set(keyOf(row), row.id)
  }
  return ids
}

async function readRemote({ api }: CorpTagParts): Promise<Remote[]> {
  const read = await api.corpTags()
  if (read.kind !== 'ok') throw new OutsideFailure(`corp tags cannot be read: ${failureWords(read)}`)
  return read.value.tag_group.map((group) => ({ ...group, tag: group.tag.filter(({ deleted }) => !deleted) }))
}

async function makeTags(
  parts: CorpTagParts,
  group: string,
  tags: readonly string[],
  ours: readonly CorpTag[],
  remote: readonly Remote[],
): Promise<CorpTag[]> {
  const home = homeOf(ours, remote)
  const groupName =
    home?.group_name ?? freeName(group, (name) => remote.some((one) => one.group_name === name))
  const rows = tags.map((tag): CorpTag => {
    const before = ours.find((row) => row.tag === tag)
    const there = home?.tag.find((one) => before !== undefined && isFromUs(before, one.name, one.create_time))
    const taken = (name: string): boolean => home?.tag.some((one) => one.name === name) ?? false
    return {
      tag_group: group,
      tag,
      id: there?.id ?? null,
      name: there?.name ?? freeName(tag, taken),
      group_id: home?.group_id ?? null,
      group_name: groupName,
      asked_at: parts.clock.now(),
      deletions: before?.deletions ?? 0,
    }
  })
  await parts.act(actor, (ctx) => saveCorpTags(ctx.tx, rows))
  const lacking = rows.filter(({ id }) => id === null)
  if (lacking.length === 0) return rows
  const made = await parts.api.addCorpTags(
    home ? { id: home.group_id } : { name: groupName },
    lacking.map(({ name }) => name),
    parts.agentId,
  )
  if (made.kind !== 'ok') throw new OutsideFailure(`corp tags cannot be made: ${failureWords(made)}`)
  const { group_id: groupId, tag: answered } = made.value.tag_group
  const complete = rows.map((row) => ({
    ...row,
    id: row.id ?? answered.find(({ name }) => name === row.name)?.id ?? null,
    group_id: groupId,
  }))
  await parts.act(actor, (ctx) => saveCorpTags(ctx.tx, complete))
  return complete
}

/** The group that holds tags of ours, or that we were making when we broke off. */
const homeOf = (ours: readonly CorpTag[], remote: readonly Remote[]): Remote | undefined =>
  remote.find(({ group_id: id, tag }) =>
    ours.some((row) => row.group_id === id || (row.id !== null && tag.some((one) => one.id === row.id))),
  ) ??
  remote.find((group) =>
    ours.some(
      (row) =>
        row.id === null &&
        row.asked_at !== null &&
        row.group_name === group.group_name &&
        isSince(row.asked_at, group.create_time),
    ),
  )

const isSince = (asked: Instant, createdSeconds: number): boolean => createdSeconds * 1000 >= asked - skewMs

/** Asked for before a crash and made since: the answer was lost, the tag is ours. */
const isFromUs = (before: CorpTag, name: string, createdSeconds: number): boolean =>
  before.asked_at !== null && before.name === name && isSince(before.asked_at, createdSeconds)

/** Names may have 30 characters; ours have at most 20. */
function freeName(wanted: string, isTaken: (name: string) => boolean): string {
  const others = Array.from({ length: 98 }, (_, n) => `${wanted}·Siyu${n === 0 ? '' : String(n + 1)}`)
  const free = [wanted, ...others].find((name) => !isTaken(name))
  if (free === undefined) throw new OutsideFailure(`every name like ${wanted} is taken among the corp tags.`)
  return free
}

/** Deleted while nobody listened: found by comparing what we made with what there is. */
export async function reconcileCorpTags(parts: CorpTagParts): Promise<void> {
  const known = (await corpTags(parts.db.reader)).filter(({ id }) => id !== null)
  if (known.length === 0) return
  const remote = await readRemote(parts)
  const there = new Set(remote.flatMap(({ tag }) => tag.map(({ id }) => id)))
  const gone = known.flatMap(({ id }) => (id !== null && !there.has(id) ? [id] : []))
  if (gone.length === 0) return
  await parts.act(actor, async (ctx) => {
    for (const id of gone) await corpTagDeleted(ctx.tx, id)
  })
}

/** What an operator should know: tags that are called otherwise, and those that people do not want. */
export async function corpTagNotes(reader: Reader): Promise<string[]> {
  const known = await corpTags(reader)
  const renamed = known.filter(
    ({ tag, tag_group: group, name, group_name: groupName, id }) =>
      id !== null && (name !== tag || groupName !== group),
  )
  return [
    ...renamed.map(
      ({ tag_group: group, tag, group_name: groupName, name }) =>
        `the corp tag ${group}/${tag} is called ${groupName}/${name} in WeCom, because one of that name was made by hand`,
    ),
    ...known
      .filter(({ deletions }) => deletions >= givenUpAfter)
      .map(
        ({ tag_group: group, tag }) =>
          `the corp tag ${group}/${tag} was deleted by hand twice and is not made again; give it another title in config/tags.yaml or config/tiers.yaml to have it back`,
      ),
  ]
}
