/** The simulated population, for whoever lets a simulator and a server live together. */
export { createPopulation } from './create-population.ts'
export type { PopulationOptions, ReportingPopulation } from './create-population.ts'
export { defaultRules } from './rules.ts'
export type { CrowdRules } from './rules.ts'
export type { PopulationReport } from './tally.ts'
