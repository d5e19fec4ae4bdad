import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onBothDatabases } from '../../../test/database.ts'
import { openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { system } from '../../base/act.ts'
import { instantOf } from '../../base/calendar.ts'
import { customerOfExternal, saveStaff } from '../../customer/index.ts'
import { readLog, readWordsOf } from '../../interaction/index.ts'
import { eraseCustomer } from '../../privacy.ts'
import { createAskConsent } from './ask.ts'
import type { AskConsent } from './consent.ts'
import { contentOf } from './content.ts'
import { archivePosition, readArchive } from './read.ts'
import type { ArchiveOptions, ArchiveRead } from './read.ts'
import { readRecord } from './record.ts'
import { linesSource } from './source.ts'

const now = instantOf('2026-11-20', '10:00')
const wang = 'wmAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const chen = 'woBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB'

let seq = 0
const record = (more: Record<string, unknown>): Record<string, unknown> => {
  seq += 1
  return {
    seq,
    msgid: `m${String(seq)}_external`,
    action: 'send',
    from: wang,
    tolist: ['lin'],
    roomid: '',
    msgtime: now - 3_600_000,
    ...more,
  }
}
const text = (content: string, more: Record<string, unknown> = {}) =>
  record({ msgtype: 'text', text: { content }, ...more })
const agree = (more: Record<string, unknown> = {}) =>
  record({ msgtype: 'agree', agree: { userid: wang, agree_time: now - 7_200_000 }, ...more })
const revoke = (msgid: unknown) =>
  record({ action: 'recall', msgtype: 'revoke', revoke: { pre_msgid: msgid }, tolist: ['lin'] })

describe('the content of a record', () => {
  it.each([
    ['text', { content: '在吗' }, { type: 'text', length: 2 }, '在吗'],
    ['image', { sdkfileid: 'x', md5sum: 'y', filesize: '2048' }, { type: 'image', bytes: 2048 }, ''],
    ['voice', { play_length: 10, voice_size: 200 }, { type: 'voice', seconds: 10 }, ''],
    ['video', { filesize: 99, play_length: '7' }, { type: 'video', seconds: 7, bytes: 99 }, ''],
    [
      'file',
      { filename: '工资.XLSX', fileext: 'XLSX', filesize: 5 },
      { type: 'file', bytes: 5, ending: 'xlsx' },
      '',
    ],
    ['emotion', { type: 1, imagesize: 14 }, { type: 'emotion', bytes: 14 }, ''],
    ['link', { title: '标题', link_url: 'https://x.example' }, { type: 'link' }, ''],
    ['weapp', { title: '小程序' }, { type: 'weapp' }, ''],
    ['card', { userid: 'wmX' }, { type: 'card' }, ''],
    ['location', { longitude: 116.3, address: '家' }, { type: 'location' }, ''],
    ['meeting_voice_call', { voiceid: '1' }, { type: 'other', called: 'meeting_voice_call' }, ''],
    ['<b>', null, { type: 'other', called: 'b' }, ''],
  ])('%s', (msgtype, inner, facts, words) => {
    expect(contentOf(msgtype, inner)).toEqual({ facts, words })
  })

  it('mixed holds JSON in strings, sometimes in strings again', () => {
    const item = [
      { type: 'text', content: '{"content":"看这个"}' },
      { type: 'image', content: JSON.stringify(JSON.stringify({ filesize: 7 })) },
      JSON.stringify({ type: 'text', content: '{"content":"可以吗"}' }),
    ]
    const found = {
      facts: { type: 'mixed', parts: { text: 2, image: 1 }, length: 7 },
      words: '看这个\n可以吗',
    }
    expect(contentOf('mixed', { item })).toEqual(found)
    expect(contentOf('mixed', JSON.stringify({ item: JSON.stringify(item) }))).toEqual(found)
  })

  it('a forwarded conversation is counted, never told: others wrote it', () => {
    const inner = { content: '{"item":[{"type":"ChatRecordText","content":"{\\"content\\":\\"内层\\"}"}]}' }
    const item = [
      { type: 'ChatRecordText', msgtime: 1, content: '{"content":"别人的话"}' },
      { type: 'ChatRecordMixed', content: '{"item":[]}' },
      { type: 'chatrecord', ...inner },
    ]
    expect(contentOf('chatrecord', { title: '群聊', item })).toEqual({
      facts: { type: 'chatrecord', parts: { text: 1, mixed: 1, chatrecord: 1 } },
      words: '',
    })
  })

  it('a NUL and a text without end do no harm', () => {
    expect(contentOf('text', { content: 'a\u0000b' }).words).toBe('ab')
    expect(contentOf('text', { content: 'x'.repeat(9_000) }).words).toHaveLength(5_000)
  })
})

describe('a record', () => {
  const read = (given: unknown) => readRecord(given, now)
  it('takes numbers as strings, seconds, one receiver, JSON in a string', () => {
    const at = now - 3_600_000
    for (const msgtime of [at, String(at), at / 1000])
      expect(read(text('在吗', { msgtime, tolist: 'lin', seq: '7' }))).toMatchObject({
        ok: true,
        value: { kind: 'said', at, to: ['lin'], room: null },
      })
    expect(read(JSON.stringify(text('在吗')))).toMatchObject({ ok: true, value: { kind: 'said' } })
  })
  it('takes a list in a string, and an id of digits', () => {
    expect(read(text('在吗', { tolist: '["lin","wang"]' }))).toMatchObject({ value: { to: ['lin', 'wang'] } })
    expect(read(text('在吗', { tolist: '10086' }))).toMatchObject({ value: { to: ['10086'] } })
  })
  it.each(['userid', 'exteranalopenid', 'externalopenid', 'external_userid'])(
    'knows who agreed by %s',
    (name) => {
      expect(read(agree({ from: 'lin', tolist: [wang], agree: { [name]: wang } }))).toMatchObject({
        ok: true,
        value: { kind: 'consent', external: wang, scope: { staff: 'lin' }, agreed: true },
      })
    },
  )
  it.each([
    ['no object', '[]'],
    ['msgid is missing', text('x', { msgid: '' })],
    ['the action "dance"', text('x', { action: 'dance' })],
    ['msgtime is missing', text('x', { msgtime: 'soon' })],
    ['msgtime lies in the future', text('x', { msgtime: now + 1 })],
    ['msgtype is missing', record({})],
    ['from is missing', text('x', { from: '两个字' })],
    ['neither tolist nor roomid', text('x', { tolist: [] })],
    ['tolist or roomid holds no id', text('x', { tolist: ['a b'] })],
    ['does not say of what', revoke(undefined)],
    ['names only one side', agree({ tolist: [wang] })],
  ])('is refused: %s', (why, given) => {
    const found = read(given)
    expect(found.ok ? '' : found.why).toContain(why)
  })
})

onBothDatabases('the archive', (open) => {
  let store: TestStore
  let rejects: [number, string][]
  beforeEach(async () => {
    seq = 0
    rejects = []
    store = await openStore(open, now)
    const member = { userid: 'lin', name: '林小美', active: true, contact: true }
    await store.act(system('test'), (ctx) => saveStaff(ctx, [member, { ...member, userid: 'wowang' }]))
  })
  afterEach(() => store.drop())

  const readText = (
    lines: string,
    more: Partial<ArchiveOptions> = {},
    ask: AskConsent | null = null,
  ): Promise<ArchiveRead> =>
    readArchive(
      { ...store, ask },
      {
        source: linesSource(Readable.from([Buffer.from(lines)])),
        onReject: (line, why) => Promise.resolve(void rejects.push([line, why])),
        ...more,
      },
    )
  const asLines = (records: readonly unknown[]): string =>
    records.map((one) => `${JSON.stringify(one)}\n`).join('')
  const read = (
    records: readonly unknown[],
    more: Partial<ArchiveOptions> = {},
    ask: AskConsent | null = null,
  ) => readText(asLines(records), more, ask)
  /** `kind who words` of everything it recorded. */
  const recorded = async (): Promise<string[]> => {
    const rows = (await readLog(store.db.reader, { limit: 1_000 })).filter(
      ({ source }) => source === 'archive',
    )
    const words = await readWordsOf(
      store.db.reader,
      rows.map(({ id }) => id),
    )
    return rows.map(({ id, kind, who }) =>
      [kind, who.external?.slice(0, 3), who.staff ?? who.chat, words.get(id)].filter(Boolean).join(' '),
    )
  }

  it('records what customers said who agreed, with their words beside the log', async () => {
    const found = await read([
      agree(),
      text('奶粉到了吗'),
      text('到了', { from: 'lin', tolist: [wang] }),
      text('我没同意', { from: chen }),
      text('内部', { from: 'lin', tolist: ['wowang'] }),
      record({ action: 'switch', time: now, user: 'lin' }),
    ])
    expect(found).toMatchObject({
      records: 6,
      agreements: 1,
      chats: 1,
      advisorWords: 1,
      withoutConsent: 1,
      internal: 1,
      switches: 1,
      position: 6,
    })
    expect(await recorded()).toEqual([
      'archive-agreed wmA lin',
      'chat-said wmA lin 奶粉到了吗',
      'advisor-said wmA lin 到了',
    ])
    const [row] = await readLog(store.db.reader, { kinds: ['chat-said'], limit: 1 })
    expect(row?.detail).toEqual({ type: 'text', length: 5 })
    const customer = await customerOfExternal(store.db.reader, wang)
    const talks = await store.db.reader.rows('select talked_at from restraint where customer = $1', [
      customer ?? '',
    ])
    expect(talks).toEqual([{ talked_at: now - 3_600_000 }])
    expect(await customerOfExternal(store.db.reader, chen)).toBeNull()
  })

  it('in groups only customers are heard, each by her own consent to that group', async () => {
    const inGroup = { tolist: ['lin', chen], roomid: 'wrROOM' }
    const found = await read([
      agree({ ...inGroup, agree: { exteranalopenid: wang } }),
      text('群里好', inGroup),
      text('我也在', { ...inGroup, from: chen }),
      text('大家好', { ...inGroup, from: 'lin' }),
      text('我是机器人', { ...inGroup, from: 'wbROBOT' }),
      text('私下说', {}),
    ])
    expect(found).toMatchObject({ groupWords: 1, withoutConsent: 2, internal: 2 })
    expect(await recorded()).toEqual(['archive-agreed wmA wrROOM', 'group-said wmA wrROOM 群里好'])
  })

  it('does nothing twice, and goes on where it ended', async () => {
    const all = [agree(), ...Array.from({ length: 700 }, (_, i) => text(`第 ${String(i)} 句`))]
    await read(all, { limit: 400 })
    expect(await archivePosition(store.db.reader)).toBe(400)
    expect(await read(all, { after: 400 })).toMatchObject({
      records: 301,
      chats: 301,
      known: 0,
      position: 701,
    })
    expect(await read(all)).toMatchObject({ records: 701, chats: 0, known: 701, position: 701 })
    expect(await recorded()).toHaveLength(701)
  })

  it('forgets what was revoked: after its message, with it, and before it', async () => {
    const [first, second, third] = [text('说错了'), text('又错了'), text('还没到')]
    await read([agree(), first])
    await read([revoke(first['msgid']), second, revoke(second['msgid']), revoke(third['msgid'])])
    await read([third, first])
    expect((await recorded()).filter((row) => row.startsWith('chat-said'))).toEqual([
      'chat-said wmA lin',
      'chat-said wmA lin',
      'chat-said wmA lin',
    ])
    expect(await store.db.reader.rows('select * from log_words')).toEqual([])
  })

  it('keeps nothing from the moment she disagrees, whatever comes again later', async () => {
    const agreed = agree()
    const disagreed = record({ msgtype: 'disagree', disagree: { userid: wang, disagree_time: now - 60_000 } })
    await read([agreed, text('一'), disagreed, text('二')])
    expect(await read([agreed, text('三')])).toMatchObject({ withoutConsent: 1, known: 1 })
    expect((await recorded()).filter((row) => row.includes('said'))).toEqual(['chat-said wmA lin 一'])
  })

  it('asks WeCom about whom nothing is known, once, and keeps the answer', async () => {
    const asked: string[] = []
    const agreements: Parameters<typeof createAskConsent>[0]['archiveAgreements'] = (pairs) => {
      asked.push(...pairs.map(({ userid, exteranalopenid }) => `${userid} ${exteranalopenid.slice(0, 3)}`))
      const agreeinfo = pairs.map((pair) => ({
        ...pair,
        status_change_time: (now - 7_200_000) / 1000,
        agree_status: pair.exteranalopenid === wang ? 'Agree' : 'Disagree',
      }))
      return Promise.resolve({ kind: 'ok', value: { agreeinfo } })
    }
    const rooms: Parameters<typeof createAskConsent>[0]['archiveRoomAgreements'] = () =>
      Promise.resolve({ kind: 'error', errcode: 48002, message: 'api forbidden', reaction: 'no' } as never)
    const troubles: string[] = []
    const ask = createAskConsent({ archiveAgreements: agreements, archiveRoomAgreements: rooms }, (words) =>
      troubles.push(words),
    )
    const found = await read(
      [text('在吗'), text('在', { from: chen }), text('再问', {}), text('群里', { roomid: 'wrROOM' })],
      {},
      ask,
    )
    expect(found).toMatchObject({ chats: 2, agreements: 2, withoutConsent: 2 })
    expect(asked).toEqual(['lin wmA', 'lin woB'])
    expect(troubles).toHaveLength(1)
    await read([text('还在吗')], {}, () => Promise.reject(new Error('asked again')))
  })

  it('names lines that cannot be read and goes on', async () => {
    const lines = `\uFEFF${asLines([agree()])}\n{"seq": 2, "broken\n${asLines([text('好')])}"hello"\n`
    const found = await readText(`${lines}${JSON.stringify(text('完')).slice(0, 40)}`)
    expect(found).toMatchObject({ records: 5, chats: 1, rejected: 3 })
    expect(rejects).toEqual([
      [3, 'the line is not JSON'],
      [5, 'the record is no object'],
      [6, 'the last line is cut off'],
    ])
    rejects = []
    const source = linesSource(
      Readable.from([Buffer.from([0xff, 0xfe, 0x0a]), Buffer.alloc(5 * 1024 * 1024, 'a'), Buffer.from('\n')]),
    )
    await readText('', { source })
    expect(rejects.map(([line, why]) => [line, why.slice(0, 20)])).toEqual([
      [1, 'the line is not UTF-'],
      [2, 'the line is longer t'],
    ])
  })

  it('records unknown kinds as such, and a dry run nothing', async () => {
    const strange = record({ msgtype: 'hologram', hologram: { x: 1 } })
    expect(await read([agree(), strange], { dryRun: true })).toMatchObject({
      records: 2,
      otherTypes: { hologram: 1 },
    })
    expect(await recorded()).toEqual([])
    expect(await read([agree(), strange])).toMatchObject({ chats: 1, otherTypes: { hologram: 1 } })
    const [row] = await readLog(store.db.reader, { kinds: ['chat-said'], limit: 1 })
    expect(row?.detail).toEqual({ type: 'other', called: 'hologram' })
  })

  it('leaves an erased person erased', async () => {
    const all = [agree(), text('我的话')]
    await read(all)
    await eraseCustomer({ ...store, listFile: null }, wang, '本人要求')
    expect(await read(all)).toMatchObject({ chats: 0, agreements: 0, known: 2 })
    expect(await customerOfExternal(store.db.reader, wang)).toBeNull()
    expect(await store.db.reader.rows('select * from log_words')).toEqual([])
  })

  it('records what a pipe brought before it waits for more', async () => {
    const pipe = new Readable({ read() {} })
    const reading = readText('', { source: linesSource(pipe) })
    pipe.push(asLines([agree(), text('先到的')]))
    await expect.poll(recorded).toHaveLength(2)
    pipe.push(null)
    expect(await reading).toMatchObject({ records: 2, chats: 1 })
  })
})

describe('a hundred thousand lines', () => {
  it('are held a page at a time', async () => {
    const row = (n: number): string =>
      `${JSON.stringify({ seq: n, msgid: `m${String(n)}`, action: 'send', from: wang, tolist: ['lin'], msgtime: now, msgtype: 'text', text: { content: '好'.repeat(100) } })}\n`
    let made = 0
    const chunks = function* (): Generator<Buffer> {
      for (let from = 1; from <= 100_000; from += 200) {
        made += 200
        yield Buffer.from(Array.from({ length: 200 }, (_, i) => row(from + i)).join(''))
      }
    }
    let read = 0
    let ahead = 0
    for await (const page of linesSource(
      Readable.from(chunks(), { objectMode: true, highWaterMark: 1 }),
    ).read(0)) {
      read += page.length
      ahead = Math.max(ahead, made - read)
    }
    expect(read).toBe(100_000)
    expect(ahead).toBeLessThanOrEqual(600)
  })
})
