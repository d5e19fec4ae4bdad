import { defineConfig } from 'vitest/config'
import { LongestFirst } from './longest-first.ts'

/** They start processes, browsers or whole servers: each file has a process of its own. */
const alone = ['test/process/**', 'test/e2e/**', 'test/web/**', 'test/simulation/**', 'test/demo.test.ts']

const shared = {
  env: { TZ: 'UTC' },
  // On the gate's machine a second try is reported as such; at the desk a flaky test is a broken one.
  retry: process.env['CI'] ? 1 : 0,
  testTimeout: 20_000,
  hookTimeout: 60_000,
  pool: 'forks',
} as const

/** The everyday suite: under ten minutes on two cores. */
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    globalSetup: ['test/postgres.setup.ts'],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'alone',
          include: alone.map((place) => place.replace(/\*\*$/, '**/*.test.ts')),
        },
      },
      {
        test: {
          ...shared,
          name: 'together',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['dist/**', 'node_modules/**', 'test/long/**', ...alone],
          // One process runs many of them: loading the product anew for each took a third of the time.
          isolate: false,
        },
      },
    ],
  },
})
