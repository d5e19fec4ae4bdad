/**
 * What every card needs and no card changes: lines and averages of the radar, cut points, the scale of RFM. Nightly and
 * weekly jobs write it, so it is read at most every few seconds and shared by all requests.
 */
import { dayOf } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { currentRfmCuts, explainBasis, scaleOf } from '../../segment/index.ts'
import type { ExplainBasis, RfmScale, TierRules } from '../../segment/index.ts'
import { radarBasis } from '../radar/radar.ts'
import type { RadarBasis } from '../radar/radar.ts'
import type { RadarSettings } from '../radar/settings.ts'

export interface CardBasis {
  readonly radar: RadarBasis
  readonly explain: ExplainBasis
  readonly rfm: RfmScale
}

const freshMs = 10_000

export interface BasisParts {
  readonly reader: Reader
  readonly clock: Clock
  readonly rules: TierRules
  readonly radar: RadarSettings
}

export function createBasis({ reader, clock, rules, radar }: BasisParts): () => Promise<CardBasis> {
  let known: { readonly basis: Promise<CardBasis>; readonly day: string; readonly readAt: number } | null =
    null
  const read = async (day: string): Promise<CardBasis> => ({
    radar: await radarBasis(reader, radar),
    explain: await explainBasis(reader, rules),
    rfm: scaleOf(rules.rfm, await currentRfmCuts(reader, rules.rfm, day)),
  })
  return () => {
    const day = dayOf(clock.now())
    const steady = clock.steady()
    if (known?.day === day && steady - known.readAt < freshMs) return known.basis
    const basis = read(day)
    known = { basis, day, readAt: steady }
    // A reading that failed is nobody's basis.
    basis.catch(() => {
      if (known?.basis === basis) known = null
    })
    return basis
  }
}
