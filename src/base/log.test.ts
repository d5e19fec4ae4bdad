import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

/** The log writes to the process's stderr, so it is read from outside. */
const logged = (line: string): string =>
  spawnSync(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `import { createLog } from './src/base/log.ts'\nconst log = createLog('info')\n${line}`,
    ],
    { encoding: 'utf8', cwd: new URL('../..', import.meta.url).pathname },
  ).stderr

it('cuts secrets and phones out wherever they hang, and keeps the rest', () => {
  const written = logged(
    `log.info({ access_token: 's3cr3t', call: { corpsecret: 's3cr3t', errcode: 0 }, customer: { id: 'c1', phone: '13800000000' }, a: { b: { token: 's3cr3t' } } }, 'called')`,
  )
  expect(written).not.toContain('s3cr3t')
  expect(written).not.toContain('13800000000')
  expect(JSON.parse(written.trim().split('\n').at(-1) ?? '')).toMatchObject({
    msg: 'called',
    call: { errcode: 0 },
    customer: { id: 'c1' },
  })
})
