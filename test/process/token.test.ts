/** R10 (RELIABILITY.md §4): eight processes with five hundred calls each, over the moment at which their token dies. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { startSimulator } from '../../src/simulator/index.ts'
import { postgresDatabase } from '../database.ts'
import { packageRoot } from './harness.ts'
import type { CallerReport, CallerSetting } from './token-caller.ts'

const processes = 8
const calls = 500

/** An SQLite file has one server, whose token is its own. */
const server = inject('postgresUrl')

if (server === null) process.stderr.write('!! skipped: R10, eight processes and one token\n')
else
  describe('R10: eight processes and one token', { timeout: 120_000 }, () => {
    it('ask for the next one at most twice, and lose no call', async () => {
      const opened = await postgresDatabase(server)
      const simulator = await startSimulator({ empty: true, latencyMs: 5 })
      simulator.world.addStaff({ userid: 'lin', name: '林', confirm: { mode: 'never' } })
      const { corpId, agentId, agentSecret } = simulator.credentials
      const setting: CallerSetting = {
        databaseUrl: opened.url,
        masterKey: randomBytes(32).toString('base64'),
        apiUrl: simulator.url,
        corpId,
        agentId: String(agentId),
        agentSecret,
      }
      const children: ChildProcess[] = []
      try {
        for (let n = 0; n < processes; n += 1)
          children.push(
            fork(join(packageRoot, 'test/process/token-caller.ts'), [JSON.stringify(setting)], {
              execArgv: ['--import', 'tsx'],
            }),
          )
        await Promise.all(children.map((child) => once(child, 'message')))
        const round = async (
          many: number,
          meanwhile: () => void = () => undefined,
        ): Promise<CallerReport[]> => {
          const answers = children.map(async (child) => (await once(child, 'message'))[0] as CallerReport)
          for (const child of children) child.send(many)
          meanwhile()
          return Promise.all(answers)
        }
        const tokens = (): number => simulator.calls().filter(({ api }) => api === 'gettoken').length
        await round(1)
        expect(tokens()).toBe(1)
        const startedAt = performance.now()
        const reports = await round(calls, () => {
          // Under the hands of all of them: some calls have been answered, the rest are under way or still to come.
          setTimeout(() => simulator.addFault({ kind: 'expire-token' }), 300)
        })
        const report = {
          processes,
          calls: processes * calls,
          ok: reports.reduce((sum, { ok }) => sum + ok, 0),
          tokens: tokens() - 1,
          refused: simulator.calls().filter(({ errcode }) => errcode === 42001).length,
          seconds: Math.round((performance.now() - startedAt) / 100) / 10,
        }
        process.stderr.write(`R10: ${JSON.stringify(report)}\n`)
        expect(reports.flatMap(({ failed }) => failed)).toEqual([])
        expect(report.ok).toBe(processes * calls)
        expect(report.refused).toBeGreaterThan(processes)
        expect(report.tokens).toBeGreaterThan(0)
        expect(report.tokens).toBeLessThanOrEqual(2)
      } finally {
        for (const child of children) child.disconnect()
        await Promise.all(
          children.map(async (child) => (child.exitCode === null ? once(child, 'exit') : null)),
        )
        await simulator.close()
        await opened.drop()
      }
    })
  })
