import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'

/** The page at /sim/: plain files that a browser takes as they are. */
const files: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'dom.js': 'text/javascript; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'inbox.js': 'text/javascript; charset=utf-8',
  'cards.js': 'text/javascript; charset=utf-8',
  'said.js': 'text/javascript; charset=utf-8',
  'chats.js': 'text/javascript; charset=utf-8',
  'groups.js': 'text/javascript; charset=utf-8',
  'kf.js': 'text/javascript; charset=utf-8',
  'ledger.js': 'text/javascript; charset=utf-8',
  'console.js': 'text/javascript; charset=utf-8',
}

/** Beside this module, also in the built program. */
const folder = new URL('./page/', import.meta.url)

// Names and messages come from strangers: nothing they write may run, and nothing is loaded from elsewhere.
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"

/** False: no part of the page. */
export function answerPage(path: string, response: ServerResponse): boolean {
  if (path === '/sim') {
    response.writeHead(302, { location: '/sim/' })
    response.end()
    return true
  }
  const name = path === '/sim/' ? 'index.html' : /^\/sim\/page\/([\w.]+)$/.exec(path)?.[1]
  const type = name === undefined || !Object.hasOwn(files, name) ? undefined : files[name]
  if (name === undefined || type === undefined) return false
  response.writeHead(200, {
    'content-type': type,
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  })
  response.end(readFileSync(new URL(name, folder)))
  return true
}
