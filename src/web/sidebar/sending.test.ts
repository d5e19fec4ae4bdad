import { describe, expect, it } from 'vitest'
import type { SidebarMessage, SidebarTask } from '../../http/contract.ts'
import type { Delivery } from './bridge.ts'
import { copyInstead, sendInChat, type Ports } from './sending.ts'

const task: SidebarTask = {
  promiseId: 'p1',
  externalUserId: 'wm1',
  name: '王女士',
  tier: 'high',
  tierTitle: '高价值',
  touchpoint: 'care',
  title: '换段关怀',
  why: '奶粉快喝完了',
  text: '您好',
  dueAt: '2026-05-20T10:00:00+08:00',
  expiresAt: '2026-05-20T21:00:00+08:00',
  state: 'waiting',
  warnings: [],
}

const picture = { words: '图片“封面”', message: { msgtype: 'image', image: { mediaid: 'm1' } } } as const
const card = {
  words: '链接“直播间”',
  message: { msgtype: 'news', news: { link: 'https://shop.example', title: '直播间', desc: '', imgUrl: '' } },
} as const
const along: readonly SidebarMessage[] = [picture, card]
const withFiles: SidebarTask = {
  ...task,
  attachments: [
    { kind: 'image', words: picture.words },
    { kind: 'link', words: card.words },
  ],
}

/** Ports that write down in which order they were used. */
const recorder = (over: Partial<Ports> = {}) => {
  const calls: string[] = []
  const ports: Ports = {
    currentCustomer: () => Promise.resolve('wm1'),
    deliver: (message, isLast) => {
      const what = message.msgtype === 'text' ? message.text.content : message.msgtype
      calls.push(`deliver ${what}${isLast ? '' : ' …'}`)
      return Promise.resolve<Delivery>({ kind: 'sent' })
    },
    messages: () => Promise.resolve(along),
    intent: (id, text) => {
      calls.push(`intent ${id} ${text}`)
      return Promise.resolve({ ...task, state: 'intent', text })
    },
    settle: (id, result, error) => {
      calls.push(`settle ${id} ${result}${error ? ` ${error}` : ''}`)
      return Promise.resolve({ ...task, state: result === 'sent' ? 'sent' : 'waiting' })
    },
    copy: (text) => {
      calls.push(`copy ${text}`)
      return Promise.resolve(true)
    },
    pause: () => Promise.resolve(),
    ...over,
  }
  return { calls, ports }
}

describe('a press on 发送', () => {
  it('goes intent, deliver, settle', async () => {
    const { calls, ports } = recorder()
    expect(await sendInChat(ports, task, '早上好')).toMatchObject({ kind: 'done', task: { state: 'sent' } })
    expect(calls).toEqual(['intent p1 早上好', 'deliver 早上好', 'settle p1 sent'])
  })

  it('begins nothing beside somebody else’s chat', async () => {
    const { calls, ports } = recorder({ currentCustomer: () => Promise.resolve('wm2') })
    expect(await sendInChat(ports, task, '早上好')).toEqual({ kind: 'moved', externalUserId: 'wm2' })
    expect(calls).toEqual([])
  })

  it('begins nothing when the client does not say whose chat it is', async () => {
    const { calls, ports } = recorder({ currentCustomer: () => Promise.resolve(undefined) })
    expect(await sendInChat(ports, task, '早上好')).toMatchObject({ kind: 'unreachable' })
    expect(calls).toEqual([])
  })

  it('delivers nothing when the server refuses the intent', async () => {
    const { calls, ports } = recorder({ intent: () => Promise.reject(new Error('opted out')) })
    await expect(sendInChat(ports, task, '早上好')).rejects.toThrow('opted out')
    expect(calls).toEqual([])
  })

  it('puts it back when the client refuses', async () => {
    const refused: Delivery = { kind: 'refused', error: 'sendChatMessage:cancel' }
    const { calls, ports } = recorder({ deliver: () => Promise.resolve(refused) })
    expect(await sendInChat(ports, task, 'x')).toMatchObject({ kind: 'refused', task: { state: 'waiting' } })
    expect(calls).toEqual(['intent p1 x', 'settle p1 not-sent sendChatMessage:cancel'])
  })

  it('asks when the client stays silent, and settles nothing by itself', async () => {
    const silent: Delivery = { kind: 'silent', later: new Promise<never>(() => undefined) }
    const { calls, ports } = recorder({ deliver: () => Promise.resolve(silent) })
    expect(await sendInChat(ports, task, 'x')).toMatchObject({ kind: 'ask', task: { state: 'intent' } })
    expect(calls).toEqual(['intent p1 x'])
  })

  it('repeats a settle that was not heard, and says so when it never is', async () => {
    let heard = 0
    const flaky = recorder({
      settle: () =>
        ++heard < 3 ? Promise.reject(new Error('502')) : Promise.resolve({ ...task, state: 'sent' }),
    })
    expect(await sendInChat(flaky.ports, task, 'x')).toMatchObject({ kind: 'done' })
    const deaf = recorder({ settle: () => Promise.reject(new Error('502')) })
    expect(await sendInChat(deaf.ports, task, 'x')).toMatchObject({ kind: 'unrecorded' })
  })
})

describe('what goes along', () => {
  it('follows the words one by one once they are settled, and only the last enters the chat', async () => {
    const { calls, ports } = recorder()
    expect(await sendInChat(ports, withFiles, '您好')).toMatchObject({ kind: 'done', missed: [] })
    expect(calls).toEqual([
      'intent p1 您好',
      'deliver 您好 …',
      'settle p1 sent',
      'deliver image …',
      'deliver news',
    ])
  })

  it('stays behind where its id cannot be had, or the client does not know it: the words went out', async () => {
    const away = recorder({ messages: () => Promise.reject(new Error('502')) })
    expect(await sendInChat(away.ports, withFiles, '您好')).toMatchObject({
      kind: 'done',
      missed: [picture.words, card.words],
    })
    expect(away.calls).toEqual(['intent p1 您好', 'deliver 您好 …', 'settle p1 sent'])
    const old = recorder({
      deliver: ({ msgtype }) =>
        Promise.resolve<Delivery>(
          msgtype === 'image'
            ? { kind: 'refused', error: 'sendChatMessage:fail function not exist' }
            : { kind: 'sent' },
        ),
    })
    expect(await sendInChat(old.ports, withFiles, '您好')).toMatchObject({ missed: [picture.words] })
  })

  it('ends with a silence: nobody knows what the client does', async () => {
    const silent: Delivery = { kind: 'silent', later: new Promise<never>(() => undefined) }
    const { ports } = recorder({
      deliver: ({ msgtype }) => Promise.resolve<Delivery>(msgtype === 'text' ? { kind: 'sent' } : silent),
    })
    expect(await sendInChat(ports, withFiles, '您好')).toMatchObject({
      kind: 'done',
      missed: [picture.words, card.words],
    })
  })
})

describe('where nothing can be sent', () => {
  it('copies, records the intent and asks with the cause', async () => {
    const { calls, ports } = recorder()
    const outcome = await copyInstead(ports, task, '您好', '不在企业微信中')
    expect(outcome).toMatchObject({ kind: 'ask', cause: '不在企业微信中，已复制文案' })
    expect(calls).toEqual(['copy 您好', 'intent p1 您好'])
  })

  it('says how to copy by hand when the clipboard is closed', async () => {
    const { ports } = recorder({ copy: () => Promise.resolve(false) })
    const outcome = await copyInstead(ports, task, '您好', '不在企业微信中')
    expect(outcome).toMatchObject({ cause: '不在企业微信中，请长按文案复制' })
  })
})
