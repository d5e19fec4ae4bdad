import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAct, system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { days, hours, minutes, virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import { createFlush, nobody } from '../interaction/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import {
  closeState,
  endSession,
  endSessionsOf,
  keepAlive,
  newBrowserMark,
  openPlayer,
  openState,
  ownPath,
  rolesOf,
  sealPlayer,
  sessionOf,
  startSession,
} from './index.ts'

describe('where sign-in may lead', () => {
  const check = (to: unknown, expected: string): void => expect(ownPath(to, '/admin/')).toBe(expected)
  it('is an own path, anything else falls back', () => {
    check('/sidebar/#/customer/wm1', '/sidebar/#/customer/wm1')
    check('/h5/l/b.abc.game~7?x=1', '/h5/l/b.abc.game~7?x=1')
    for (const evil of [
      undefined,
      7,
      '',
      'admin',
      '//evil.example',
      '/\\evil.example',
      '\\/evil.example',
      '/a\\b',
      'https://evil.example/',
      'javascript:alert(1)',
      '/\tevil',
      '/ok\r\nSet-Cookie: a=b',
      '/a/..//evil.example',
      '/.//evil.example',
      `/${'a'.repeat(2_000)}`,
    ])
      check(evil, '/admin/')
  })
})

describe('roles', () => {
  it('come from the list of admins and from customer contact, and end with membership', () => {
    const member = { name: '林', active: true, contact: true }
    expect(rolesOf('Lin', ['lin'], null)).toEqual(['admin', 'operator', 'approver', 'analyst'])
    expect(rolesOf('lin', [], member)).toEqual(['advisor'])
    expect(rolesOf('lin', [], { ...member, contact: false })).toEqual([])
    expect(rolesOf('lin', ['lin'], { ...member, active: false })).toEqual([])
  })
})

describe('a player’s cookie', () => {
  const key = Buffer.alloc(32, 7)
  it('names the player for thirty days and cannot be altered', () => {
    const sealed = sealPlayer(key, 'openid:oA_-1', 1_000)
    expect(openPlayer(key, sealed, 1_000)).toBe('openid:oA_-1')
    expect(openPlayer(key, sealed, 1_000 + days(30))).toBeNull()
    expect(openPlayer(Buffer.alloc(32, 8), sealed, 1_000)).toBeNull()
    const [name, until, mark] = sealed.split('.')
    const other = Buffer.from('wm2').toString('base64url')
    for (const forged of [
      `${other}.${String(until)}.${String(mark)}`,
      `${String(name)}.zzzzzzzzz.${String(mark)}`,
      `${String(name)}.${String(until)}`,
      '',
    ])
      expect(openPlayer(key, forged, 1_000)).toBeNull()
  })
})

onBothDatabases('sessions', (open) => {
  let opened: TestDatabase
  let act: Act
  let clock: VirtualClock
  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(days(20_000))
    const flush = createFlush({
      people: nobody,
      projections: [],
      wake: () => undefined,
    })
    act = createAct({
      db: opened.db,
      clock,
      flush: async (ctx, happenings) => void (await flush(ctx, happenings)),
    })
  })
  afterEach(() => opened.drop())

  const start = (userid: string): Promise<string> => act(system('test'), (ctx) => startSession(ctx, userid))
  const who = async (secret: string): Promise<string | undefined> =>
    (await sessionOf(opened.db.reader, secret, clock.now()))?.userid

  it('end after thirty idle minutes, after twelve hours whatever happens, and are stored only as a hash', async () => {
    const secret = await start('lin')
    expect(await who(secret)).toBe('lin')
    const stored = await opened.db.reader.rows('select * from session')
    expect(JSON.stringify(stored)).not.toContain(secret)
    for (let n = 0; n < 24; n += 1) {
      clock.advance(minutes(29))
      expect(await who(secret)).toBe('lin')
      await act(system('test'), (ctx) => keepAlive(ctx, secret))
    }
    clock.advance(hours(1))
    expect(await who(secret)).toBeUndefined()
    const idle = await start('lin')
    clock.advance(minutes(30))
    expect(await who(idle)).toBeUndefined()
  })

  it('end by signing out, and all at once when the member leaves', async () => {
    const [first, second, other] = [await start('lin'), await start('Lin'), await start('wang')]
    await act(system('test'), (ctx) => endSession(ctx, first))
    expect(await who(first)).toBeUndefined()
    await act(system('test'), (ctx) => endSessionsOf(ctx, 'LIN'))
    expect([await who(second), await who(other)]).toEqual([undefined, 'wang'])
  })

  it('begin with a state that works once, for ten minutes, in the browser it began in', async () => {
    const browser = newBrowserMark(undefined)
    const open = (): Promise<string> => act(system('test'), (ctx) => openState(ctx, '/sidebar/', browser))
    const close = (state: string, by: string | undefined = browser): Promise<string | null> =>
      act(system('test'), (ctx) => closeState(ctx, state, by))
    const state = await open()
    expect(state).toMatch(/^[A-Za-z0-9]{1,128}$/)
    expect(await close(state, newBrowserMark('not a mark'))).toBeNull()
    expect(await close(state, '')).toBeNull()
    const answers = await Promise.all([close(state), close(state), close(state)])
    expect(answers.filter((to) => to === '/sidebar/')).toHaveLength(1)
    expect(await close('a'.repeat(64))).toBeNull()
    expect(newBrowserMark(browser)).toBe(browser)
    const late = await open()
    clock.advance(minutes(10))
    expect(await close(late)).toBeNull()
  })
})
