/** What a developer needs who wants to push orders and behaviour in: one call that works, the rules, every kind. */
import { eventsBody } from '../../contract.ts'
import { escapeHtml } from '../../problem.ts'
import { bodyOf, eventFields, eventKinds } from '../event-kinds.ts'
import type { EventKind } from '../event-kinds.ts'
import { say } from '../note.ts'
import { requestSchema } from '../schema.ts'
import { code, fieldTable, prose } from './fields.ts'
import type { Language } from './fields.ts'

/** A line for a shell, with the key taken from its environment. */
export const curlOf = (publicUrl: string, body: unknown): string =>
  [
    `curl -X POST '${publicUrl}/api/v1/events' \\`,
    `  -H "Authorization: Bearer $SIYU_EVENTS_KEY" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(body, null, 2)}'`,
  ].join('\n')

const title = say('推送订单与行为', 'Push orders and behaviour in')
const intro = say(
  '密钥就是服务器环境变量 `SIYU_EVENTS_KEY` 的值，向管理员要。下面这一行在终端里可以直接跑：',
  'The key is the value of `SIYU_EVENTS_KEY` on the server; ask whoever runs it. This works as it stands in a shell:',
)
const answered = say(
  '回答：记下了几条，有几条以前记过。',
  'It answers how many were recorded, and how many were known already.',
)

const rules = [
  say(
    '**每条事件按 `id` 只记一次。** 没收到回答、收到 503 或 5xx，把同一批原样再发；多发的算在 `known` 里。',
    '**Each event is recorded once by its `id`.** No answer, a 503 or another 5xx: send the same batch again; what was known is counted in `known`.',
  ),
  say(
    '**一条有错，整批不收。** 回答 400，`fix` 指出第几条的哪个字段；改好再发整批。',
    '**One mistake refuses the whole batch.** The answer is a 400 whose `fix` names the event and the field; mend it and send the batch again.',
  ),
  say('一次最多 1000 条、2 MB。', 'Up to 1000 events and 2 MB at a time.'),
  say(
    '客户用 `external`、`unionid`、`shopId`、`phone`、`phoneHash` 中任一个指明；写得越多，越能认出同一个人。手机号进门即散列，不留明文。',
    'Name the customer by any of `external`, `unionid`, `shopId`, `phone` or `phoneHash`; the more there are, the better one person is known as one. A phone is hashed at the door and kept nowhere in clear.',
  ),
  say(
    '时间带时区，例如 `2026-05-20T10:30:00+08:00`；补发过去的没有关系，未来超过一天的不收。金额一律用分。',
    'Instants carry their offset, such as `2026-05-20T10:30:00+08:00`; the past may be told late, but nothing more than a day ahead. Money is integer fen.',
  ),
]

const errors = [
  ['400', 'invalid', say('内容有误，看 fix', 'a mistake in it: see `fix`')],
  ['401', 'bad-key', say('密钥缺少或不对', 'the key is missing or wrong')],
  ['413', 'too-large', say('太大，分几批发', 'too large: send it in parts')],
  [
    '503',
    'try-later',
    say('稍后原样再发，Retry-After 是秒数', 'send the same again after Retry-After seconds'),
  ],
] as const

const kindsTitle = say('事件的种类', 'The kinds of events')
const fieldsTitle = say('事件的字段', 'The fields of an event')
const needed = say('必须有', 'needs')
const errorsTitle = say('出错时', 'When it goes wrong')

const strong = (html: string): string => html.replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')

export const quickStartTitle = title
export const quickStartLinks = [
  ['event-kinds', kindsTitle],
  ['event-fields', fieldsTitle],
] as const

function kindPart({ kind, title: name, says, needs, example }: EventKind, language: Language): string {
  const must =
    needs.length === 0 ? '' : `<p class="dim">${needed[language]}: ${needs.map(code).join(' ')}</p>`
  return `<details><summary><code>${kind}</code><strong>${escapeHtml(name[language])}</strong></summary><div class="inside" id="event-${kind}"><p>${prose(says[language])}</p>${must}<pre>${escapeHtml(JSON.stringify(bodyOf(example), null, 2))}</pre></div></details>`
}

export function quickStart(publicUrl: string, language: Language): string {
  const [order] = eventKinds
  if (!order) throw new Error('There are no kinds of events.')
  const event = requestSchema(eventsBody).properties?.['events']?.items ?? {}
  return `<h2 id="push">${title[language]}</h2>
<p>${prose(intro[language])}</p>
<pre>${escapeHtml(curlOf(publicUrl, bodyOf(order.example)))}</pre>
<p>${answered[language]}</p>
<pre>{"recorded":1,"known":0}</pre>
<ol>${rules.map((rule) => `<li>${strong(prose(rule[language]))}</li>`).join('')}</ol>
<h3>${errorsTitle[language]}</h3>
<table><tbody>${errors.map(([status, name, says]) => `<tr><td>${status} ${code(name)}</td><td>${prose(says[language])}</td></tr>`).join('')}</tbody></table>
<h3 id="event-kinds">${kindsTitle[language]}</h3>
${eventKinds.map((kind) => kindPart(kind, language)).join('\n')}
<h3 id="event-fields">${fieldsTitle[language]}</h3>
${fieldTable(event, language, eventFields)}`
}
