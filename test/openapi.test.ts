/**
 * The document against what it describes: the router's own list, the contract's types, the door that takes events. That
 * real answers have the shapes it promises is shown in `access-matrix.test.ts`, where every route is called.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'prettier'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { instantOf } from '../src/base/calendar.ts'
import { virtualClock } from '../src/base/clock.ts'
import { packageRoot, readEnv } from '../src/base/env.ts'
import { createLog } from '../src/base/log.ts'
import { linkKey } from '../src/content/index.ts'
import { openCore } from '../src/core.ts'
import type { Core } from '../src/core.ts'
import { eventNames, eventsBody } from '../src/http/contract.ts'
import { openApiOf, templateOf } from '../src/http/openapi/document.ts'
import type { OpenApi, Operation, Parameter } from '../src/http/openapi/document.ts'
import { bodyOf, eventKinds } from '../src/http/openapi/event-kinds.ts'
import { areas } from '../src/http/openapi/notes/index.ts'
import { docsPage } from '../src/http/openapi/page/page.ts'
import { curlOf } from '../src/http/openapi/page/quick-start.ts'
import type { Schema } from '../src/http/openapi/schema.ts'
import type { Route } from '../src/http/route.ts'
import { routesOf } from '../src/routes.ts'
import { createApi, createClient, createMedia, createSync, createWays } from '../src/wecom/index.ts'
import { contractSchemas } from './contract-schema.ts'
import { shot } from './e2e/client.ts'
import { fitsNot } from './schema-fit.ts'
import { openBrowser } from './web/browser.ts'

const publicUrl = 'https://siyu.example.com'
let routes: readonly Route[]
let document: OpenApi

let core: Core
const folder = mkdtempSync(join(tmpdir(), 'siyu-openapi-'))

beforeAll(async () => {
  const env = readEnv({
    envFile: false,
    partial: true,
    source: { PUBLIC_URL: publicUrl, DATABASE_URL: `sqlite:${join(folder, 'siyu.db')}` },
  })
  const clock = virtualClock(instantOf('2026-05-20', '10:00'))
  core = await openCore({ env, clock, root: packageRoot, mode: 'upgrade' })
  const api = createApi(createClient(env.wecom, { clock, onCall: () => undefined }))
  const log = createLog('silent')
  routes = routesOf({
    core,
    api,
    media: createMedia({ ...core, api, log }),
    sync: createSync({ ...core, api, log }),
    ways: createWays({ ...core, api, log, lookDelaysMs: [], restored: () => Promise.resolve(false) }),
    log,
    links: { publicUrl, key: linkKey(env.masterKey) },
  })
  document = openApiOf(routes, publicUrl)
})
afterAll(async () => {
  await core.close()
  rmSync(folder, { recursive: true, force: true })
})

const operations = (): { key: string; path: string; operation: Operation }[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      key: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  )

/** Every `$ref` in it. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner),
  )
}

const at = (pointer: string): unknown =>
  pointer
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((value, part) => (value as Record<string, unknown> | undefined)?.[part], document)

const openParameters = ({ parameters }: Operation): Parameter[] =>
  parameters.map((one) => ('$ref' in one ? at(one.$ref) : one) as Parameter)

describe('the document', () => {
  it('holds every route of the router once, and nothing else', () => {
    const wanted = routes.map(({ method, path }) => `${method} ${templateOf(path)}`)
    expect(new Set(wanted).size).toBe(wanted.length)
    expect(
      operations()
        .map(({ key }) => key)
        .sort(),
    ).toEqual([...wanted].sort())
    const noted = areas.flatMap((area) => Object.keys(area.routes))
    expect([...noted].sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
    const tags = document.tags.map(({ name }) => name)
    for (const { key, operation } of operations())
      expect([key, operation.tags.every((tag) => tags.includes(tag))]).toEqual([key, true])
  })

  it('has one id for each operation, and the parameters of its path', () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { key, path, operation } of operations()) {
      expect(operation.operationId).toMatch(/^(get|post|put|delete)[A-Za-z0-9]+$/)
      const inPath = [...path.matchAll(/\{([A-Za-z]+)\}/g)].map(([, name]) => name)
      const named = openParameters(operation).filter((one) => one.in === 'path')
      expect([key, named.map(({ name }) => name)]).toEqual([key, inPath])
      expect(named.every(({ required }) => required)).toBe(true)
    }
  })

  it('refers to nothing that is not there, and keeps nothing that nobody refers to', () => {
    const refs = refsIn(document)
    for (const one of refs) expect([one, at(one) !== undefined]).toEqual([one, true])
    const schemas = Object.keys(document.components.schemas)
    expect(schemas.filter((name) => !refs.includes(`#/components/schemas/${name}`))).toEqual([])
    const responses = Object.keys(document.components.responses)
    expect(responses.filter((name) => !refs.includes(`#/components/responses/${name}`))).toEqual([])
  })

  it('says who may call what, as the router asks for it', () => {
    for (const route of routes) {
      const operation = document.paths[templateOf(route.path)]?.[
        route.method.toLowerCase() as 'get'
      ] as Operation
      const { access } = route
      const wanted = {
        open: [],
        staff: [{ staffSession: access.kind === 'staff' ? [...(access.roles ?? [])] : [] }],
        player: [{ memberSession: [] }],
        key: [{ bearerKey: [] }],
      }[access.kind]
      expect([route.path, operation.security]).toEqual([route.path, wanted])
      for (const scheme of operation.security.flatMap(Object.keys))
        expect(document.components.securitySchemes).toHaveProperty(scheme)
      const marks = openParameters(operation).filter(({ name }) => name === 'X-Requested-With')
      expect([route.path, marks.length]).toEqual([
        route.path,
        route.method === 'GET' || access.kind === 'key' ? 0 : 1,
      ])
      expect([route.path, '401' in operation.responses]).toEqual([route.path, access.kind !== 'open'])
    }
  })

  it('describes every error as a problem document', () => {
    for (const { key, operation } of operations())
      for (const [status, given] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        const response = ('$ref' in given ? at(given.$ref) : given) as { readonly content?: object }
        expect([key, status, response.content]).toEqual([
          key,
          status,
          { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        ])
      }
  })

  it('names the server and the cookies by the public address', () => {
    expect(document.servers).toEqual([{ url: publicUrl }])
    expect(document.components.securitySchemes['staffSession']).toMatchObject({
      name: '__Host-siyu_session',
    })
    expect(
      openApiOf(routes, 'http://127.0.0.1:3000').components.securitySchemes['staffSession'],
    ).toMatchObject({ name: 'siyu_session' })
  })

  it('takes requests from the schemas that refuse them', () => {
    const calendar = document.paths['/api/admin/calendar']?.get
    expect(calendar && openParameters(calendar)).toEqual([
      {
        name: 'from',
        in: 'query',
        required: false,
        schema: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
      },
      {
        name: 'days',
        in: 'query',
        required: false,
        schema: { default: 7, type: 'integer', minimum: 1, maximum: 31 },
      },
    ])
    const events = document.paths['/api/v1/events']?.post?.requestBody?.content['application/json']
    const event = events?.schema.properties?.['events']
    expect(event?.maxItems).toBe(1000)
    expect(event?.items?.properties?.['kind']?.enum).toEqual([...eventNames])
    expect(event?.items?.required).toEqual(['id', 'kind', 'at', 'customer'])
  })
})

describe('answers', () => {
  // `npx vitest run --config .config/vitest.config.ts test/openapi.test.ts -u` writes the file anew.
  it('are described by the types of the contract as they are now', async () => {
    const file = join(packageRoot, 'src/http/openapi/answers.ts')
    const text = `/** Made from the types of contract.ts by \`test/openapi.test.ts\`; \`-u\` writes it anew. */
import type { Schema } from './schema.ts'

export const answers = ${JSON.stringify(contractSchemas())} satisfies Readonly<Record<string, Schema>>
`
    const tidy = await format(text, {
      parser: 'typescript',
      singleQuote: true,
      semi: false,
      printWidth: 110,
      trailingComma: 'all',
    })
    await expect(tidy).toMatchFileSnapshot(file)
  })

  it('keep their shape: what is wanted, what may be absent, what is one of several', () => {
    const schemas = contractSchemas() as Readonly<Record<string, Schema>>
    expect(schemas['EventsAnswer']).toMatchObject({
      type: 'object',
      required: ['recorded', 'known'],
      properties: {
        recorded: { type: 'number' },
        warnings: { type: 'array', items: { type: 'object', required: ['id', 'code', 'message', 'fix'] } },
      },
    })
    expect(schemas['Decision']).toEqual({ enum: ['queued', 'later', 'declined'] })
    expect(schemas['GameView']).toMatchObject({
      anyOf: [{ $ref: '#/components/schemas/PollView' }, { $ref: '#/components/schemas/HuntView' }],
    })
    expect(schemas['AuditCheck']?.properties?.['broken']?.anyOf).toContainEqual({ type: 'null' })
    // What it inherits is its own.
    expect(schemas['CustomerCard']?.required).toContain('tierTitle')
    expect(fitsNot({ recorded: 1 }, { $ref: '#/components/schemas/EventsAnswer' }, schemas)).toEqual([
      'known is missing',
    ])
  })
})

describe('events', () => {
  it('are shown with a body of every kind that the door takes', () => {
    expect(eventKinds.map(({ kind }) => kind).sort()).toEqual([...eventNames].sort())
    for (const { kind, example, needs } of eventKinds) {
      expect([kind, eventsBody.safeParse(bodyOf(example)).error?.issues]).toEqual([kind, undefined])
      for (const path of needs) {
        const value = path
          .split('.')
          .reduce<unknown>((inner, part) => (inner as Record<string, unknown> | undefined)?.[part], example)
        expect([kind, path, value === undefined]).toEqual([kind, path, false])
      }
      // Between single quotes of a shell.
      expect(JSON.stringify(example)).not.toContain("'")
    }
    expect(curlOf(publicUrl, bodyOf())).toContain(`curl -X POST '${publicUrl}/api/v1/events'`)
  })
})

describe('the page', () => {
  it.each(['zh', 'en'] as const)('in %s shows every route and every kind, and loads nothing', (language) => {
    const html = docsPage(routes, publicUrl, language)
    for (const { operation, path } of operations()) {
      expect(html).toContain(`id="${operation.operationId}"`)
      expect(html).toContain(`<code>${path}</code>`)
    }
    for (const { kind } of eventKinds) expect(html).toContain(`id="event-${kind}"`)
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(/)
    const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const targets = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    expect(targets.filter((id) => !ids.has(id))).toEqual([])
    expect([...html.matchAll(/ id="/g)]).toHaveLength(ids.size)
  })

  it.each(['zh', 'en'] as const)(
    'in %s is legible on a phone and on a desk',
    async (language) => {
      const browser = await openBrowser()
      try {
        for (const [width, height] of [
          [390, 844],
          [1440, 900],
        ] as const) {
          const page = await browser.newPage({ viewport: { width, height } })
          await page.setContent(docsPage(routes, publicUrl, language))
          await shot({ page }, `docs-${language}-${String(width)}`, true)
          const folded = await page.evaluate('document.documentElement.scrollWidth')
          await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
          const opened = await page.evaluate('document.documentElement.scrollWidth')
          await shot({ page }, `docs-${language}-${String(width)}-open`)
          expect([width, folded, opened]).toEqual([width, width, width])
          await page.close()
        }
      } finally {
        await browser.close()
      }
    },
    60_000,
  )

  it('is Chinese unless English is asked for', () => {
    expect(docsPage(routes, publicUrl, 'zh')).toContain('<html lang="zh-CN">')
    expect(docsPage(routes, publicUrl, 'zh')).toContain('推送订单与行为')
    const english = docsPage(routes, publicUrl, 'en')
    expect(english).toContain('Push orders and behaviour in')
    // What the types say of themselves shows values as they travel, and some of these are Chinese.
    const [ours = ''] = english.split('<h2 id="types">')
    const chinese = ours.replaceAll(/<pre>[^<]*<\/pre>/g, '').match(/[\u4e00-\u9fff][^<]*/g)
    expect(chinese).toEqual(['中文'])
  })
})
