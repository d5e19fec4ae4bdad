import type { IncomingHttpHeaders } from 'node:http'
import type { Context } from '../context.ts'
import type { Body } from '../params.ts'

/** One call as an API sees it: the token was checked, the JSON read. */
export interface Call {
  readonly ctx: Context
  /** The app whose token was used; for the open APIs the first app. */
  readonly agentId: number
  readonly query: URLSearchParams
  readonly body: Body
  readonly raw: Buffer
  readonly headers: IncomingHttpHeaders
  readonly ip: string
}

/** What an API answers: fields beside errcode and errmsg, or bytes (media). */
export type Reply =
  Record<string, unknown> | { readonly file: Buffer; readonly contentType: string; readonly filename: string }

export interface Api {
  /** Without `/cgi-bin/`. */
  readonly path: string
  readonly method: 'GET' | 'POST' | 'any'
  /** Needs no access token. */
  readonly open?: boolean
  /** Two calls under way with the same key: the second answers 45033. */
  lock?(call: Call): string
  run(call: Call): Reply
}
