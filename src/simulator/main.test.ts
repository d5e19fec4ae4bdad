import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { botKeysFor, credentialsFor } from './credentials.ts'

test('the process prints one ready line with stable keys and stops on a signal', async () => {
  const code = `import { runSimulator } from './src/simulator/main.ts'
process.exit(await runSimulator({ json: true, empty: true, seed: 5, callback: 'http://127.0.0.1:9/x' }))`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const ready = JSON.parse(line) as Record<string, unknown>
  expect(Object.keys(ready)).toEqual([
    'url',
    'corpId',
    'agentId',
    'agentSecret',
    'callbackToken',
    'callbackAesKey',
    'botId',
    'botSecret',
    'botUrl',
  ])
  expect(ready).toMatchObject({ ...credentialsFor(5), ...botKeysFor(5) })
  const state = (await (await fetch(`${String(ready['url'])}/sim/state`)).json()) as Record<string, unknown>
  expect(state).toMatchObject({ shop: null, customers: 0, callback: { url: 'http://127.0.0.1:9/x' } })
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
