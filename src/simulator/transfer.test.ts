import { expect, test } from 'vitest'
import { field, type Client, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let client: Client
let receiver: Receiver

eachStage({ heard: true }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

test('a hand-over completes by itself after a day, twice in ninety days at most, unless the customer refuses', async () => {
  const hand = async (from: string, to: string, ids: string[]): Promise<unknown> =>
    (
      await client.post('externalcontact/transfer_customer', {
        handover_userid: from,
        takeover_userid: to,
        external_userid: ids,
      })
    )['customer']
  expect(await hand('LiMei', 'zhangwei', ['wmA', 'wmC'])).toEqual([
    { external_userid: 'wmA', errcode: 0 },
    { external_userid: 'wmC', errcode: 40131 },
  ])
  expect(await hand('LiMei', 'zhangwei', ['wmA'])).toMatchObject([{ errcode: 40100 }])
  await sim.advanceTo(sim.now() + 86_400_000)
  expect(
    receiver.seen
      .map((one) => [field(one.xml, 'ChangeType'), field(one.xml, 'UserID'), field(one.xml, 'Source')])
      .sort(),
  ).toEqual([
    ['add_external_contact', 'zhangwei', undefined],
    ['del_external_contact', 'LiMei', 'DELETE_BY_TRANSFER'],
  ])
  const result = await client.post('externalcontact/transfer_result', {
    handover_userid: 'LiMei',
    takeover_userid: 'zhangwei',
  })
  expect(result).toMatchObject({
    customer: [{ external_userid: 'wmA', status: 1, takeover_time: 1_790_086_400 }],
  })
  expect(await hand('zhangwei', 'LiMei', ['wmA'])).toMatchObject([{ errcode: 0 }])
  expect(await client.sim('POST', 'contacts/refuse-transfer', { external_userid: 'wmA' })).toEqual({
    ok: true,
  })
  await sim.idle()
  expect(field(receiver.seen.at(-1)?.xml ?? '', 'FailReason')).toBe('customer_refused')
  expect(await hand('zhangwei', 'LiMei', ['wmA'])).toMatchObject([{ errcode: 40128 }])
})
