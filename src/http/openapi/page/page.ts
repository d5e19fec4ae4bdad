/** `/docs`: the document as a person reads it. One self-contained page without scripts; Chinese, English if asked for. */
import { escapeHtml } from '../../problem.ts'
import type { Access } from '../../route.ts'
import { keyOf, noteOf, openApiOf, refusalCodesOf, templateOf } from '../document.ts'
import type { Method, OpenApi, Operation, Parameter, RouteFace } from '../document.ts'
import { say } from '../note.ts'
import type { Area, RouteNote } from '../note.ts'
import { areas } from '../notes/index.ts'
import type { Schema } from '../schema.ts'
import { code, fieldTable, prose, typeId, typeWords } from './fields.ts'
import type { Language } from './fields.ts'
import { quickStart, quickStartLinks, quickStartTitle } from './quick-start.ts'
import { style } from './style.ts'

const words = {
  title: say('Siyu 接口', 'The interface of Siyu'),
  lead: say(
    '给要把订单和顾客行为推进来的开发者，从「推送订单与行为」开始；其余接口供 Siyu 自己的页面使用。',
    'For developers who push orders and behaviour in: begin with “Push orders and behaviour in”. The rest serves the pages of Siyu itself.',
  ),
  server: say('服务器', 'Server'),
  document: say('OpenAPI 3.1 文档', 'OpenAPI 3.1 document'),
  other: say('English', '中文'),
  contents: say('目录', 'Contents'),
  types: say('数据类型', 'Types'),
  typesLead: say(
    '回答里用到的类型，字段名后的 ? 表示可能没有。时间为 ISO 8601，日期按门店时区，金额单位为分。说明取自源码，是英文。',
    'What answers are made of; a ? after a field means that it may be absent. Instants are ISO 8601, days are the shop’s, money is integer fen.',
  ),
  takes: say('参数', 'Parameters'),
  body: say('请求体', 'Body'),
  answers: say('回答', 'Answer'),
  refuses: say('出错', 'Errors'),
  problem: say('出错时的回答', 'Errors'),
  problemLead: say(
    '所有错误都是 RFC 9457 问题文档（application/problem+json）。`code` 永不改名，程序按它判断；`message` 和 `fix` 是给人看的中文；`requestId` 用来查日志。',
    'Every error is a problem document of RFC 9457 (application/problem+json). `code` is never renamed: programs go by it. `message` and `fix` are Chinese, for a person; `requestId` finds it in the log.',
  ),
  anybody: say('任何人', 'anybody'),
  staff: say('登录的员工', 'staff who are signed in'),
  staffOf: say('员工角色之一：', 'staff with one of: '),
  player: say('登录的会员', 'a member who is signed in'),
  key: say('密钥（Authorization: Bearer）', 'bearer key'),
  who: say('谁可以调用', 'Who may call it'),
  mark: say('须带请求头', 'Send the header'),
  empty: say('没有内容', 'nothing'),
} as const

const problemFields = {
  type: say('总是 about:blank', 'Always about:blank'),
  title: say('状态码的英文名', 'The name of the status'),
  status: say('HTTP 状态码', 'The HTTP status'),
  code: say('错误的种类，程序按它判断', 'Which error it is; programs go by it'),
  message: say('出了什么事，给人看', 'What went wrong, Chinese, for a person'),
  fix: say('该怎么办', 'What to do about it, Chinese'),
  requestId: say('请求编号，查日志用', 'Finds the request in the log'),
  problems: say('节奏配置里的每一处错误', 'Every mistake of a cadence'),
  threeWay: say('与 stale-version 同来：双方各改了什么', 'With `stale-version`: what each side changed'),
} as const

const whoWords = (access: Access, language: Language): string => {
  switch (access.kind) {
    case 'open':
      return words.anybody[language]
    case 'staff':
      return access.roles ? words.staffOf[language] + access.roles.map(code).join(' ') : words.staff[language]
    case 'player':
      return words.player[language]
    case 'key':
      return words.key[language]
  }
}

/** Parameters as if they were fields of an object. */
const paramSchema = (parameters: readonly Parameter[]): Schema => ({
  type: 'object',
  properties: Object.fromEntries(
    parameters.map(({ name, schema, description }) => [
      name,
      description === undefined ? schema : { ...schema, description },
    ]),
  ),
  required: parameters.filter(({ required }) => required).map(({ name }) => name),
})

function answerPart(operation: Operation, language: Language, note: RouteNote): string {
  const good = Object.entries(operation.responses).find(([status]) => Number(status) < 400)
  if (!good) return ''
  const [status, response] = good
  const schema = '$ref' in response ? undefined : response.content?.['application/json']?.schema
  const shown =
    note.answer.kind === 'json' && schema
      ? schema.properties
        ? fieldTable(schema, language, {}, true)
        : `<p>${typeWords(schema, language)}</p>`
      : note.answer.kind === 'json'
        ? ''
        : `<p>${escapeHtml(note.answer.says[language])}</p>`
  return `<h4>${words.answers[language]} ${status}</h4>${shown}`
}

/** The caller's; that we or the world may be in trouble is said once for all. */
function refusalsPart(route: RouteFace, language: Language): string {
  const lines = Object.entries(refusalCodesOf(route))
    .filter(([status]) => Number(status) < 500)
    .map(([status, codes]) => `<span>${status} ${codes.map(code).join(' ')}</span>`)
  return lines.length === 0 ? '' : `<h4>${words.refuses[language]}</h4><p class="top">${lines.join('')}</p>`
}

function operationPart(route: RouteFace, document: OpenApi, language: Language): string {
  const { note } = noteOf(route)
  const method = route.method.toLowerCase() as Method
  const operation = document.paths[templateOf(route.path)]?.[method]
  if (!operation) throw new Error(`The document has no ${keyOf(route)}.`)
  const own = operation.parameters.filter((one): one is Parameter => !('$ref' in one))
  const isMarked = own.length < operation.parameters.length
  const body = operation.requestBody?.content['application/json']?.schema
  return `<details><summary><span class="method ${method}">${route.method}</span><code>${escapeHtml(templateOf(route.path))}</code><span class="says">${escapeHtml(note.says[language])}</span></summary><div class="inside" id="${operation.operationId}">
<p class="dim">${words.who[language]}: ${whoWords(route.access, language)}${isMarked ? ` · ${words.mark[language]} <code>X-Requested-With: siyu</code>` : ''}</p>
${own.length > 0 ? `<h4>${words.takes[language]}</h4>${fieldTable(paramSchema(own), language)}` : ''}
${body ? `<h4>${words.body[language]}</h4>${fieldTable(body, language)}` : ''}
${answerPart(operation, language, note)}
${refusalsPart(route, language)}
</div></details>`
}

const areaPart = (
  { name, title, says, routes: notes }: Area,
  routes: readonly RouteFace[],
  document: OpenApi,
  language: Language,
): string => `<h2 id="${name}">${escapeHtml(title[language])}</h2>
<p>${escapeHtml(says[language])}</p>
${routes
  .filter((route) => Object.hasOwn(notes, keyOf(route)))
  .map((route) => operationPart(route, document, language))
  .join('\n')}`

const typesPart = ({ components: { schemas } }: OpenApi, language: Language): string =>
  Object.entries(schemas)
    .map(([name, { description, ...schema }]) => {
      const told = description === undefined ? '' : `<p class="dim">${prose(description)}</p>`
      return `<details><summary><code>${name}</code></summary><div class="inside" id="${typeId(name)}">${told}${fieldTable(schema, language, {}, true)}</div></details>`
    })
    .join('\n')

function linksOf(language: Language): string {
  const link = (id: string, text: string, isInner = false): string =>
    `<a${isInner ? ' class="indent"' : ''} href="#${id}">${escapeHtml(text)}</a>`
  return [
    link('push', quickStartTitle[language]),
    ...quickStartLinks.map(([id, title]) => link(id, title[language], true)),
    link('problem', words.problem[language]),
    ...areas.map(({ name, title }) => link(name, title[language])),
    link('types', words.types[language]),
  ].join('')
}

export function docsPage(routes: readonly RouteFace[], publicUrl: string, language: Language): string {
  const document = openApiOf(routes, publicUrl)
  const links = linksOf(language)
  const other = language === 'zh' ? '/docs?lang=en' : '/docs'
  const { description: _about, ...problem } = document.components.schemas['Problem'] ?? {}
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${words.title[language]}</title>
<style>${style}</style>
<div class="frame">
<nav><a class="brand" href="#top">Siyu API</a>${links}</nav>
<main id="top">
<h1>${words.title[language]}</h1>
<p>${words.lead[language]}</p>
<p class="top"><span>${words.server[language]} ${code(publicUrl)}</span><a href="/openapi.json">${words.document[language]}</a><a href="${other}" lang="${language === 'zh' ? 'en' : 'zh-CN'}">${words.other[language]}</a></p>
<details class="menu"><summary>${words.contents[language]}</summary><div class="inside">${links}</div></details>
${quickStart(publicUrl, language)}
<h2 id="problem">${words.problem[language]}</h2>
<p>${prose(words.problemLead[language])}</p>
${fieldTable(problem, language, problemFields, true)}
${areas.map((area) => areaPart(area, routes, document, language)).join('\n')}
<h2 id="types">${words.types[language]}</h2>
<p>${words.typesLead[language]}</p>
${typesPart(document, language)}
</main>
</div>
</html>
`
}
