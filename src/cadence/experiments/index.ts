/** What the rest of the cadence and the folders to the right may use. */
import { experimentProjection } from './decisions.ts'

export const cadenceProjections = [experimentProjection]
