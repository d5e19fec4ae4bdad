import { table } from '../../base/table.ts'

/** The lines of percentile axes, frozen for a week. */
export const radarScaleTable = table('radar_scale', {
  axis: 'text key',
  value: 'int key',
  score: 'int',
  computed_no: 'int',
})

/** What a tier scores on average, for everybody in it; refreshed each night. */
export const radarAverageTable = table('radar_average', {
  tier: 'text key',
  axis: 'text key',
  customers: 'int',
  score: 'int',
  computed_no: 'int',
})

export const radarTables = [radarScaleTable, radarAverageTable]
