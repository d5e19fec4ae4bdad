import type { Problem } from '../../http/contract.ts'

/** Every failed request, also the ones that never reached the server, ends as one of these. */
export class ApiProblem extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.message)
    this.name = 'ApiProblem'
    this.problem = problem
  }
}

const localProblem = (status: number, code: string, message: string, fix: string): Problem => ({
  type: 'about:blank',
  title: code,
  status,
  code,
  message,
  fix,
  requestId: '',
})

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'message' in body

/** Turns whatever was thrown into words a person can act on. */
export const problemOf = (thrown: unknown): Problem => {
  if (thrown instanceof ApiProblem) return thrown.problem
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return localProblem(0, 'page-error', `页面出错了：${message}`, '刷新页面；若仍出现，请把这段话发给管理员。')
}

export interface Asking {
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  readonly signal?: AbortSignal
}

const addressOf = (path: string, query: Asking['query']): string => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `${path}?${text}` : path
}

const readBody = async (response: Response): Promise<unknown> => {
  const text = await response.text()
  if (!text) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    if (response.ok) throw cause
    // A proxy in between answers in HTML; its status alone says enough.
    return undefined
  }
}

/** One request to our own server. Writes carry the header that a foreign page cannot set. */
export const ask = async <T>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  asking: Asking = {},
): Promise<T> => {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-Requested-With'] = 'siyu'
  if (asking.body !== undefined) headers['Content-Type'] = 'application/json'
  let response: Response
  try {
    response = await fetch(addressOf(path, asking.query), {
      method,
      headers,
      credentials: 'same-origin',
      ...(asking.body === undefined ? {} : { body: JSON.stringify(asking.body) }),
      ...(asking.signal ? { signal: asking.signal } : {}),
    })
  } catch (cause) {
    if (asking.signal?.aborted) throw cause
    throw new ApiProblem(
      localProblem(
        0,
        'offline',
        '连不上服务器。',
        '检查网络后重试；若一直如此，请联系管理员看服务是否在运行。',
      ),
    )
  }
  const body = await readBody(response)
  if (response.ok) return body as T
  if (isProblem(body)) throw new ApiProblem(body)
  throw new ApiProblem(
    localProblem(
      response.status,
      `http-${response.status}`,
      `服务器没有给出结果（${response.status}）。`,
      '稍后重试；若仍出现，请联系管理员。',
    ),
  )
}
