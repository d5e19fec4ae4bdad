/** Pictures that go along: from the catalogue to the customer, over the three days that WeCom remembers a file. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { days, hours, minutes, seconds } from '../src/base/clock.ts'
import { packageRoot } from '../src/base/env.ts'
import { knownNames, publish, readCadence, removeUnusedMedia, saveDraft } from '../src/cadence/index.ts'
import { addMedia, mediaFiles, readMedia, removeMedia } from '../src/content/index.ts'
import type { Attachment } from '../src/content/index.ts'
import { amr, jpg, mp4, png, sized } from '../src/content/media-samples.ts'
import { enqueue } from '../src/outbox/index.ts'
import type { Candidate } from '../src/outbox/index.ts'
import { loadTierRules } from '../src/segment/index.ts'
import { onBothDatabases } from './database.ts'
import { openRig, publicUrl } from './delivery-rig.ts'
import type { Rig } from './delivery-rig.ts'

const megabyte = 1024 * 1024
const rules = loadTierRules(`${packageRoot}/config`)
const cover = sized(png(800, 600), 1_500_000)

const cadenceWith = (attachments: string): string => `shop: { name: 小鹿母婴 }
touchpoints:
  welcome:
    wording: 欢迎！
${attachments}
`
const welcomePicture = '    attachments: [{ image: 封面 }]'

onBothDatabases('files of messages', (open) => {
  let rig: Rig
  beforeEach(async () => {
    rig = await openRig(open, { customers: 6 })
    await add('封面', cover)
  })
  afterEach(() => rig.close())

  const add = (name: string, bytes: Buffer, filename = `${name}.png`) =>
    rig.world.as((ctx) => addMedia(ctx, { name, filename, bytes }))
  const stage = (...candidates: Candidate[]) => rig.world.as((ctx) => enqueue(ctx, candidates))
  const publishYaml = (yaml: string) =>
    rig.world.as((ctx) => publish(ctx, rules, { yaml, note: '', by: 'cli', baseVersion: null }))
  const uploads = () => rig.simulator.calls().filter(({ api }) => api.startsWith('media/')).length
  const renew = async () => {
    for (const { run } of rig.media.jobs)
      await run({ name: 'now', dueAt: rig.world.clock.now(), day: '2026-05-19' })
  }
  const drainWith = async (more: Parameters<Rig['server']>[0] = {}) => {
    const server = rig.server(more)
    await server.drainOnce(rig.world.clock.now())
    return server
  }

  let newcomers = 0
  /** Somebody adds lin, and is greeted with these. */
  function welcomeWith(attachments: readonly Attachment[]): Candidate {
    const external = `wmNew${String((newcomers += 1))}`
    const { welcomeCode } = rig.simulator.world.addContact({ userid: 'lin', external_userid: external })
    return {
      ...rig.world.candidate(1),
      dedupeKey: `welcome:${external}`,
      touchpoint: 'welcome',
      purpose: 'service',
      personal: true,
      channel: 'welcome',
      subject: external,
      expiresAt: rig.world.clock.now() + seconds(18),
      content: { text: '欢迎！', attachments, welcomeCode: welcomeCode ?? '' },
    }
  }
  const picture: readonly Attachment[] = [{ image: '封面' }]
  const sent = () => rig.simulator.ledger().filter(({ api }) => api === 'send_welcome_msg')
  const attachmentsOf = (
    row: { body: unknown } | undefined,
  ): { msgtype: string; image?: { media_id: string } }[] =>
    (row?.body as { attachments?: { msgtype: string; image?: { media_id: string } }[] }).attachments ?? []
  const idIn = (row: { body: unknown } | undefined): string => attachmentsOf(row)[0]?.image?.media_id ?? ''

  it('the same bytes lie there once, under as many names as they have', async () => {
    await add('封面二', cover)
    const again = await add('封面', cover)
    expect(again.addedAt).toBe(
      (await mediaFiles(rig.world.db.reader)).find(({ name }) => name === '封面')?.addedAt,
    )
    const [pieces] = await rig.world.db.reader.rows<{ n: number }>(
      'select cast(count(distinct sha256) as bigint) as n from media_piece',
    )
    expect(pieces?.n).toBe(1)
    await rig.world.as((ctx) => removeMedia(ctx, '封面'))
    expect((await readMedia(rig.world.db.reader, '封面二'))?.bytes.equals(cover)).toBe(true)
    await rig.world.as((ctx) => removeMedia(ctx, '封面二'))
    expect(await rig.world.db.reader.rows('select * from media_piece')).toEqual([])
    const kinds = (await rig.world.log()).map(({ kind }) => kind).filter((kind) => kind.startsWith('media-'))
    expect(kinds).toEqual(['media-added', 'media-added', 'media-removed', 'media-removed'])
  })

  it('what WeCom would refuse is not taken, and a name never changes what it means', async () => {
    await expect(add('大图', sized(png(1, 1), 10 * megabyte + 1))).rejects.toMatchObject({ code: 'invalid' })
    await expect(add('空', Buffer.from('abc'), '空.txt')).rejects.toMatchObject({ code: 'invalid' })
    await expect(add('封面', jpg(9, 9))).rejects.toMatchObject({ code: 'name-taken', status: 409 })
    await expect(add('a/b', cover)).rejects.toMatchObject({ code: 'invalid' })
    await expect(add('封面三', cover, 'a"b.png')).rejects.toMatchObject({ code: 'invalid' })
    expect(await add('片子', mp4(3), 'a.mp4')).toMatchObject({ type: 'video' })
    expect(await add('话', amr(3), 'a.amr')).toMatchObject({ type: 'voice' })
    const large = sized(Buffer.from('%PDF-1.7'), 20 * megabyte)
    expect(await add('手册', large, '手册.pdf')).toMatchObject({ type: 'file', bytes: 20 * megabyte })
    expect((await readMedia(rig.world.db.reader, '手册'))?.bytes.equals(large)).toBe(true)
  })

  it('a welcome carries its picture, and many welcomes one upload', async () => {
    await stage(...Array.from({ length: 5 }, () => welcomeWith(picture)))
    const server = await drainWith()
    expect(sent()).toHaveLength(5)
    expect(new Set(sent().map(idIn)).size).toBe(1)
    expect(attachmentsOf(sent()[0])).toEqual([{ msgtype: 'image', image: { media_id: idIn(sent()[0]) } }])
    expect(uploads()).toBe(1)
    await server.stop()
  })

  it('a welcome goes out without a picture that cannot be had, rather than not at all', async () => {
    for (const [kind, more] of [
      ['errcode', { errcode: 45001 }],
      ['http-502-html', {}],
    ] as const)
      rig.simulator.addFault({ api: 'media/upload', kind, times: 50, ...more })
    const link = { title: '会员权益', url: 'https://shop.example.com/vip' }
    await stage(welcomeWith([...picture, { link }]), welcomeWith([{ image: '早就删了' }]))
    const server = await drainWith()
    expect(sent().map(({ text, status }) => [text, status])).toEqual([
      [expect.stringContaining('欢迎！'), 'sent'],
      [expect.stringContaining('欢迎！'), 'sent'],
    ])
    expect(attachmentsOf(sent().find((row) => attachmentsOf(row).length > 0))).toEqual([
      { msgtype: 'link', link },
    ])
    await server.stop()
  })

  it('a broadcast carries a link with a picture, and other attachments make another call', async () => {
    const link = { title: '直播间', url: '[[link:me]]', desc: '今晚八点', picture: '封面' }
    const content = { text: '今晚见 [[link:me]]', attachments: [{ link }, ...picture] }
    await stage(
      rig.world.candidate(1, { content }),
      rig.world.candidate(3, { content }),
      rig.world.candidate(5, { content: { ...content, attachments: picture } }),
    )
    const server = await drainWith()
    const rows = rig.simulator.ledger()
    expect(rows).toHaveLength(3)
    expect(new Set(rows.map(({ msgid }) => msgid)).size).toBe(2)
    const both = rows.find(({ recipient }) => recipient === 'wm0001')
    expect(both?.msgid).toBe(rows.find(({ recipient }) => recipient === 'wm0003')?.msgid)
    const [card] = attachmentsOf(both) as unknown as { link: Record<string, string> }[]
    expect(card?.link).toMatchObject({ title: '直播间', desc: '今晚八点' })
    expect(card?.link['picurl']).toMatch(/^http/)
    expect(card?.link['url']).toMatch(new RegExp(`^${publicUrl}/h5/l/b\\.`))
    expect(both?.text).toContain(card?.link['url'])
    await server.stop()
  })

  it('is uploaded again before its three days are over, and an id that died all the same is replaced', async () => {
    await publishYaml(cadenceWith(welcomePicture))
    await renew()
    expect(uploads()).toBe(1)
    for (let hour = 0; hour < 72; hour += 6) {
      await rig.pass(hours(6))
      await renew()
    }
    expect(uploads()).toBe(2)
    await stage(welcomeWith(picture))
    await (await drainWith()).stop()
    expect(uploads()).toBe(2)
    // Nobody renews any more, and the id is thought to be younger than it is.
    await rig.pass(days(3) + minutes(1))
    await rig.world.db.tx((tx) =>
      tx.run('UPDATE media_upload SET uploaded_at = $1', [rig.world.clock.now() - hours(1)]),
    )
    await stage(welcomeWith(picture))
    const server = await drainWith()
    expect(sent()).toHaveLength(1)
    await rig.pass(seconds(2))
    await server.drainOnce(rig.world.clock.now())
    expect(uploads()).toBe(3)
    expect(sent().map(({ status }) => status)).toEqual(['sent', 'sent'])
    expect(idIn(sent()[1])).not.toBe(idIn(sent()[0]))
    expect(new Set(Object.values(await rig.world.states()))).toEqual(new Set(['sent']))
    await server.stop()
  })

  it('a broadcast refused for its expired picture goes out once, with another one', async () => {
    await stage(rig.world.candidate(1, { content: { text: '看图 [[link:me]]', attachments: picture } }))
    rig.simulator.addFault({ api: 'add_msg_template', kind: 'errcode', errcode: 40007, times: 1 })
    const server = await drainWith()
    await rig.pass(seconds(2))
    await server.drainOnce(rig.world.clock.now())
    expect(rig.simulator.ledger()).toHaveLength(1)
    expect(uploads()).toBe(2)
    await rig.pass(minutes(15))
    await server.reconcileOnce(rig.world.clock.now())
    expect(rig.simulator.ledger().map(({ status }) => status)).toEqual(['accepted'])
    await server.stop()
  })

  it('is given up where WeCom refuses every id, after six calls', async () => {
    await stage(rig.world.candidate(1, { content: { text: '看图 [[link:me]]', attachments: picture } }))
    rig.simulator.addFault({ api: 'add_msg_template', kind: 'errcode', errcode: 40007 })
    const server = rig.server()
    for (let n = 0; n < 10; n += 1) {
      await server.drainOnce(rig.world.clock.now())
      await rig.pass(minutes(2))
    }
    expect(rig.simulator.calls().filter(({ api }) => api.includes('add_msg_template'))).toHaveLength(6)
    const [promise] = await rig.world.promises()
    expect(promise).toMatchObject({ state: 'refused', settle_code: 'gave-up' })
    await server.stop()
  })

  it('a broadcast whose answer was lost is known again by its words and cards', async () => {
    const link = { title: '直播间', url: '[[link:me]]', picture: '封面' }
    await stage(rig.world.candidate(1, { content: { text: '今晚见', attachments: [{ link }] } }))
    rig.simulator.addFault({ api: 'add_msg_template', kind: 'reset-after', times: 1 })
    const server = await drainWith()
    await rig.pass(minutes(1))
    await server.reconcileOnce(rig.world.clock.now())
    expect(Object.values(await rig.world.states())).toEqual(['waiting'])
    expect(rig.simulator.ledger()).toHaveLength(1)
    await server.stop()
  })

  it('a worker that dies between upload and intent costs nothing, and harms nobody when it wakes', async () => {
    await stage(rig.world.candidate(1, { content: { text: '看图 [[link:me]]', attachments: picture } }))
    let reached = (): void => undefined
    let wake = (): void => undefined
    const frozen = new Promise<void>((ok) => (reached = ok))
    const sleep = new Promise<void>((ok) => (wake = ok))
    const dead = rig.server({
      failPoint: (step) => {
        if (step !== 'prepared') return Promise.resolve()
        reached()
        return sleep
      },
    })
    const drained = dead.drainOnce(rig.world.clock.now())
    await frozen
    const server = await drainWith({ alone: true })
    await rig.pass(minutes(1))
    await server.drainOnce(rig.world.clock.now())
    expect(rig.simulator.ledger()).toHaveLength(1)
    expect(uploads()).toBe(1)
    wake()
    await drained
    expect(rig.simulator.ledger()).toHaveLength(1)
    expect(Object.values(await rig.world.states())).toEqual(['waiting'])
    await dead.stop()
    await server.stop()
  })

  it('is uploaded apart for moments and albums, within their limits', async () => {
    await add('长图', png(1_200, 5_000))
    expect(await rig.media.ensure('封面', 'moment-image')).toMatchObject({ kind: 'ready' })
    expect(await rig.media.ensure('封面', 'album-image')).toMatchObject({ kind: 'ready' })
    expect(await rig.media.ensure('封面', 'image')).toMatchObject({ kind: 'ready' })
    expect(rig.simulator.calls().map(({ api }) => api)).toEqual([
      'gettoken',
      'media/upload_attachment',
      'media/upload_attachment',
      'media/upload',
    ])
    expect(await rig.media.ensure('长图', 'moment-image')).toMatchObject({
      kind: 'refused',
      code: 'bad-media',
    })
    expect(uploads()).toBe(3)
  })

  it('that cannot be uploaded now puts its promise back; that is gone ends it with a reason', async () => {
    rig.simulator.addFault({ api: 'media/upload', kind: 'errcode', errcode: 45009, times: 1 })
    await stage(rig.world.candidate(1, { content: { text: '看图 [[link:me]]', attachments: picture } }))
    const server = await drainWith()
    expect(Object.values(await rig.world.states())).toEqual(['queued'])
    await rig.pass(minutes(2))
    await server.drainOnce(rig.world.clock.now())
    expect(Object.values(await rig.world.states())).toEqual(['waiting'])
    await stage(
      rig.world.candidate(2, { content: { text: '看图 [[link:me]]', attachments: [{ image: '没有' }] } }),
    )
    await server.drainOnce(rig.world.clock.now())
    const refused = (await rig.world.promises()).find(({ state }) => state === 'refused')
    expect(refused).toMatchObject({ settle_code: 'no-media', settle_words: '素材“没有”已从素材库删除' })
    await server.stop()
  })

  it('a mistake in attachments is told with its line', async () => {
    await add('片子', mp4(3), 'a.mp4')
    await add('大封面', sized(jpg(9, 9), 3 * megabyte))
    const known = await knownNames(rig.world.db.reader, rules)
    const mistakes = (attachments: string) =>
      readCadence(cadenceWith(attachments), known).mistakes.map(
        ({ line, message }) => `${String(line)} ${message}`,
      )
    expect(mistakes(welcomePicture)).toEqual([])
    expect(
      mistakes(`    attachments:
      - image: 封而
      - image: 片子
      - link: { title: 直播, url: 不是网址 }
      - link: { title: 直播, url: 'https://a.example', picture: 大封面 }
      - { image: 封面, file: 手册 }
      - picture: 封面`),
    ).toEqual([
      '8 “不是网址”不是网址',
      '10 一个附件只能是一种',
      '11 没有“picture”这个设置',
      '11 一个附件只能是一种',
    ])
    expect(
      mistakes(`    attachments:
      - image: 封而
      - image: 片子
      - link: { title: 直播, url: 'https://a.example', picture: 大封面 }`),
    ).toEqual([
      '6 没有名为“封而”的素材',
      '7 素材“片子”是视频，这里要图片',
      '8 素材“大封面”超过 2 MB，不能做链接封面',
    ])
    expect(
      mistakes(`    attachments: [${Array.from({ length: 10 }, () => '{ image: 封面 }').join(', ')}]`),
    ).toHaveLength(1)
    const ways = (image: string) =>
      `    ways:\n      card: { wording: 您好, attachments: [{ image: ${image} }] }\n      plain: { wording: 您好, attachments: [] }`
    expect(mistakes(ways('封面'))).toEqual([])
    expect(mistakes(ways('封皮'))).toEqual(['6 没有名为“封皮”的素材'])
    const card = readCadence(cadenceWith(ways('封面')), known).cadence?.touchpoints[0]?.rules
    expect(card && 'mayCarry' in card && card.mayCarry?.()).toEqual(picture)
    const campaign = (image: string) => `    enabled: true
campaigns:
  spring:
    title: 春季上新
    from: 2026-05-20
    until: 2026-05-22
    start:
      wording: '上新 [[link:subscription]]'
      attachments: [{ image: ${image} }]`
    expect(mistakes(campaign('封面'))).toEqual([])
    expect(mistakes(campaign('封皮'))).toEqual(['13 没有名为“封皮”的素材'])
    const started = readCadence(cadenceWith(campaign('封面')), known).cadence?.touchpoints
    expect(started?.find(({ name }) => name === 'spring-start')?.rules.attachments).toEqual(picture)
    const answer = `  kf-human:\n    attachments: [{ image: 封面 }]\n    wording: 你好`
    expect(mistakes(`    enabled: true\n${answer}`)).toEqual([
      expect.stringContaining('7 这个触点不能带附件') as string,
    ])
  })

  it('is not removed while the cadence in force or a draft names it', async () => {
    const remove = () => rig.world.as((ctx) => removeUnusedMedia(ctx, '封面'))
    await publishYaml(cadenceWith(welcomePicture))
    await expect(remove()).rejects.toMatchObject({
      code: 'media-in-use',
      message: '素材“封面”还在使用：节奏“welcome”',
    })
    await publishYaml(cadenceWith(''))
    const draft = await rig.world.as((ctx) =>
      saveDraft(ctx, {
        id: null,
        yaml: cadenceWith(welcomePicture),
        note: '',
        name: '林',
        baseVersion: 2,
        epoch: 0,
      }),
    )
    await expect(remove()).rejects.toMatchObject({
      code: 'media-in-use',
      message: '素材“封面”还在使用：草稿里的“welcome”',
    })
    await rig.world.db.tx((tx) =>
      tx.run(`UPDATE cadence_draft SET state = 'withdrawn' WHERE id = $1`, [draft.id]),
    )
    expect(await remove()).toMatchObject({ name: '封面' })
  })
})
