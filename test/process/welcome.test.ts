import { afterAll, expect, it } from 'vitest'
import { stopEverything } from './harness.ts'
import { greetThrough } from './welcome.ts'

afterAll(stopEverything)

it('R11: who becomes a contact is greeted in time and once, whatever WeCom answers', async () => {
  const figures = await greetThrough(200, 40)
  process.stderr.write(`R11 short ${JSON.stringify(figures)}\n`)
  // How soon is for a machine of its own (test/long/R11): other tests run beside this one.
  expect(figures).toMatchObject({ greeted: 200, twice: 0, after20s: 0 })
}, 120_000)
