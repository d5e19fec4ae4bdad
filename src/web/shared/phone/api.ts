/**
 * Calls from the sidebar and the members' pages to our own server. Every failure becomes a `Trouble` with words a
 * person can read, so that no page ever shows a bare status code or an empty screen.
 */
import type { Problem } from '../../../http/contract.ts'

export class Trouble extends Error {
  readonly status: number
  readonly code: string
  readonly fix: string
  constructor(status: number, code: string, message: string, fix = '') {
    super(message)
    this.name = 'Trouble'
    this.status = status
    this.code = code
    this.fix = fix
  }
}

export const troubleOf = (thrown: unknown): Trouble =>
  thrown instanceof Trouble
    ? thrown
    : new Trouble(0, 'page', '页面出了点问题', thrown instanceof Error ? thrown.message : String(thrown))

/** A phone in a lift keeps a request open for minutes; nobody waits that long in front of a spinner. */
const patienceMs = 15_000
const loopGuardMs = 20_000
const loopKey = 'siyu-sign-in-at'

const withPatience = <T>(work: Promise<T>): Promise<T> => {
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Trouble(0, 'slow', '网络太慢，没有等到回应', '请检查网络后重试'))
    }, patienceMs)
  })
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer)
  })
}

/** Reads the problem document; a proxy's HTML error page is none, and still gets words. */
const readTrouble = async (response: Response): Promise<Trouble> => {
  const text = await response.text()
  try {
    const problem = JSON.parse(text) as Partial<Problem>
    if (problem.message) {
      return new Trouble(response.status, problem.code ?? 'unknown', problem.message, problem.fix ?? '')
    }
  } catch (unparsable) {
    if (!(unparsable instanceof SyntaxError)) throw unparsable
  }
  return new Trouble(response.status, 'unknown', '服务暂时不可用', `稍后再试（${String(response.status)}）`)
}

const recently = (now: number): boolean => now - Number(sessionStorage.getItem(loopKey) ?? 0) < loopGuardMs

export interface Api {
  get: <T>(path: string) => Promise<T>
  send: <T>(method: 'POST' | 'PUT', path: string, body: unknown, outlivePage?: boolean) => Promise<T>
}

/** `loginPath` is where a person nobody knows yet is sent; she comes back to the very page she was on. */
export const makeApi = (loginPath: string): Api => {
  /** Twice within seconds means that the sign-in itself does not stick (cookies off): stop instead of circling. */
  const signIn = (trouble: Trouble): Promise<never> => {
    if (recently(Date.now())) {
      return Promise.reject(
        new Trouble(401, 'sign-in', '登录没有成功', trouble.fix || '请关闭页面后重新打开'),
      )
    }
    sessionStorage.setItem(loopKey, String(Date.now()))
    location.replace(`${loginPath}?to=${encodeURIComponent(location.pathname + location.hash)}`)
    return new Promise<never>(() => undefined)
  }

  const call = async <T>(path: string, init: RequestInit): Promise<T> => {
    let response: Response
    try {
      response = await withPatience(fetch(path, { credentials: 'same-origin', ...init }))
    } catch (thrown) {
      if (thrown instanceof Trouble) throw thrown
      throw new Trouble(0, 'offline', '网络好像断开了', '请检查网络后重试')
    }
    if (response.ok) return (await response.json()) as T
    const trouble = await readTrouble(response)
    if (response.status === 401) return signIn(trouble)
    throw trouble
  }

  return {
    get: (path) => call(path, { headers: { Accept: 'application/json' } }),
    send: (method, path, body, outlivePage = false) =>
      call(path, {
        method,
        headers: {
          Accept: 'application/json',
          'Content-Type': 'application/json',
          'X-Requested-With': 'siyu',
        },
        body: JSON.stringify(body),
        keepalive: outlivePage,
      }),
  }
}
