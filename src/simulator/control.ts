import type { IncomingMessage, ServerResponse } from 'node:http'
import { killTokens } from './api/token.ts'
import type { Context } from './context.ts'
import { confirm } from './deeds/confirm.ts'
import { scanCode } from './deeds/scan.ts'
import { ApiError, WorldError } from './errors.ts'
import { isFaultKind } from './faults.ts'
import { integer, isBody, optionalInteger, optionalText, part, text, type Body } from './params.ts'
import type { Fault, FaultRequest, SimulatorSettings } from './types.ts'
import { readBody, sendJson } from './wire.ts'
import { inboxOf } from './control-inbox.ts'
import { archiveRoutes } from './control-archive.ts'
import { botRoutes } from './control-bot.ts'
import { consoleRoutes } from './control-console.ts'
import { snapshotRoutes } from './control-snapshots.ts'
import { momentRoutes } from './control-moments.ts'
import { viewRoutes } from './control-views.ts'
import { worldRoutes } from './control-world.ts'
import { answerPage } from './page.ts'
import { qrPicture } from './qr-picture.ts'

export interface Control {
  readonly ctx: Context
  readonly body: Body
  readonly query: URLSearchParams
  /** The parts of the path after `/sim/`. */
  readonly parts: readonly string[]
}

type Route = (control: Control) => unknown

/** Keyed by method and the first part of the path. */
const routes: Readonly<Record<string, Route>> = {
  'GET clock': ({ ctx }) => clockOf(ctx),
  'POST clock': moveClock,
  'GET faults': ({ ctx }) => ({ faults: ctx.faults.list() }),
  'POST faults': ({ ctx, body }) => ({ fault: addFault(ctx, readFault(body)) }),
  'DELETE faults': ({ ctx, parts }) => {
    ctx.faults.clear(parts[1])
    return { faults: ctx.faults.list() }
  },
  'GET ledger': ({ ctx, query }) => {
    const limit = query.get('limit')
    return {
      rows: ctx.ledger.rows(Number(query.get('since') ?? 0), limit === null ? undefined : Number(limit)),
    }
  },
  'GET calls': ({ ctx, query }) => ({ rows: ctx.calls.slice(Number(query.get('since') ?? 0)) }),
  'GET callbacks': ({ ctx, query }) => ({
    url: ctx.callbacks.url(),
    rows: ctx.callbacks.rows(Number(query.get('since') ?? 0)),
  }),
  'POST callback-url': setCallbackUrl,
  'POST callback': ({ ctx, body }) => {
    const agentId = optionalInteger(body, 'agentId', 0, Number.MAX_SAFE_INTEGER)
    return { row: ctx.callbacks.send(text(body, 'xml'), agentId) }
  },
  'GET settings': ({ ctx }) => ctx.settings,
  'POST settings': ({ ctx, body }) => changeSettings(ctx, body),
  'POST reset': ({ ctx }) => {
    ctx.restart()
    return stateOf(ctx)
  },
  'GET state': ({ ctx }) => stateOf(ctx),
  'GET inbox': inboxOf,
  'POST inbox': ({ ctx, body, parts }) => {
    if (parts[2] !== 'confirm') throw new ApiError(40066)
    confirm(ctx, parts[1] ?? '', text(body, 'msgid'))
    return { ok: true }
  },
  ...snapshotRoutes,
  ...viewRoutes,
  ...archiveRoutes,
  'POST qr': ({ ctx, body, parts }) => scanCode(ctx, parts[1] ?? '', optionalText(body, 'external_userid')),
  ...worldRoutes,
  ...momentRoutes,
  ...consoleRoutes,
  ...botRoutes,
}

export async function answerControl(
  ctx: Context,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (answerPage(url.pathname, response)) return
  const parts = url.pathname
    .replace(/^\/sim\/?/, '')
    .split('/')
    .map(decodeURIComponent)
  if (request.method === 'GET' && parts[0] === 'qr') return sendCode(ctx, parts[1] ?? '', response)
  const route =
    routes[`${request.method} ${parts[0]}`] ?? routes[`${request.method} ${parts.slice(0, 2).join('/')}`]
  if (!route) return sendJson(response, 404, { error: `no control route ${request.method} ${url.pathname}` })
  try {
    const raw = await readBody(request)
    const body: unknown = raw.length > 0 ? JSON.parse(raw.toString('utf8')) : {}
    if (!isBody(body)) throw new ApiError(40058, 'the body must be an object')
    sendJson(response, 200, await route({ ctx, body, query: url.searchParams, parts }))
  } catch (error) {
    const expected = error instanceof ApiError || error instanceof WorldError
    if (!expected && !(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error
    sendJson(response, 400, { error: error.message })
  }
}

/** The picture that `qr_code` leads to. */
function sendCode(ctx: Context, configId: string, response: ServerResponse): void {
  if (!ctx.state.contactWays.has(configId) && !ctx.state.joinWays.has(configId))
    return sendJson(response, 404, { error: `there is no code ${configId}` })
  response.writeHead(200, { 'content-type': 'image/png' })
  response.end(qrPicture(configId))
}

const clockOf = (ctx: Context): object => ({
  now: ctx.clock.now(),
  mode: ctx.clock.mode(),
  nextEventAt: ctx.clock.nextAt(),
  busy: ctx.clock.busy() || ctx.callbacks.pending() > 0,
})

/** `{to}` or `{advanceMs}` moves it; `{mode: "wall"}` lets it follow the machine from there. */
async function moveClock({ ctx, body }: Control): Promise<unknown> {
  const to = optionalInteger(body, 'to', 0, Number.MAX_SAFE_INTEGER)
  const by = optionalInteger(body, 'advanceMs', 0, Number.MAX_SAFE_INTEGER)
  if (to !== undefined) await ctx.clock.advanceTo(to)
  else if (by !== undefined) await ctx.clock.advanceTo(ctx.clock.now() + by)
  if (body['mode'] === 'wall') ctx.clock.useWall()
  else if (body['mode'] !== undefined) throw new ApiError(40058, 'mode can only be set to wall')
  return clockOf(ctx)
}

function readFault(body: Body): FaultRequest {
  const kind = text(body, 'kind')
  if (!isFaultKind(kind)) throw new ApiError(40058, `kind ${kind}`)
  const api = optionalText(body, 'api')
  const errcode = optionalInteger(body, 'errcode', -1_000_000, 1_000_000_000)
  const times = optionalInteger(body, 'times', 0, Number.MAX_SAFE_INTEGER)
  const ms = optionalInteger(body, 'ms', 0, Number.MAX_SAFE_INTEGER)
  const probability = body['probability']
  if (probability !== undefined && typeof probability !== 'number') throw new ApiError(40058, 'probability')
  return {
    kind,
    ...(api === undefined ? {} : { api }),
    ...(errcode === undefined ? {} : { errcode }),
    ...(times === undefined ? {} : { times }),
    ...(ms === undefined ? {} : { ms }),
    ...(probability === undefined ? {} : { probability }),
  }
}

/** Killing tokens or closing the port names no API: a deed of this moment, not something that waits for a call. */
export function addFault(ctx: Context, request: FaultRequest): Fault {
  if (request.kind === 'refuse' && request.api === undefined && request.ms !== undefined) {
    ctx.outage(request.ms)
    return { ...request, id: 'done', struck: 1, untilAt: null }
  }
  const atOnce =
    request.api === undefined && (request.kind === 'invalidate-token' || request.kind === 'expire-token')
  if (!atOnce) return ctx.faults.add(request, ctx.clock.now())
  killTokens(ctx, request.kind === 'expire-token' ? 'expired' : 'invalid')
  return { ...request, id: 'done', struck: 1, untilAt: null }
}

/** As in the console: the address is saved only if the handshake succeeds, unless `verify: false`. */
async function setCallbackUrl({ ctx, body }: Control): Promise<unknown> {
  const url = optionalText(body, 'url') ?? null
  const verification = url !== null && body['verify'] !== false ? await ctx.callbacks.verify(url) : null
  if (verification && !verification.ok)
    throw new WorldError(`the callback address did not verify: ${verification.reason}`)
  ctx.callbacks.setUrl(url)
  return { url, verification }
}

function changeSettings(ctx: Context, body: Body): SimulatorSettings {
  for (const [name, value] of Object.entries(body)) {
    if (!(name in ctx.settings)) throw new ApiError(40058, `unknown setting ${name}`)
    const old: unknown = ctx.settings[name as keyof SimulatorSettings]
    if (old !== null && value !== null && typeof old !== typeof value) throw new ApiError(40058, name)
  }
  if (
    body['quotaMode'] !== undefined &&
    !['month-days', '7-per-week', '1-per-day'].includes(text(body, 'quotaMode'))
  ) {
    throw new ApiError(40058, 'quotaMode')
  }
  if (isBody(body['rateLimits'])) integer(part(body, 'rateLimits'), 'perMinute', 0, Number.MAX_SAFE_INTEGER)
  return Object.assign(ctx.settings, body)
}

function stateOf(ctx: Context): object {
  const { state } = ctx
  const rows = ctx.ledger.rows()
  const count = (status: string): number => rows.filter((row) => row.status === status).length
  return {
    shop: state.shop?.name ?? null,
    corpId: ctx.credentials.corpId,
    clock: clockOf(ctx),
    callback: { url: ctx.callbacks.url(), pending: ctx.callbacks.pending() },
    staff: [...state.staff.values()].map(({ userid, name, confirm }) => ({ userid, name, confirm })),
    customers: state.customers.size,
    groups: [...state.groups.values()].map(({ chatId, name, owner, members }) => ({
      chatId,
      name,
      owner,
      members: members.size,
    })),
    tags: [...state.tagGroups.values()].map(({ name, tags }) => ({
      name,
      tags: tags.map((tag) => tag.name),
    })),
    resigned: [...state.resigned.values()].map((one) => one.userid),
    moments: state.moments.size,
    contactWays: state.contactWays.size,
    joinWays: state.joinWays.size,
    acquisitionLinks: state.acquisitionLinks.size,
    appChats: state.appChats.size,
    robots: state.robots.size,
    kfAccounts: state.kfAccounts.size,
    ledger: {
      rows: rows.length,
      accepted: count('accepted'),
      sent: count('sent'),
      failed: count('failed'),
      cancelled: count('cancelled'),
    },
    calls: ctx.calls.length,
    faults: ctx.faults.list().length,
    settings: ctx.settings,
  }
}
