import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import { virtualClock } from '../base/clock.ts'
import { startSimulator } from '../simulator/index.ts'
import type { Simulator } from '../simulator/index.ts'
import { createBotLease } from '../wecom/index.ts'
import { botFindings, kfFindings } from './doctor-talk.ts'

onBothDatabases('doctor on the smart bot and 微信客服', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  beforeEach(async () => {
    opened = await open()
    simulator = await startSimulator({ empty: true })
  })
  afterEach(async () => {
    await simulator.close()
    await opened.drop()
  })
  const settings = () => ({ id: 'bot', secret: 'x', url: simulator.bot.botUrl })

  it('says that the bot is not configured, or whether its address can be reached, without connecting', async () => {
    const { db } = opened
    expect(await botFindings(null, db)).toMatchObject([{ ok: true }])
    expect((await botFindings(settings(), db))[0]).toMatchObject({ ok: true })
    expect(simulator.calls().filter(({ api }) => api === 'aibot_subscribe')).toEqual([])
    const nowhere = { ...settings(), url: 'ws://127.0.0.1:9/aibot' }
    expect((await botFindings(nowhere, db))[0]).toMatchObject({ ok: false })
  })

  it('says which of several servers holds the bot', async () => {
    const { db } = opened
    if (db.dialect === 'sqlite') {
      expect(await botFindings(settings(), db)).toHaveLength(1)
      return
    }
    const holder = async () => (await botFindings(settings(), db))[1]
    expect(await holder()).toMatchObject({ ok: false, found: 'no server holds it' })
    const lease = createBotLease({ db, clock: virtualClock(0) })
    await lease.hold()
    expect(await holder()).toMatchObject({
      ok: true,
      found: expect.stringContaining(`held by process ${String(process.pid)} on `) as string,
    })
    await lease.kicked()
    expect(await holder()).toMatchObject({
      ok: false,
      found: expect.stringContaining('took it over') as string,
    })
  })

  it('names each account and how far it is read', async () => {
    const { db } = opened
    expect(await kfFindings(db)).toMatchObject([{ ok: true }])
    const account = {
      state: 'listed',
      cursor: '',
      epoch: 0,
      asks: 1,
      token: null,
      token_at: null,
      ready_at: null,
    }
    await db.tx((tx) =>
      tx.insert('kf_account', [
        { ...account, kfid: 'k1', name: '小店客服', pulled_at: 1_790_000_000_000, why: '' },
        { ...account, kfid: 'k2', name: '', pulled_at: null, why: '' },
        { ...account, kfid: 'k3', name: '售后', pulled_at: null, why: '48002 no API' },
        { ...account, kfid: 'k4', name: '没了', state: 'gone', pulled_at: null, why: '' },
      ]),
    )
    expect((await kfFindings(db)).map(({ ok, found }) => [ok, found])).toEqual([
      [true, expect.stringMatching(/^小店客服, read to its end at /)],
      [false, 'k2 was never read'],
      [false, '售后: 48002 no API'],
    ])
  })
})
