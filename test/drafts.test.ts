/** A draft on its way: mistakes and all, through other hands, to a version and back to an older one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { auditPage, giveRoles, verifyAudit } from '../src/access/index.ts'
import type { Actor, Ctx } from '../src/base/act.ts'
import { instantOf } from '../src/base/calendar.ts'
import {
  approvalRule,
  currentCadence,
  decideDraft,
  draftList,
  newestVersion,
  publishDraft,
  publishOrSubmit,
  rebaseDraft,
  rollBack,
  saveDraft,
  seedCadence,
  submitDraft,
  withdrawDraft,
} from '../src/cadence/index.ts'
import type { DraftRow, DraftState } from '../src/cadence/index.ts'
import { cadenceApply } from '../src/cli/cadence.ts'
import { draftDeed, draftSave } from '../src/cli/cadence-drafts.ts'
import { saveStaff } from '../src/customer/index.ts'
import { onBothDatabases } from './database.ts'
import { configDir, masterKey, openStore } from './store.ts'
import type { TestStore } from './store.ts'

const file = join(configDir, 'cadence.yaml')
const yaml = readFileSync(file, 'utf8')
const at = (time: string) => yaml.replace('  weekly-note:\n', `  weekly-note:\n    title: 每周关怀 ${time}\n`)
const staff = (userid: string): Actor => ({ kind: 'staff', userid })
const [lin, wang] = [staff('lin'), staff('Wang')]

onBothDatabases('a draft', (open) => {
  let store: TestStore
  const parts = () => ({ ...store, tierRules: store.rules, admins: ['lin', 'nobody'], readOnly: false })
  const as = <T>(actor: Actor, deed: (ctx: Ctx) => Promise<T>): Promise<T> => store.act(actor, deed)
  const newest = async () => (await newestVersion(store.db.reader))?.version
  const save = (text: string, more: { id?: string; epoch?: number; by?: Actor; base?: number } = {}) =>
    as(more.by ?? lin, (ctx) =>
      saveDraft(ctx, {
        id: more.id ?? null,
        epoch: more.epoch ?? 0,
        yaml: text,
        note: '试一试',
        name: '林佳',
        baseVersion: more.base ?? 1,
      }),
    )
  const submit = (row: DraftRow) => as(lin, (ctx) => submitDraft(ctx, parts(), row))
  const decide = (row: DraftRow, by: Actor, verdict: 'approved' | 'rejected' = 'approved', words = '好') =>
    as(by, (ctx) => decideDraft(ctx, parts(), verdict, { ...row, words, name: '王' }))
  const publish = (row: DraftRow, by: Actor = lin) =>
    as(by, (ctx) => publishDraft(ctx, parts(), { ...row, name: '林佳' }))
  const stateOf = async (row: DraftRow): Promise<DraftState | undefined> =>
    (await draftList(store.db.reader)).find(({ id }) => id === row.id)?.state

  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-11-18', '07:00'))
    await as({ kind: 'system', name: 'seed' }, async (ctx) => {
      await seedCadence(ctx, store.rules, { yaml, path: 'cadence.yaml', source: 'database' })
      await saveStaff(ctx, [
        { userid: 'lin', name: '林佳', active: true, contact: false },
        { userid: 'wang', name: '王芳', active: true, contact: false },
      ])
    })
  })
  afterEach(() => store.drop())
  /** From now on there is somebody else who may approve. */
  const second = () => as(lin, (ctx) => giveRoles(ctx, 'wang', ['approver']))
  const rule = () => approvalRule(store.db.reader, ['lin', 'nobody'])

  it('is published by one person alone where there is nobody else, and needs an approval as soon as there is', async () => {
    expect(await rule()).toEqual({ required: false, because: 'people', approvers: 1 })
    await publish(await save(at('一')))
    expect(await newest()).toBe(2)
    await second()
    expect(await rule()).toEqual({ required: true, because: 'people', approvers: 2 })
    const draft = await save(at('二'), { base: 2 })
    await expect(publish(draft)).rejects.toMatchObject({ code: 'approval-required' })
    const submitted = await submit(draft)
    await expect(decide(submitted, lin)).rejects.toMatchObject({ code: 'own-draft' })
    const approved = await decide(submitted, wang)
    await publish(approved)
    expect(await newest()).toBe(3)
    expect(await newestVersion(store.db.reader)).toMatchObject({ approved_by: 'wang', published_by: '林佳' })
    expect(await stateOf(draft)).toBe('published')
    const { rows } = await auditPage(store.db.reader, {}, { limit: 20, offset: 0 })
    expect(rows.map(({ what }) => what)).toEqual([
      'cadence-published',
      'cadence-approved',
      'cadence-submitted',
      'cadence-drafted',
      'role-given',
      'cadence-published',
      'cadence-drafted',
      'cadence-published',
    ])
    expect(await verifyAudit(store.db.reader, masterKey)).toMatchObject({ ok: true })
  })

  it('keeps its mistakes and cannot be submitted with them; an edit takes an approval back', async () => {
    await second()
    const wrong = await save(yaml.replace('weekly-note:', 'weekly-nots:'))
    await expect(submit(wrong)).rejects.toMatchObject({ status: 422, code: 'invalid-cadence' })
    const mended = await save(at('三'), { id: wrong.id, epoch: wrong.epoch })
    const approved = await decide(await submit(mended), wang)
    const edited = await save(at('四'), { id: approved.id, epoch: approved.epoch })
    expect(edited).toMatchObject({ state: 'open', approved_hash: null, decided_by: null })
    await expect(publish(edited)).rejects.toMatchObject({ code: 'approval-required' })
    // Whoever looks at an older state acts on nothing.
    await expect(publish(approved)).rejects.toMatchObject({ code: 'draft-changed' })
    await expect(save(at('五'), { id: edited.id, epoch: 1 })).rejects.toMatchObject({ code: 'draft-changed' })
    await expect(save(at('五'), { ...edited, by: wang })).rejects.toMatchObject({ code: 'not-your-draft' })
    const again = await submit(edited)
    await expect(decide({ ...again, hash: approved.hash }, wang)).rejects.toMatchObject({
      code: 'draft-changed',
    })
    await expect(decide(again, wang, 'rejected', ' ')).rejects.toMatchObject({ code: 'words-missing' })
    const rejected = await decide(again, wang, 'rejected', '时间太早')
    await expect(decide(rejected, wang)).rejects.toMatchObject({ code: 'wrong-state' })
    await as(lin, (ctx) => withdrawDraft(ctx, rejected, false))
    expect(await stateOf(rejected)).toBe('withdrawn')
  })

  it('of which the text was changed in the database is not published on the old approval', async () => {
    await second()
    const approved = await decide(await submit(await save(at('六'))), wang)
    await store.db.tx((tx) => tx.run('UPDATE cadence_draft SET yaml = $1', [at('七')]))
    await expect(publish(approved)).rejects.toMatchObject({ code: 'draft-changed' })
    expect(await newest()).toBe(1)
  })

  it('cannot switch its own approval off: the version in force decides, and that needs the second person', async () => {
    const on = yaml.replace('\nmanners:', '\npublishing: { approval: { required: true } }\n\nmanners:')
    const off = on.replace('required: true', 'required: false')
    await publish(await save(on))
    expect(await rule()).toEqual({ required: true, because: 'written', approvers: 1 })
    await second()
    const draft = await save(off, { base: 2 })
    await expect(publish(draft)).rejects.toMatchObject({ code: 'approval-required' })
    await publish(await decide(await submit(draft), wang))
    expect((await currentCadence(store.db.reader))?.approval).toBe(false)
    expect(await rule()).toMatchObject({ required: false, because: 'written' })
  })

  it('of an older version is told what each side changed, and goes on after a comparison', async () => {
    const mine = await save(at('八'))
    await publish(await save(yaml.replace('小禾母婴', '小树母婴')))
    await expect(publish(mine)).rejects.toMatchObject({
      code: 'stale-version',
      detail: {
        threeWay: {
          base: 1,
          newest: 2,
          yours: [{ path: 'touchpoints.weekly-note.title' }],
          theirs: [{ path: 'shop.name' }],
          both: [],
        },
      },
    })
    const rebased = await as(lin, (ctx) => rebaseDraft(ctx, mine))
    expect(rebased).toMatchObject({ base_version: 2, state: 'open' })
    await publish(rebased)
    expect(await newest()).toBe(3)
  })

  it('comes of a rollback where somebody must approve; else the older text is live at once', async () => {
    await publish(await save(at('九')))
    const back = { version: 1, note: '', name: '林佳' }
    expect(await as(lin, (ctx) => rollBack(ctx, parts(), back))).toMatchObject({
      kind: 'published',
      row: { version: 3, yaml, rolled_back_to: 1, note: '回滚到第 1 版' },
    })
    await expect(as(lin, (ctx) => rollBack(ctx, parts(), { ...back, version: 3 }))).rejects.toMatchObject({
      code: 'already-current',
    })
    await second()
    const wish = await as(lin, (ctx) => rollBack(ctx, parts(), { ...back, version: 2 }))
    if (wish.kind !== 'submitted') return expect.fail('nobody was asked')
    await publish(await decide(wish.draft, wang), wang)
    expect(await newestVersion(store.db.reader)).toMatchObject({
      version: 4,
      rolled_back_to: 2,
      yaml: at('九'),
    })
    const [log] = await store.db.reader.rows<{ detail: string }>(
      `select detail from log where kind = 'cadence-published' order by seq desc limit 1`,
    )
    expect(JSON.parse(log?.detail ?? '{}')).toMatchObject({ rolledBackTo: 2, approvedBy: 'wang' })
  })

  it('from the shell is applied at once, or submitted when somebody else must approve; the shell is one hand', async () => {
    expect(await cadenceApply(parts(), { file, configDir, note: '一样' })).toMatchObject({
      published: true,
      version: 1,
    })
    await second()
    const wish = await as({ kind: 'cli', verb: 'cadence apply' }, (ctx) =>
      publishOrSubmit(ctx, parts(), { yaml: at('十'), note: '', name: 'cli', baseVersion: null }),
    )
    if (wish.kind !== 'submitted') return expect.fail('nobody was asked')
    expect(await newest()).toBe(1)
    await expect(draftDeed(parts(), 'approve', wish.draft.id)).rejects.toMatchObject({ code: 'own-draft' })
    const approved = await decide(wish.draft, wang)
    expect(await draftDeed(parts(), 'publish', approved.id)).toMatchObject({ publishedVersion: 2 })
    expect(await draftSave(parts(), file, { note: '旧的' })).toMatchObject({ state: 'open', problems: [] })
    await expect(draftSave({ ...parts(), readOnly: true }, file, {})).rejects.toMatchObject({
      code: 'read-only',
    })
  })
})
