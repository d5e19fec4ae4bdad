import { defineConfig } from 'vitest/config'

/** Long proofs, one at a time: `npm run test:long -- R1`. */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['test/postgres.setup.ts'],
    env: { TZ: 'UTC' },
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
})
