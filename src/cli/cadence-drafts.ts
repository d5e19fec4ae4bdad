/** `siyu cadence draft …`, `rollback`: the same deeds as in the console, by the shell's hand. */
import { readFileSync } from 'node:fs'
import type { Actor } from '../base/act.ts'
import { isoOf } from '../base/calendar.ts'
import { Refusal } from '../base/errors.ts'
import {
  decideDraft,
  decodeYaml,
  draftList,
  findDraft,
  invalidCadence,
  knownNames,
  newestVersionNumber,
  planToday,
  publishDraft,
  readCadence,
  rollBack,
  saveDraft,
  submitDraft,
  withdrawDraft,
} from '../cadence/index.ts'
import type { CadenceParts, DraftRow, KnownNames, Wished } from '../cadence/index.ts'
import { problemsOf } from './cadence-problems.ts'
import type { CadenceProblem } from './cadence-problems.ts'

export interface DraftVerbParts extends CadenceParts {
  readonly admins: readonly string[]
  readonly readOnly: boolean
}

const actor = (verb: string): Actor => ({ kind: 'cli', verb: `cadence ${verb}` })
const name = 'cli'

const usage = (message: string, fix: string): Refusal => new Refusal('usage', message, 400, { fix })

/** Refused as `invalid-cadence` when it is not text. */
export function readCadenceText(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    throw usage(`${path} cannot be read.`, 'Name the file, for example config/cadence.yaml.')
  }
  const { text, mistake } = decodeYaml(bytes)
  if (mistake) throw invalidCadence([mistake])
  return text
}

export interface DraftShown {
  readonly id: string
  readonly state: string
  readonly author: string
  readonly note: string
  readonly baseVersion: number
  readonly rollsBackTo: number | null
  readonly decidedBy: string | null
  readonly decidedAt: string | null
  readonly words: string
  readonly publishedVersion: number | null
  readonly hash: string
  readonly changedAt: string
  readonly problems: readonly CadenceProblem[]
  readonly warnings: readonly CadenceProblem[]
}

const shown = async ({ db, tierRules }: CadenceParts, row: DraftRow): Promise<DraftShown> =>
  draftShown(await knownNames(db.reader, tierRules), row)

const draftShown = (known: KnownNames, row: DraftRow): DraftShown => ({
  id: row.id,
  state: row.state,
  author: row.author,
  note: row.note,
  baseVersion: row.base_version,
  rollsBackTo: row.rolls_back_to,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at === null ? null : isoOf(row.decided_at),
  words: row.words,
  publishedVersion: row.published_version,
  hash: row.hash,
  changedAt: isoOf(row.changed_at),
  ...problemsOf(readCadence(row.yaml, known)),
})

export function writableFile({ readOnly }: Pick<DraftVerbParts, 'readOnly'>): void {
  if (readOnly)
    throw new Refusal('read-only', 'CADENCE_SOURCE=file: the file rules, versions are made from it.', 409, {
      fix: 'Edit config/cadence.yaml: a running server takes it over within seconds. Or unset CADENCE_SOURCE.',
    })
}

async function draftOf({ db }: CadenceParts, id: string): Promise<DraftRow> {
  const row = await findDraft(db.reader, id)
  if (row) return row
  throw new Refusal('not-found', `There is no draft ${id}.`, 404, { fix: 'Run: siyu cadence draft list' })
}

/** Saved with all its mistakes; they are shown with line and fix. */
export async function draftSave(
  parts: DraftVerbParts,
  file: string,
  options: { readonly id?: string | undefined; readonly note?: string | undefined },
): Promise<DraftShown> {
  writableFile(parts)
  const yaml = readCadenceText(file)
  const before = options.id === undefined ? null : await draftOf(parts, options.id)
  const baseVersion = before?.base_version ?? (await newestVersionNumber(parts.db.reader))
  const note = (options.note ?? before?.note ?? '').slice(0, 200)
  const saved = { id: before?.id ?? null, epoch: before?.epoch ?? 0, yaml, note, name, baseVersion }
  return shown(parts, await parts.act(actor('draft save'), (ctx) => saveDraft(ctx, saved)))
}

export async function draftShow(parts: DraftVerbParts, id: string): Promise<DraftShown & { yaml: string }> {
  const row = await draftOf(parts, id)
  return { ...(await shown(parts, row)), yaml: row.yaml }
}

export async function draftsListed(parts: DraftVerbParts): Promise<{ items: readonly DraftShown[] }> {
  const known = await knownNames(parts.db.reader, parts.tierRules)
  return { items: (await draftList(parts.db.reader)).map((row) => draftShown(known, row)) }
}

export type DraftDeed = 'submit' | 'approve' | 'reject' | 'withdraw' | 'publish'

export async function draftDeed(
  parts: DraftVerbParts,
  deed: DraftDeed,
  id: string,
  options: { readonly words?: string | undefined; readonly hash?: string | undefined } = {},
): Promise<DraftShown> {
  writableFile(parts)
  const row = await draftOf(parts, id)
  const decision = { id, epoch: row.epoch, hash: options.hash ?? row.hash, words: options.words ?? '', name }
  const changed = await parts.act(actor(`draft ${deed}`), async (ctx) => {
    switch (deed) {
      case 'submit':
        return submitDraft(ctx, parts, row)
      case 'approve':
        return decideDraft(ctx, parts, 'approved', decision)
      case 'reject':
        return decideDraft(ctx, parts, 'rejected', decision)
      case 'withdraw':
        return withdrawDraft(ctx, row, true)
      case 'publish':
        await publishDraft(ctx, parts, decision)
        return (await findDraft(ctx.tx, id)) ?? row
    }
  })
  if (deed === 'publish') await planToday(parts)
  return shown(parts, changed)
}

/** Live, or a draft that waits for somebody in the console. */
export interface CadenceWishDone {
  readonly published: boolean
  readonly version: number | null
  readonly publishedAt: string | null
  readonly publishedBy: string | null
  readonly note: string
  readonly rolledBackTo: number | null
  readonly draft: string | null
  readonly next: string | null
}

export async function wishDone(parts: CadenceParts, wish: Wished): Promise<CadenceWishDone> {
  if (wish.kind === 'submitted')
    return {
      published: false,
      version: null,
      publishedAt: null,
      publishedBy: null,
      note: wish.draft.note,
      rolledBackTo: wish.draft.rolls_back_to,
      draft: wish.draft.id,
      next: `publishing needs an approval: draft ${wish.draft.id} is submitted; somebody with the role approver decides in the console (节奏 → 待审批)`,
    }
  await planToday(parts)
  const { row } = wish
  return {
    published: true,
    version: row.version,
    publishedAt: isoOf(row.published_at),
    publishedBy: row.published_by,
    note: row.note,
    rolledBackTo: row.rolled_back_to,
    draft: null,
    next: null,
  }
}

export async function cadenceRollback(
  parts: DraftVerbParts,
  version: string,
  note: string | undefined,
): Promise<CadenceWishDone> {
  writableFile(parts)
  if (!/^\d{1,9}$/.test(version)) throw usage(`${version} is no version.`, 'Give its number, for example 3.')
  const wanted = { version: Number(version), note: (note ?? '').slice(0, 200), name }
  return wishDone(parts, await parts.act(actor('rollback'), (ctx) => rollBack(ctx, parts, wanted)))
}
