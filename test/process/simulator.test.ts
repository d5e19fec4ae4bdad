/** `siyu simulator` for somebody who tests against it: begins at once, and a world from a file is the one it was. */
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { isBuilt, startSimulator, stopEverything } from './harness.ts'

afterAll(stopEverything)

/** Ticks of a hundredth of a second, user and system (proc(5)). */
function cpuMs(pid: number): number | null {
  const file = `/proc/${String(pid)}/stat`
  if (!existsSync(file)) return null
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/**
 * Measured with the built program: 0.5 s of wall time with the shop. On a machine that does other things besides, the
 * wall time says little, so the limit is on the work; from the sources the compiler takes most of it.
 */
it.each([[[]], [['--empty']]])(
  'answers the first gettoken in under a second of work %j',
  { timeout: 60_000 },
  async (args) => {
    const { url, env, program } = await startSimulator(args)
    const query = `corpid=${env['WECOM_CORP_ID'] ?? ''}&corpsecret=${env['WECOM_AGENT_SECRET'] ?? ''}`
    const answer = await fetch(`${url}/cgi-bin/gettoken?${query}`)
    expect(await answer.json()).toMatchObject({ errcode: 0 })
    const spent = cpuMs(program.pid)
    if (spent !== null) expect(spent).toBeLessThan(isBuilt ? 1_000 : 5_000)
    await program.end('SIGTERM')
  },
)

it(
  'a virtual clock stands where it was told, and a snapshot moves to another process',
  { timeout: 60_000 },
  async () => {
    const flags = ['--clock', 'virtual', '--start-at', '2026-05-20T09:00:00+08:00']
    const one = await startSimulator(flags)
    const customers = async (sim: typeof one): Promise<number> =>
      (await sim.get<{ customers: number }>('state')).customers
    const before = await customers(one)
    await one.post('contacts/add', { userid: 'linxiaomei', external_userid: 'wmFromFile' })
    const { id } = await one.post<{ id: string }>('snapshot', { name: 'one more' })
    const file = await one.get<object>(`snapshot/${id}`)
    await one.program.end('SIGTERM')
    const other = await startSimulator(flags)
    expect(await other.get('clock')).toMatchObject({
      mode: 'virtual',
      now: Date.parse('2026-05-20T01:00:00Z'),
    })
    expect(await customers(other)).toBe(before)
    const loaded = await other.post<{ id: string }>('snapshot', file)
    await other.post('restore', loaded)
    expect(await customers(other)).toBe(before + 1)
    await other.program.end('SIGTERM')
  },
)
