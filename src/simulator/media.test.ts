import { createHash } from 'node:crypto'
import http from 'node:http'
import { afterEach, expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'
import { upload } from './upload.fixture.ts'

const content = Buffer.from('a film of a baby')
const md5 = createHash('md5').update(content).digest('hex')
let sim: Simulator
let client: Client
let source: http.Server
let address: string

eachStage({}, async (stage) => {
  ;({ sim, client } = stage)
  source = http.createServer((request, response) => {
    if (request.url === '/film') response.writeHead(206).end(content)
    else response.end(content)
  })
  await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(source.address() as { port: number }).port}`
})

afterEach(async () => {
  source.closeAllConnections()
  await new Promise<void>((resolve) => source.close(() => resolve()))
})

const start = (fields: Json = {}): Promise<Json> =>
  client.post('media/upload_by_url', {
    scene: 1,
    type: 'video',
    filename: 'film.mp4',
    url: `${address}/film`,
    md5,
    ...fields,
  })
const result = (jobid: unknown): Promise<Json> => client.post('media/get_upload_by_url_result', { jobid })
async function download(
  path: string,
  mediaId: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { corpId, agentSecret } = sim.credentials
  const login = await fetch(`${sim.url}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
  const token = String(((await login.json()) as Json)['access_token'])
  return fetch(`${sim.url}/cgi-bin/${path}?access_token=${token}&media_id=${String(mediaId)}`, { headers })
}

test('a file is fetched by the platform and can then greet in groups', async () => {
  const { jobid } = await start()
  expect(await result(jobid)).toMatchObject({ status: 1 })
  await sim.advanceTo(sim.now() + 500)
  const done = await result(jobid)
  expect(done).toMatchObject({ status: 2, detail: { errcode: 0, created_at: '1790000000' } })
  const mediaId = (done['detail'] as Json)['media_id']
  expect(await (await download('media/get', mediaId)).text()).toBe('a film of a baby')
  const template = { text: { content: '欢迎' }, video: { media_id: mediaId } }
  expect(await client.post('externalcontact/group_welcome_template/add', template)).toMatchObject({
    errcode: 0,
  })
  expect(await result('jobNone')).toMatchObject({ errcode: 40058 })
  expect(await result(undefined)).toMatchObject({ errcode: 40063 })
})

test('what cannot be fetched fails as a job, what cannot be asked for fails at once', async () => {
  const jobs = [
    await start({ md5: 'f'.repeat(32) }),
    // Without ranges.
    await start({ url: `${address}/whole` }),
    await start({ url: 'http://127.0.0.1:1/nobody' }),
  ]
  await sim.advanceTo(sim.now() + 500)
  for (const { jobid } of jobs)
    expect(await result(jobid)).toMatchObject({ status: 3, detail: { errcode: 40058 } })
  const refused: [Json, number][] = [
    [{ scene: 2 }, 40058],
    [{ scene: undefined }, 40063],
    [{ type: 'image' }, 40058],
    [{ filename: undefined }, 40063],
    [{ url: 'ftp://a.example' }, 40058],
    [{ md5: 'x' }, 40058],
  ]
  for (const [fields, code] of refused)
    expect((await start(fields))['errcode'], JSON.stringify(fields)).toBe(code)
})

test('media are read whole, in parts, and voices by the way of the JS-SDK', async () => {
  const voice = (await upload(sim, 'media/upload', { type: 'voice' }, '0123456789', 'a.amr'))['media_id']
  const image = (await upload(sim, 'media/upload', { type: 'image' }))['media_id']
  const part = await download('media/get', voice, { range: 'bytes=2-4' })
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ])
  const rest = await download('media/get', voice, { range: 'bytes=8-' })
  expect([rest.status, await rest.text()]).toEqual([206, '89'])
  expect((await download('media/get', voice, { range: 'bytes=10-' })).status).toBe(416)
  expect(await (await download('media/get/jssdk', voice)).text()).toBe('0123456789')
  expect(await (await download('media/get/jssdk', image)).json()).toMatchObject({ errcode: 40007 })
  expect(await (await download('media/get/jssdk', 'gone')).json()).toMatchObject({ errcode: 40007 })
  await sim.advanceTo(sim.now() + 3 * 86_400_000 + 1)
  expect(await (await download('media/get/jssdk', voice)).json()).toMatchObject({ errcode: 40007 })
})

test('pictures and films of moments have a largest size', async () => {
  const png = (width: number, height: number): Buffer => {
    const bytes = Buffer.alloc(24)
    bytes.writeUInt32BE(0x89504e47, 0)
    bytes.writeUInt32BE(width, 16)
    bytes.writeUInt32BE(height, 20)
    return bytes
  }
  // A comment comes before the frame header.
  const jpeg = (width: number, height: number): Buffer => {
    const frame = Buffer.from([0xff, 0xc0, 0, 17, 8, 0, 0, 0, 0, 3])
    frame.writeUInt16BE(height, 5)
    frame.writeUInt16BE(width, 7)
    return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe, 0, 4, 1, 2]), frame])
  }
  const movie = (seconds: number, version: 0 | 1): Buffer => {
    const bytes = Buffer.alloc(48)
    bytes.write('mvhd', 4)
    bytes.writeUInt8(version, 8)
    bytes.writeUInt32BE(1_000, version === 1 ? 28 : 20)
    if (version === 1) bytes.writeBigUInt64BE(BigInt(seconds * 1_000), 32)
    else bytes.writeUInt32BE(seconds * 1_000, 24)
    return bytes
  }
  const attach = (type: string, bytes: Buffer, scene = '1'): Promise<Json> =>
    upload(sim, 'media/upload_attachment', { media_type: type, attachment_type: scene }, bytes)
  const cases: [string, Buffer, number][] = [
    ['image', png(1_440, 1_080), 0],
    ['image', png(1_440, 1_081), 41081],
    ['image', png(10_801, 100), 41081],
    ['image', jpeg(1_080, 10_800), 0],
    ['image', jpeg(1_081, 10_800), 41081],
    ['video', movie(30, 0), 0],
    ['video', movie(31, 0), 41082],
    ['video', movie(30, 1), 0],
    ['video', movie(31, 1), 41082],
  ]
  for (const [type, bytes, code] of cases) expect(await attach(type, bytes)).toMatchObject({ errcode: code })
  expect(await attach('image', png(1_440, 1_081), '2')).toMatchObject({ errcode: 0 })
})

test('attachments have ceilings of their own', async () => {
  const megabytes = (count: number): Buffer => Buffer.alloc(count * 1024 * 1024 + 1)
  const attach = (type: string, bytes: Buffer): Promise<Json> =>
    upload(sim, 'media/upload_attachment', { media_type: type, attachment_type: '1' }, bytes)
  expect(await attach('image', megabytes(10))).toMatchObject({ errcode: 45001 })
  expect(await attach('file', megabytes(10))).toMatchObject({ errcode: 45001 })
  expect(await upload(sim, 'media/upload', { type: 'file' }, megabytes(10))).toMatchObject({ errcode: 0 })
  expect(await attach('image', Buffer.alloc(5))).toMatchObject({ errcode: 44001 })
})
