/** `siyu cadence experiments [NAME]`: what is tested and what it says so far, as the console shows it. */
import { addDays, dayOf } from '../base/calendar.ts'
import { Refusal } from '../base/errors.ts'
import { currentCadence, experimentReport, experimentReports, holdoutReport } from '../cadence/index.ts'
import type { CadenceParts } from '../cadence/index.ts'
import type { ExperimentList, ExperimentView } from '../http/contract.ts'
import { holdoutView, rowOf, viewOf } from '../http/admin/experiments.ts'

export async function cadenceExperiments(
  { db, clock }: Pick<CadenceParts, 'db' | 'clock'>,
  name: string | undefined,
): Promise<ExperimentList | ExperimentView> {
  const now = clock.now()
  const cadence = await currentCadence(db.reader)
  return db.aside(async (scratch) => {
    if (name === undefined) {
      const reports = cadence ? await experimentReports(scratch, cadence, now) : []
      const holdout = await holdoutReport(scratch, { since: addDays(dayOf(now), -90), windowDays: 14, now })
      return { items: reports.map(rowOf), holdout: holdoutView(holdout) }
    }
    const report = cadence && (await experimentReport(scratch, cadence, name, now))
    if (report) return viewOf(report)
    throw new Refusal('not-found', `The cadence has no experiment "${name}".`, 404, {
      fix: 'Run: siyu cadence experiments',
    })
  })
}
