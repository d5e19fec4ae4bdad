/**
 * The OpenAPI 3.1 document, made from the routes themselves: address, method and access rule come from the router's list,
 * requests from the zod schemas that refuse them, answers from the types of contract.ts, sentences from `notes/`.
 */
import { cookieName, playerCookie, sessionCookie } from '../guard.ts'
import type { Access, Route } from '../route.ts'
import { answers } from './answers.ts'
import { bodyOf, eventKinds } from './event-kinds.ts'
import type { AnswerNote, Area, RouteNote } from './note.ts'
import { areas } from './notes/index.ts'
import { componentPath, requestSchema } from './schema.ts'
import type { Schema } from './schema.ts'

export type RouteFace = Pick<Route, 'method' | 'path' | 'access'>

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: Schema
}

export interface Media {
  readonly schema: Schema
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>
}

type Content = Readonly<Record<string, Media>>

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly description?: string; readonly schema: Schema }>>
  readonly content?: Content
}

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
}

export type Method = 'get' | 'post' | 'put' | 'delete'

export interface OpenApi {
  readonly openapi: '3.1.0'
  readonly jsonSchemaDialect: string
  readonly info: Readonly<Record<string, unknown>>
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly responses: Readonly<Record<string, Response>>
    readonly parameters: Readonly<Record<string, Parameter>>
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
}

export const keyOf = ({ method, path }: Pick<Route, 'method' | 'path'>): string => `${method} ${path}`

/** `/customers/:id` → `/customers/{id}` */
export const templateOf = (path: string): string => path.replaceAll(/:([A-Za-z]+)/g, '{$1}')

const paramsIn = (path: string): string[] => [...path.matchAll(/:([A-Za-z]+)/g)].map(([, name = '']) => name)

/** `GET /api/admin/customers/:id/moves` → `getAdminCustomersByIdMoves` */
function idOf({ method, path }: RouteFace): string {
  const words = path
    .replace(/^\/api\//, '/')
    .split('/')
    .flatMap((part) => (part.startsWith(':') ? ['by', part.slice(1)] : part.split(/[^A-Za-z0-9]+/)))
    .filter((word) => word !== '')
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
  return method.toLowerCase() + words.map(capital).join('')
}

export function noteOf(route: RouteFace): { readonly area: Area; readonly note: RouteNote } {
  const key = keyOf(route)
  const area = areas.find(({ routes }) => Object.hasOwn(routes, key))
  const note = area?.routes[key]
  if (!area || !note) throw new Error(`Nobody has said in http/openapi/notes what ${key} does.`)
  return { area, note }
}

// ---------------------------------------------------------------- who may

const schemes = { staff: 'staffSession', player: 'memberSession', key: 'bearerKey' } as const

const securityOf = (access: Access): Operation['security'] => {
  switch (access.kind) {
    case 'open':
      return []
    case 'staff':
      // For schemes that are no OAuth, 3.1 lets this list name the roles of which the caller needs one.
      return [{ [schemes.staff]: [...(access.roles ?? [])] }]
    case 'player':
      return [{ [schemes.player]: [] }]
    case 'key':
      return [{ [schemes.key]: [] }]
  }
}

const accessWords = (access: Access): string => {
  switch (access.kind) {
    case 'open':
      return 'Anybody may call it.'
    case 'staff':
      return access.roles
        ? `For staff with one of the roles ${access.roles.join(', ')}.`
        : 'For every member of staff who is signed in.'
    case 'player':
      return 'For a member who is signed in.'
    case 'key':
      return 'By bearer key.'
  }
}

/** The mark that only our own pages can set. */
export const needsMark = ({ method, access }: RouteFace): boolean => method !== 'GET' && access.kind !== 'key'

// ---------------------------------------------------------------- requests

function queryOf({ query }: RouteNote): Parameter[] {
  if (!query) return []
  const { properties = {}, required = [] } = requestSchema(query)
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

const pathParams = ({ path }: RouteFace): Parameter[] =>
  paramsIn(path).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))

function requestBodyOf(route: RouteFace, { body }: RouteNote): Operation['requestBody'] | undefined {
  if (!body) return undefined
  const schema = requestSchema(body)
  const isEvents = route.path === '/api/v1/events'
  const examples = Object.fromEntries(
    eventKinds.map(({ kind, title, example }) => [kind, { summary: title.en, value: bodyOf(example) }]),
  )
  return {
    required: (schema.required ?? []).length > 0,
    content: { 'application/json': isEvents ? { schema, examples } : { schema } },
  }
}

// ---------------------------------------------------------------- answers

const response = (name: string): { readonly $ref: string } => ({ $ref: `#/components/responses/${name}` })

function goodOf(answer: AnswerNote): Readonly<Record<string, Response>> {
  switch (answer.kind) {
    case 'json':
      return {
        200: { description: 'Done.', content: { 'application/json': { schema: answer.schema } } },
      }
    case 'html':
      return {
        200: {
          description: answer.says.en,
          content: { 'text/html': { schema: { type: 'string' } } },
        },
      }
    case 'picture':
      return {
        200: {
          description: answer.says.en,
          content: { 'image/*': { schema: { type: 'string' } } },
        },
      }
    case 'redirect':
      return {
        302: {
          description: answer.says.en,
          headers: { Location: { schema: { type: 'string' } } },
        },
      }
  }
}

/** Codes of refusals by status: what every such route may answer, and its own. */
export function refusalCodesOf(route: RouteFace): Readonly<Record<string, readonly string[]>> {
  const { note } = noteOf(route)
  const { access } = route
  const hasParams = pathParams(route).length > 0
  const own = note.refuses ?? {}
  const codes: Readonly<Record<string, readonly string[]>> = {
    400: [...(note.body || note.query || hasParams ? ['invalid'] : []), ...(own[400] ?? [])],
    401: access.kind === 'open' ? [] : [access.kind === 'key' ? 'bad-key' : 'sign-in'],
    403: [
      ...(access.kind === 'staff' && access.roles ? ['forbidden'] : []),
      ...(needsMark(route) ? ['csrf'] : []),
      ...(own[403] ?? []),
    ],
    404: own[404] ?? (hasParams ? ['not-found'] : []),
    409: own[409] ?? [],
    413: note.body ? ['too-large'] : [],
    422: own[422] ?? [],
    429: own[429] ?? [],
    500: ['internal'],
    503: ['try-later'],
  }
  return Object.fromEntries(Object.entries(codes).filter(([, some]) => some.length > 0))
}

function refusalsOf(route: RouteFace): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(refusalCodesOf(route)).map(([status, codes]) => {
      const usual = Object.entries(usualCodes).find(([, some]) => some.join() === codes.join())
      return [status, usual ? response(usual[0]) : problemResponse(`\`code\`: ${codes.join(', ')}.`)]
    }),
  )
}

const problemResponse = (description: string): Response => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: `${componentPath}Problem` } } },
})

/** The codes of `components.responses`. */
const usualCodes: Readonly<Record<string, readonly string[]>> = {
  Invalid: ['invalid'],
  SignIn: ['sign-in'],
  BadKey: ['bad-key'],
  NoRole: ['forbidden'],
  Forged: ['csrf'],
  Forbidden: ['forbidden', 'csrf'],
  NotFound: ['not-found'],
  TooLarge: ['too-large'],
  Internal: ['internal'],
  TryLater: ['try-later'],
}

const responses: OpenApi['components']['responses'] = {
  Invalid: problemResponse('`invalid`: the request does not fit its schema; `fix` names each field.'),
  SignIn: problemResponse('`sign-in`: nobody is signed in; `fix` is the address where that begins.'),
  BadKey: problemResponse('`bad-key`: the key is missing or wrong.'),
  NoRole: problemResponse('`forbidden`: the caller lacks the role.'),
  Forged: problemResponse('`csrf`: the header X-Requested-With is missing.'),
  Forbidden: problemResponse(
    '`forbidden`: the caller lacks the role. `csrf`: the header X-Requested-With is missing.',
  ),
  NotFound: problemResponse('`not-found`: there is nothing of that id, or it is not the caller’s to see.'),
  TooLarge: problemResponse('`too-large`: 1 MB at most, 2 MB for events, 28 MB for a file.'),
  Internal: problemResponse('`internal`: our mistake; `requestId` finds it in the log.'),
  TryLater: {
    ...problemResponse('`try-later`: the database or WeCom does not answer; try the same again.'),
    headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'number' } } },
  },
}

// ---------------------------------------------------------------- the whole

const markPath = '#/components/parameters/RequestedWith'
const mark: Parameter = {
  name: 'X-Requested-With',
  in: 'header',
  required: true,
  description:
    'Says that the request comes from our own pages: browsers send no such header for a foreign one.',
  schema: { const: 'siyu' },
}

function operationOf(route: RouteFace): Operation {
  const { area, note } = noteOf(route)
  const requestBody = requestBodyOf(route, note)
  return {
    operationId: idOf(route),
    tags: [area.name],
    summary: note.says.en,
    description: accessWords(route.access),
    security: securityOf(route.access),
    parameters: [...pathParams(route), ...queryOf(note), ...(needsMark(route) ? [{ $ref: markPath }] : [])],
    ...(requestBody ? { requestBody } : {}),
    responses: { ...goodOf(note.answer), ...refusalsOf(route) },
  }
}

/** Those that the operations name, and those that these name in turn. */
function reachable(from: unknown): Readonly<Record<string, Schema>> {
  const found = new Set<string>()
  const rest: unknown[] = [from]
  while (rest.length > 0) {
    const value = rest.pop()
    if (typeof value !== 'object' || value === null) continue
    for (const [key, inner] of Object.entries(value)) {
      if (key !== '$ref' || typeof inner !== 'string' || !inner.startsWith(componentPath)) {
        rest.push(inner)
        continue
      }
      const name = inner.slice(componentPath.length)
      if (found.has(name)) continue
      found.add(name)
      rest.push((answers as Readonly<Record<string, Schema>>)[name])
    }
  }
  return Object.fromEntries(
    Object.entries(answers as Readonly<Record<string, Schema>>).filter(([name]) => found.has(name)),
  )
}

const about = `Orders and behaviour come in by \`POST /api/v1/events\`; everything else serves the pages of Siyu itself.
Instants are ISO 8601 with offset, days are YYYY-MM-DD in the shop's zone, money is integer fen. Every error is a
problem document (RFC 9457) with a stable \`code\`. Beside these stand /livez, /readyz and /metrics for whoever runs
the server, and /wecom/callback for WeCom alone. To be read: /docs.`

export function openApiOf(routes: readonly RouteFace[], publicUrl: string): OpenApi {
  const https = publicUrl.startsWith('https:')
  const paths: Record<string, Partial<Record<Method, Operation>>> = {}
  for (const route of routes) {
    const path = (paths[templateOf(route.path)] ??= {})
    path[route.method.toLowerCase() as Method] = operationOf(route)
  }
  return {
    openapi: '3.1.0',
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    info: { title: 'Siyu', version: 'v1', summary: 'A bot server for WeCom.', description: about },
    servers: [{ url: publicUrl }],
    tags: areas.map(({ name, title, says }) => ({ name, description: `${title.en}. ${says.en}` })),
    paths,
    components: {
      schemas: reachable([paths, responses]),
      responses,
      parameters: { RequestedWith: mark },
      securitySchemes: {
        [schemes.staff]: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName(sessionCookie, https),
          description: 'Staff, signed in by WeCom at /api/auth/login. Roles are looked up anew at each call.',
        },
        [schemes.player]: {
          type: 'apiKey',
          in: 'cookie',
          name: cookieName(playerCookie, https),
          description: 'A member, known by her personal link or signed in by WeCom at /api/public/login.',
        },
        [schemes.key]: {
          type: 'http',
          scheme: 'bearer',
          description: 'SIYU_EVENTS_KEY of the server, for the shop’s own systems.',
        },
      },
    },
  }
}
