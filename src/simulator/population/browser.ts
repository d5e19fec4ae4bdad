/**
 * A person's browser, as small as it can be: cookies per host, redirects followed by hand (so that the fragment of
 * the last address is not lost), and the one thing only a simulation can do: at the simulator's authorize page it
 * says who is looking.
 */
export interface Browser {
  /** Follows redirects until a page answers; the result is the address of that page with its fragment. */
  open(url: string): Promise<URL>
  /** JSON to and from the server's API; `status` is for the caller to judge. */
  call(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: unknown }>
}

export interface BrowserOptions {
  readonly baseUrl: string
  /** userid, external_userid or openid, asked for at each sign-in: a stranger may become a contact. */
  readonly as: () => string
}

const mostRedirects = 12
const patienceMs = 20_000
const identityPages = new Set(['/connect/oauth2/authorize', '/wwlogin/sso/login'])
const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

export function createBrowser(options: BrowserOptions): Browser {
  const base = new URL(options.baseUrl)
  const cookies = new Map<string, Map<string, string>>()

  async function request(url: URL, init: RequestInit): Promise<Response> {
    // A simulated person never leaves the machine, whatever a configuration says.
    if (url.host !== base.host && !loopback.has(url.hostname)) throw new Error(`will not go to ${url.host}`)
    const jar = cookies.get(url.host)
    const headers = new Headers(init.headers)
    if (jar && jar.size > 0)
      headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const signal = AbortSignal.timeout(patienceMs)
    const response = await fetch(url, { ...init, headers, redirect: 'manual', signal })
    keepCookies(url.host, response.headers.getSetCookie())
    return response
  }

  function keepCookies(host: string, lines: readonly string[]): void {
    const jar = cookies.get(host) ?? new Map<string, string>()
    for (const line of lines) {
      const pair = line.split(';', 1)[0] ?? ''
      const at = pair.indexOf('=')
      if (at < 1) continue
      const name = pair.slice(0, at).trim()
      const gone = /;\s*max-age=0\b/i.test(line) || pair.length === at + 1
      if (gone) jar.delete(name)
      else jar.set(name, pair.slice(at + 1).trim())
    }
    cookies.set(host, jar)
  }

  return {
    async open(url) {
      let here = new URL(url, base)
      for (let hop = 0; hop < mostRedirects; hop++) {
        if (identityPages.has(here.pathname)) here.searchParams.set('as', options.as())
        const response = await request(here, { headers: { accept: 'text/html' } })
        await response.arrayBuffer()
        const next = response.headers.get('location')
        if (response.status >= 300 && response.status < 400 && next) {
          here = new URL(next, here)
          continue
        }
        if (!response.ok) throw new Error(`${here.pathname} answered ${String(response.status)}`)
        return here
      }
      throw new Error(`more than ${String(mostRedirects)} redirects from ${url}`)
    },

    async call(method, path, body) {
      const headers: Record<string, string> = { accept: 'application/json' }
      if (method !== 'GET') headers['x-requested-with'] = 'siyu'
      if (body !== undefined) headers['content-type'] = 'application/json'
      const response = await request(new URL(path, base), {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? null : parse(text, path) }
    },
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${path} answered no JSON: ${text.slice(0, 80)}`, { cause })
  }
}

/** The body of a call that must succeed; anything else is thrown with the server's own words. */
export async function must(
  browser: Browser,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await browser.call(method, path, body)
  if (answer.status >= 200 && answer.status < 300) return answer.body
  throw new Error(
    `${method} ${path} answered ${String(answer.status)} ${JSON.stringify(answer.body).slice(0, 200)}`,
  )
}
