import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import type { Candidate } from '../outbox/index.ts'
import { insertVersion } from './cadence.store.ts'
import { readCadence } from './config.ts'
import type { Cadence } from './config.ts'
import { sinceWhen } from './rules-since.ts'

const day = '2026-11-18'
const text = ({ wording = '原来的话', quiet = '21:30-08:30', share = 50 } = {}): string => `shop: {name: 店}
manners: {quietHours: '${quiet}'}
touchpoints:
  weekly-note: {weekday: 3, at: '10:00', wordings: [${wording}]}
  wake-up: {enabled: false, wording: '再见 [[link:subscription]]'}
experiments:
  warm:
    touchpoint: weekly-note
    what: wording
    from: 2026-11-01
    arms:
      - {name: now, share: ${String(100 - share)}}
      - {name: warmer, share: ${String(share)}, set: {wordings: [更暖的话]}}
`
const candidate: Candidate = {
  dedupeKey: 'weekly-note:c1:2026-11-18',
  touchpoint: 'weekly-note',
  title: '周报',
  cadenceVersion: 9,
  purpose: 'marketing',
  personal: false,
  channel: 'broadcast',
  subjectKind: 'customer',
  subject: 'wm1',
  customer: 'c1',
  day,
  wantedAt: 1,
  expiresAt: 2,
  priority: 50,
  content: { text: '原来的话' },
}
/** As its row was written. */
const declined = {
  touchpoint: 'weekly-note',
  title: '周报',
  purpose: 'marketing',
  personal: 0,
  channel: 'broadcast',
  subject_kind: 'customer',
  subject: 'wm1',
  customer: 'c1',
  day,
  wanted_at: 1,
  due_at: 1,
  expires_at: 2,
  decision: 'declined',
  reason_code: 'blackout',
  reason_words: '停发日',
  content: '{}',
  priority: 50,
  attempts: 0,
  epoch: 0,
  crashes: 0,
  ready_at: 1,
  created_at: 1,
}

onBothDatabases('since which version the rules of a touchpoint hold', (open) => {
  let opened: TestDatabase
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.drop())

  /** These texts were published one after the other, and each declined somebody today; the last is in force. */
  async function since(texts: readonly string[], change?: (cadence: Cadence) => Cadence): Promise<unknown> {
    await opened.db.tx(async (tx) => {
      for (const [i, yaml] of texts.entries()) {
        const version = i + 1
        const row = { version, yaml, note: '', published_by: 'li', published_at: version }
        await insertVersion(tx, { ...row, rolled_back_to: null, approved_by: null })
        await tx.insert('promise', [
          {
            ...declined,
            id: `p${String(version)}`,
            dedupe_key: `a${String(version)}`,
            cadence_version: version,
          },
        ])
      }
    })
    const { cadence } = readCadence(texts.at(-1) ?? '', { tiers: null, version: texts.length })
    if (!cadence) throw new Error('The text cannot be read.')
    const marked = await sinceWhen(opened.db.reader, change ? change(cadence) : cadence, day)
    const [one] = marked([candidate])
    return one?.rulesSince
  }

  it('is not asked where nothing was declined before', async () => {
    expect(await since([text()])).toBeUndefined()
  })

  it('is the version after the last that said something else', async () => {
    expect(await since([text(), text({ wording: '新的话' }), text({ wording: '新的话' })])).toBe(2)
  })

  it('is that of manners that were changed, since they hold for each', async () => {
    expect(await since([text(), text({ quiet: '22:00-08:00' })])).toBe(2)
  })

  it('is that of the shares of its experiment', async () => {
    expect(await since([text(), text({ share: 20 })])).toBe(2)
  })

  it('is no later for what was decided about an experiment since: that is of today, whatever the text', async () => {
    const decided = { arm: 'warmer', how: 'rolled-out', why: '好', by: 'li', at: 5 } as const
    const rolledOut = (cadence: Cadence): Cadence => ({
      ...cadence,
      experiments: cadence.experiments.map((one) => ({ ...one, decided })),
    })
    const same = text()
    expect(await since([same, `${same}# 备注\n`], rolledOut)).toBeUndefined()
  })

  it('leaves out a version that cannot be read any more', async () => {
    expect(await since(['touchpoints: [', text()])).toBeUndefined()
  })
})
