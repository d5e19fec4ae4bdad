/**
 * A draft on its way to a version: saved with all its mistakes, submitted without any, approved by somebody else, and
 * published as exactly the text she saw. Any edit makes it an open draft again.
 */
import type { Actor, Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import type { TierRules } from '../segment/index.ts'
import { approvalRule } from './approval.ts'
import { newestVersionNumber, newestVersion, versionRow } from './cadence.store.ts'
import type { VersionRow } from './cadence.store.ts'
import { readCadence } from './config.ts'
import { namingOf, threeWay } from './diff.ts'
import { findDraft, insertDraft, updateDraft } from './drafts.store.ts'
import type { DraftRow, DraftState } from './drafts.store.ts'
import { knownNames } from './names.ts'
import { invalidCadence, publish, stale, textHash } from './versions.ts'

export interface DraftParts {
  readonly tierRules: TierRules
  readonly admins: readonly string[]
}

/** Whoever does it: the userid in small letters; the shell is one hand, whoever sits at it. */
export const handOf = (actor: Actor): string => (actor.kind === 'staff' ? actor.userid.toLowerCase() : 'cli')

export interface DraftSaved {
  /** Null makes a new one. */
  readonly id: string | null
  /** What the author saw last; ignored for a new one. */
  readonly epoch: number
  readonly yaml: string
  readonly note: string
  readonly name: string
  readonly baseVersion: number
  readonly rollsBackTo?: number | null
}

export async function saveDraft(ctx: Ctx, saved: DraftSaved): Promise<DraftRow> {
  const { id, yaml, note, baseVersion } = saved
  if (baseVersion > (await newestVersionNumber(ctx.tx)))
    throw new Refusal('invalid', `没有第 ${String(baseVersion)} 版`, 400, {
      fix: '重新打开节奏页再保存',
      english: {
        message: `There is no version ${String(baseVersion)}.`,
        fix: 'Start from the newest version and save again.',
      },
    })
  const fresh = { yaml, hash: textHash(yaml), note, base_version: baseVersion, changed_at: ctx.now }
  if (id === null) {
    const row: DraftRow = {
      id: ctx.newId(),
      ...fresh,
      author: handOf(ctx.actor),
      author_name: saved.name,
      rolls_back_to: saved.rollsBackTo ?? null,
      ...undecided,
      published_version: null,
      epoch: 1,
      created_at: ctx.now,
    }
    await insertDraft(ctx.tx, row)
    tell(ctx, 'cadence-drafted', row)
    return row
  }
  const before = await theirs(ctx, id, saved.epoch)
  mine(ctx, before)
  must(before, ['open', 'submitted', 'approved', 'rejected'], '修改')
  return change(ctx, before, { ...fresh, rolls_back_to: null, ...undecided }, 'cadence-drafted')
}

const undecided = {
  state: 'open',
  decided_by: null,
  decided_name: null,
  decided_at: null,
  approved_hash: null,
  words: '',
} as const

export interface Seen {
  readonly id: string
  readonly epoch: number
}

export async function submitDraft(ctx: Ctx, { tierRules }: DraftParts, seen: Seen): Promise<DraftRow> {
  const draft = await theirs(ctx, seen.id, seen.epoch)
  mine(ctx, draft)
  must(draft, ['open', 'rejected'], '提交')
  await valid(ctx.tx, draft.yaml, tierRules)
  return change(ctx, draft, { ...undecided, state: 'submitted', changed_at: ctx.now }, 'cadence-submitted')
}

export interface Decision extends Seen {
  /** Of the text that was read. */
  readonly hash: string
  readonly words: string
  readonly name: string
}

export async function decideDraft(
  ctx: Ctx,
  { tierRules }: DraftParts,
  verdict: 'approved' | 'rejected',
  { id, epoch, hash, words, name }: Decision,
): Promise<DraftRow> {
  const draft = await theirs(ctx, id, epoch)
  must(draft, ['submitted'], '审批')
  if (handOf(ctx.actor) === draft.author)
    throw new Refusal('own-draft', '自己的草稿要由另一个人审批', 403, {
      fix: '请另一位有审批角色的同事审批',
      english: {
        message: 'A draft is approved by somebody else than its author; the shell is one hand.',
        fix: 'Ask somebody with the role approver to decide in the console.',
      },
    })
  if (hash !== draft.hash) throw changed()
  if (verdict === 'rejected' && words.trim() === '')
    throw new Refusal('words-missing', '驳回要写明原因', 400, {
      fix: '写一句原因，作者才知道怎么改',
      english: { message: 'A rejection says why.', fix: 'Add --words "what the author should change".' },
    })
  if (verdict === 'approved') await valid(ctx.tx, draft.yaml, tierRules)
  const decided = {
    state: verdict,
    decided_by: handOf(ctx.actor),
    decided_name: name,
    decided_at: ctx.now,
    approved_hash: verdict === 'approved' ? hash : null,
    words,
    changed_at: ctx.now,
  }
  return change(ctx, draft, decided, verdict === 'approved' ? 'cadence-approved' : 'cadence-rejected')
}

/** By its author, or by an administrator who tidies up. */
export async function withdrawDraft(ctx: Ctx, seen: Seen, isAdmin: boolean): Promise<DraftRow> {
  const draft = await theirs(ctx, seen.id, seen.epoch)
  if (!isAdmin) mine(ctx, draft)
  must(draft, ['open', 'submitted', 'approved', 'rejected'], '撤回')
  return change(ctx, draft, { state: 'withdrawn', changed_at: ctx.now }, 'cadence-withdrawn')
}

/** The author has compared it with the newest version and goes on from there; what was approved was something else. */
export async function rebaseDraft(ctx: Ctx, seen: Seen): Promise<DraftRow> {
  const draft = await theirs(ctx, seen.id, seen.epoch)
  mine(ctx, draft)
  must(draft, ['open', 'submitted', 'approved', 'rejected'], '修改')
  const base_version = await newestVersionNumber(ctx.tx)
  return change(ctx, draft, { ...undecided, base_version, changed_at: ctx.now }, 'cadence-drafted')
}

/** Only an approved one where approval is required; always exactly the text that was approved. */
export async function publishDraft(
  ctx: Ctx,
  { tierRules, admins }: DraftParts,
  { id, epoch, name }: Seen & { readonly name: string },
): Promise<VersionRow> {
  const draft = await theirs(ctx, id, epoch)
  const { required } = await approvalRule(ctx.tx, admins)
  if (required && draft.state !== 'approved') throw needsApproval(draft.state)
  must(draft, ['open', 'submitted', 'approved'], '发布')
  if (
    textHash(draft.yaml) !== draft.hash ||
    (draft.state === 'approved' && draft.approved_hash !== draft.hash)
  )
    throw changed()
  const newest = await newestVersion(ctx.tx)
  if (newest && newest.version !== draft.base_version) throw await staleDraft(ctx, tierRules, draft, newest)
  const row = await publish(ctx, tierRules, {
    yaml: draft.yaml,
    note: draft.note,
    by: name,
    baseVersion: draft.base_version,
    rolledBackTo: draft.rolls_back_to,
    draft: draft.id,
    approvedBy: draft.state === 'approved' ? draft.decided_by : null,
  })
  if (
    !(await updateDraft(ctx.tx, draft, {
      state: 'published',
      published_version: row.version,
      changed_at: ctx.now,
    }))
  )
    throw changed()
  return row
}

export interface Wish {
  readonly yaml: string
  readonly note: string
  readonly name: string
  readonly baseVersion: number | null
  readonly rollsBackTo?: number
}
export type Wished =
  | { readonly kind: 'published'; readonly row: VersionRow }
  | { readonly kind: 'submitted'; readonly draft: DraftRow }

/** Publishes where nobody has to approve, else submits a draft. For whoever wants it live and knows no drafts. */
export async function publishOrSubmit(ctx: Ctx, parts: DraftParts, wish: Wish): Promise<Wished> {
  const { yaml, note, name, rollsBackTo } = wish
  await valid(ctx.tx, yaml, parts.tierRules)
  const newest = await newestVersion(ctx.tx)
  const { baseVersion: base } = wish
  if (newest && base !== null && base !== newest.version) throw stale(newest)
  if (newest?.yaml === yaml) return { kind: 'published', row: newest }
  if (!(await approvalRule(ctx.tx, parts.admins)).required) {
    const baseVersion = base
    const publishing = { yaml, note, by: name, baseVersion, rolledBackTo: rollsBackTo ?? null }
    return { kind: 'published', row: await publish(ctx, parts.tierRules, publishing) }
  }
  const baseVersion = base ?? newest?.version ?? 0
  const saved = { id: null, epoch: 0, yaml, note, name, baseVersion, rollsBackTo: rollsBackTo ?? null }
  const draft = await saveDraft(ctx, saved)
  return { kind: 'submitted', draft: await submitDraft(ctx, parts, draft) }
}

/** The text of an older version, as the next one. */
export async function rollBack(
  ctx: Ctx,
  parts: DraftParts,
  { version, note, name }: { readonly version: number; readonly note: string; readonly name: string },
): Promise<Wished> {
  const old = await versionRow(ctx.tx, version)
  const newest = await newestVersionNumber(ctx.tx)
  if (!old)
    throw new Refusal(
      'not-found',
      `没有第 ${String(version)} 版，现在有第 1 到第 ${String(newest)} 版`,
      404,
      {
        fix: '在节奏页的版本列表里选一个更早的版本',
        english: {
          message: `There is no version ${String(version)}; there are 1 to ${String(newest)}.`,
          fix:
            newest > 1
              ? `Give one of 1 to ${String(newest - 1)}.`
              : 'There is nothing older to go back to yet.',
        },
      },
    )
  if (version === newest)
    throw new Refusal('already-current', `第 ${String(version)} 版就是现行版本`, 409, {
      fix: '选一个更早的版本',
      english: {
        message: `Version ${String(version)} is the one in force.`,
        fix: version > 1 ? `Give an older one, 1 to ${String(version - 1)}.` : 'There is nothing older yet.',
      },
    })
  return publishOrSubmit(ctx, parts, {
    yaml: old.yaml,
    note: note === '' ? `回滚到第 ${String(version)} 版` : note,
    name,
    baseVersion: newest,
    rollsBackTo: version,
  })
}

// ---------------------------------------------------------------- rules

const notFound = (): Refusal =>
  new Refusal('not-found', '没有这份草稿', 404, {
    fix: '它可能已被删除，请刷新列表',
    english: { message: 'There is no such draft.', fix: 'Run: siyu cadence draft list' },
  })
const changed = (): Refusal =>
  new Refusal('draft-changed', '草稿在您打开之后又改过了', 409, {
    fix: '刷新后看过最新内容再操作',
    english: {
      message: 'The draft was changed after it was read.',
      fix: 'Read it again with siyu cadence draft show, then repeat this.',
    },
  })

async function theirs(ctx: Ctx, id: string, epoch: number): Promise<DraftRow> {
  const draft = await findDraft(ctx.tx, id)
  if (!draft) throw notFound()
  if (draft.epoch !== epoch) throw changed()
  return draft
}

/** One draft, one author: otherwise two who edit in turn could approve each other's words. */
function mine(ctx: Ctx, { author, author_name }: DraftRow): void {
  if (handOf(ctx.actor) === author) return
  throw new Refusal('not-your-draft', `这是${author_name}的草稿，只有作者能改`, 403, {
    fix: '打开它的内容，另存为您自己的草稿',
    english: {
      message: `It is the draft of ${author_name}; only its author changes it.`,
      fix: 'Save its text as a draft of your own: siyu cadence draft save FILE, without --id.',
    },
  })
}

const stateWords: Readonly<Record<DraftState, string>> = {
  open: '编辑中',
  submitted: '待审批',
  approved: '已批准',
  rejected: '已驳回',
  published: '已发布',
  withdrawn: '已撤回',
}

function must({ state }: DraftRow, states: readonly DraftState[], deed: string): void {
  if (states.includes(state)) return
  throw new Refusal('wrong-state', `草稿${stateWords[state]}，不能${deed}`, 409, {
    fix: '刷新列表，看它现在的状态',
    english: {
      message: `The draft is ${state}, so this cannot be done to it.`,
      fix: 'Look at its state: siyu cadence draft list',
    },
  })
}

async function valid(tx: Reader, yaml: string, rules: TierRules): Promise<void> {
  const { mistakes } = readCadence(yaml, await knownNames(tx, rules))
  if (mistakes.length > 0) throw invalidCadence(mistakes)
}

const needsApproval = (state: DraftState): Refusal =>
  new Refusal('approval-required', `发布要先由另一个人审批，这份草稿${stateWords[state]}`, 409, {
    fix: state === 'submitted' ? '请有审批角色的同事审批' : '提交审批，批准后再发布',
    english: {
      message: `Publishing needs the approval of somebody else; this draft is ${state}.`,
      fix:
        state === 'submitted'
          ? 'Ask somebody with the role approver to decide in the console.'
          : 'Submit it first: siyu cadence draft submit ID',
    },
  })

async function staleDraft(ctx: Ctx, rules: TierRules, draft: DraftRow, newest: VersionRow): Promise<Refusal> {
  const base = await versionRow(ctx.tx, draft.base_version)
  const raw = (yaml: string | undefined): unknown =>
    readCadence(yaml ?? '', { tiers: null }).cadence?.raw ?? {}
  const told = threeWay(
    { version: draft.base_version, raw: raw(base?.yaml) },
    { version: newest.version, raw: raw(newest.yaml) },
    raw(draft.yaml),
    namingOf(rules),
  )
  const both = told.both.length === 0 ? '没有改到同一处' : `有 ${String(told.both.length)} 处双方都改了`
  return new Refusal(
    'stale-version',
    `草稿基于第 ${String(told.base)} 版，之后${newest.published_by}发布了第 ${String(told.newest)} 版：对方改了 ${String(told.theirs.length)} 处，您改了 ${String(told.yours.length)} 处，${both}`,
    409,
    {
      fix: '对照两边的改动，把内容合并好，再以最新版本为基础继续',
      english: {
        message: `The draft grew from version ${String(told.base)}; ${newest.published_by} has published ${String(told.newest)} since: ${String(told.theirs.length)} change(s) of theirs, ${String(told.yours.length)} of yours, ${String(told.both.length)} in the same place.`,
        fix: 'Merge the two texts and save the draft anew.',
      },
      detail: { threeWay: told },
    },
  )
}

async function change(
  ctx: Ctx,
  before: DraftRow,
  set: Partial<Omit<DraftRow, 'id' | 'epoch'>>,
  kind: DraftKind,
): Promise<DraftRow> {
  if (!(await updateDraft(ctx.tx, before, set))) throw changed()
  const row = { ...before, ...set, epoch: before.epoch + 1 }
  tell(ctx, kind, row)
  return row
}

type DraftKind =
  'cadence-drafted' | 'cadence-submitted' | 'cadence-approved' | 'cadence-rejected' | 'cadence-withdrawn'

function tell(ctx: Ctx, kind: DraftKind, row: DraftRow): void {
  ctx.record({
    kind,
    at: ctx.now,
    source: 'cadence',
    sourceKey: `draft:${row.id}:${String(row.epoch)}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: {
      draft: row.id,
      author: row.author,
      baseVersion: row.base_version,
      hash: row.hash,
      epoch: row.epoch,
      note: row.note,
      ...(row.rolls_back_to === null ? {} : { rollsBackTo: row.rolls_back_to }),
      ...(row.words === '' ? {} : { words: row.words }),
    },
  })
}
