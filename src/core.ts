/** What every verb needs: the database with its log and projections. No network, no timers. */
import { join } from 'node:path'
import { createAudit } from './access/index.ts'
import { createAct, system } from './base/act.ts'
import type { Act } from './base/act.ts'
import type { Clock } from './base/clock.ts'
import type { Db, SqliteEngine } from './base/db.ts'
import type { Env } from './base/env.ts'
import { ConfigMistakes } from './base/errors.ts'
import { applyHolidays, loadHolidays } from './base/holidays.ts'
import type { Holidays } from './base/holidays.ts'
import { readMeta, writeMeta } from './base/meta.ts'
import { cadenceProjections, readCadenceFile } from './cadence/index.ts'
import { createErasures, createPeople, customerProjections } from './customer/index.ts'
import type { Erasures } from './customer/index.ts'
import { gameRegroup } from './game/index.ts'
import { createFlush, createRecorder } from './interaction/index.ts'
import type { Flush, Projection, Recorder, Regroup } from './interaction/index.ts'
import { itemProjections, loadRecommendSettings, orderProjections } from './order/index.ts'
import type { RecommendSettings } from './order/index.ts'
import { outboxProjections, outboxRegroup } from './outbox/index.ts'
import { loadRadarSettings } from './report/index.ts'
import type { RadarSettings } from './report/index.ts'
import {
  applyLevelRules,
  applyRewardSettings,
  loadLevelRules,
  loadRewardSettings,
  rewardRegroup,
} from './reward/index.ts'
import type { LevelRules } from './reward/index.ts'
import { openDatabase } from './schema.ts'
import type { Opened, SchemaMode } from './schema.ts'
import {
  applyTagNames,
  audienceFields,
  behaviourProjections,
  clvRegroup,
  fieldMap,
  fillBehaviour,
  loadChurnRules,
  loadClvSettings,
  loadTagRules,
  loadTierRules,
  segmentProjections,
  segmentRegroup,
  tagField,
} from './segment/index.ts'
import type { AudienceField, ChurnRules, ClvSettings, TagRules, TierRules } from './segment/index.ts'

/** In this order: a projection may read the tables of those before it. */
export const projections: readonly Projection[] = [
  ...customerProjections,
  ...orderProjections,
  ...segmentProjections,
  ...outboxProjections,
  ...cadenceProjections,
]

/** What goes along when two customers become one, or one two. */
export const regroup: readonly Regroup[] = [
  outboxRegroup,
  segmentRegroup,
  clvRegroup,
  rewardRegroup,
  gameRegroup,
]

export interface Core {
  readonly env: Env
  readonly clock: Clock
  readonly db: Db
  readonly act: Act
  readonly flush: Flush
  readonly erasures: Erasures
  readonly recorder: Recorder
  readonly rules: TierRules
  readonly tagRules: TagRules
  readonly recommend: RecommendSettings
  readonly radar: RadarSettings
  readonly churn: ChurnRules
  readonly levels: LevelRules
  /** What audience rules may ask about. */
  readonly audienceFields: ReadonlyMap<string, AudienceField>
  readonly clv: ClvSettings
  /** Which days people are off, and which years nobody has entered yet. */
  readonly holidays: Holidays
  readonly opened: Pick<Opened, 'migrated' | 'backup'>
  /** Called after each commit that added log rows. */
  onRecorded(wake: () => void): void
  close(): Promise<void>
}

export interface CoreParts {
  readonly env: Env
  readonly clock: Clock
  readonly root: string
  readonly mode: SchemaMode
  readonly engine?: SqliteEngine | undefined
}

export async function openCore({ env, clock, root, mode, engine }: CoreParts): Promise<Core> {
  const rules = loadTierRules(env.configDir)
  const tagRules = loadTagRules(env.configDir, rules.tagGroup)
  const recommend = loadRecommendSettings(env.configDir)
  const radar = loadRadarSettings(env.configDir)
  const churn = loadChurnRules(env.configDir)
  const clv = loadClvSettings(env.configDir)
  const levels = loadLevelRules(env.configDir)
  const holidays = loadHolidays(env.configDir)
  const rewards = loadRewardSettings(env.configDir)
  const { db, ...opened } = await openDatabase(env.databaseUrl, root, mode, clock.now(), engine)
  const wakes: (() => void)[] = []
  const erasures = createErasures(env.masterKey)
  const flush = createFlush({
    people: createPeople(erasures),
    projections,
    regroup,
    audit: createAudit(env.masterKey),
    wake: () => {
      for (const wake of wakes) wake()
    },
  })
  const act = createAct({ db, clock, flush: async (ctx, happenings) => void (await flush(ctx, happenings)) })
  try {
    await belongTo(db, act, env)
    await act(system('setup'), async (ctx) => {
      await applyHolidays(ctx, holidays)
      await applyLevelRules(ctx, levels)
      await applyTagNames(ctx, tagRules)
      await applyRewardSettings(ctx, rewards)
    })
    await fillBehaviour({ db, act }, [...itemProjections, ...behaviourProjections])
  } catch (error) {
    await db.close()
    throw error
  }
  return {
    env,
    clock,
    db,
    act,
    flush,
    erasures,
    recorder: createRecorder(db, act, flush),
    rules,
    tagRules,
    recommend,
    radar,
    churn,
    levels,
    audienceFields: fieldMap(audienceFields, [tagField(tagRules)]),
    clv,
    holidays,
    opened,
    onRecorded: (wake) => void wakes.push(wake),
    close: () => db.close(),
  }
}

/** The file that seeds version 1, and rules with CADENCE_SOURCE=file. */
export const shippedCadence = ({ configDir, cadenceSource }: Env) => ({
  yaml: readCadenceFile(configDir),
  path: join(configDir, 'cadence.yaml'),
  source: cadenceSource,
})

/** A database remembers its corp, or that it was simulated: the test shop must never meet real customers. */
async function belongTo(db: Db, act: Act, env: Env): Promise<void> {
  if (env.wecom.corpId === 'offline') return
  const corp = env.simulated ? 'simulated' : env.wecom.corpId
  const known = await readMeta(db.reader, 'corp')
  if (known === corp) return
  if (known !== null) {
    throw new ConfigMistakes('This database belongs to somebody else:', [
      `it was made for ${known}, the environment says ${corp}; set DATABASE_URL to a database of its own`,
    ])
  }
  await act(system('setup'), (ctx) => writeMeta(ctx.tx, 'corp', corp))
}
