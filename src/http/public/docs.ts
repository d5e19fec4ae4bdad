/** The interface described: for machines and for whoever wants to push orders in. Neither holds data, so both are open. */
import { docsQuery } from '../openapi/docs-query.ts'
import { openApiOf } from '../openapi/document.ts'
import { docsPage } from '../openapi/page/page.ts'
import type { Language } from '../openapi/page/fields.ts'
import { parse } from '../parse.ts'
import type { Answer, Route } from '../route.ts'

export interface DocParts {
  /** Every route of the server but these two. */
  readonly routes: readonly Route[]
  readonly publicUrl: string
}

/** A new server may say otherwise, so it is asked for again each time. */
const headers = { 'Cache-Control': 'no-cache' }

export function docRoutes({ routes, publicUrl }: DocParts): Route[] {
  const pages = new Map<Language, string>()
  const own: Route[] = [
    {
      method: 'GET',
      path: '/openapi.json',
      access: { kind: 'open' },
      handle: () => Promise.resolve({ json: document(), headers }),
    },
    {
      method: 'GET',
      path: '/docs',
      access: { kind: 'open' },
      handle: (call) => Promise.resolve(page(parse(docsQuery, call.query).lang)),
    },
  ]
  const all = [...routes, ...own]
  let made: ReturnType<typeof openApiOf> | null = null
  const document = (): ReturnType<typeof openApiOf> => (made ??= openApiOf(all, publicUrl))
  const page = (language: Language): Answer => {
    const html = pages.get(language) ?? docsPage(all, publicUrl, language)
    pages.set(language, html)
    return { html, headers }
  }
  return own
}
