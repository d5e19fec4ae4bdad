/** What R1 is judged by: the simulator's ledger and the tags that really stand there, against everything that was owed. */
import type { Run } from './drain-fire.ts'
import type { SimulatorProcess } from './harness.ts'

export interface LedgerRow {
  readonly seq: number
  readonly api: string
  readonly msgid: string
  readonly sender: string
  readonly recipientKind: string
  readonly recipient: string
  readonly text: string
  readonly body: { readonly template_card?: { readonly task_id?: string } }
  readonly acceptedAt: number
  readonly status: 'accepted' | 'sent' | 'failed' | 'cancelled'
}

interface PromiseSeen {
  readonly id: string
  readonly dedupe_key: string
  readonly channel: string
  readonly subject: string
  readonly sender: string
  /** Null: declined. */
  readonly state: string | null
  readonly attempts: number
  readonly intent_at: number | null
  readonly content: string
}

export interface Verdict {
  /** Promises, and tags that were to be put on. */
  readonly deliveries: number
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  /** Tags of ours that nobody wants there. */
  readonly strayTags: readonly string[]
  readonly dropped: number
  readonly sentWithoutIntent: readonly string[]
  /** Welcomes whose 20 s were over before anything of them left: ended, and said so. */
  readonly tooLate: number
  readonly states: Readonly<Record<string, number>>
  readonly openParcels: number
  /** Accepted by which API. */
  readonly accepted: Readonly<Record<string, number>>
  readonly repeatedCalls: number
}

export type Judged = Pick<Run, 'core' | 'advisors' | 'simulator' | 'added' | 'tagsBefore'>

export async function judge(run: Judged): Promise<Verdict> {
  const { core, advisors, simulator } = run
  const rows = advisors.rows()
  const promises = await core.db.reader.rows<PromiseSeen>(
    `select p.id, p.dedupe_key, p.channel, p.subject, p.sender, p.state, p.attempts, p.content, q.intent_at
     from promise p left join parcel q on q.id = p.parcel order by p.id`,
  )
  const reachesOf = reachesIn(rows)
  const isTooLate = ({ channel, state }: PromiseSeen): boolean =>
    channel === 'welcome' && (state === null || state === 'expired')
  const [parcels] = await core.db.reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from parcel where state in ('intent', 'unknown', 'again', 'held')`,
  )
  const tags = await judgeTags(run)
  const keysOf = (some: readonly PromiseSeen[]): string[] => some.map(({ dedupe_key }) => dedupe_key)
  return {
    deliveries: promises.length + tags.wanted - run.tagsBefore,
    lost: [
      ...keysOf(promises.filter((one) => reachesOf(one).length === 0 && !isTooLate(one))),
      ...(await unheard(run, new Set(promises.map(({ subject, channel }) => `${channel} ${subject}`)))),
      ...tags.lost,
    ],
    twice: keysOf(promises.filter((one) => reachesOf(one).length > 1)),
    strayTags: tags.stray,
    dropped: rows.filter(({ status }) => status === 'failed').length,
    sentWithoutIntent: keysOf(
      promises.filter((one) =>
        reachesOf(one).some(({ acceptedAt }) => acceptedAt < (one.intent_at ?? Infinity)),
      ),
    ),
    tooLate: promises.filter((one) => isTooLate(one) && reachesOf(one).length === 0).length,
    states: tally(promises.map(({ channel, state }) => `${channel} ${state ?? 'declined'}`)),
    openParcels: parcels?.n ?? 0,
    accepted: { ...tally(rows.map(({ api }) => api)), mark_tag: await callsOf(simulator, /mark_tag$/) },
    repeatedCalls: promises.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
  }
}

function tally(names: readonly string[]): Record<string, number> {
  const count: Record<string, number> = {}
  for (const name of names) count[name] = (count[name] ?? 0) + 1
  return count
}

/** What really reached somebody of each promise. A card is known by its task, other words by themselves. */
function reachesIn(rows: readonly LedgerRow[]): (one: PromiseSeen) => readonly LedgerRow[] {
  const reached = new Map<string, LedgerRow[]>()
  for (const row of rows) {
    if (row.status !== 'sent') continue
    const key = row.body.template_card?.task_id ?? `${row.recipient} ${row.text.replace(/http\S+/, '')}`
    reached.set(key, [...(reached.get(key) ?? []), row])
  }
  const isCard = ({ channel }: PromiseSeen): boolean => channel.endsWith('-task')
  const wordsOf = ({ content }: PromiseSeen): string =>
    (JSON.parse(content) as { text: string }).text.replace(/\[\[.*/, '')
  return (one) => reached.get(isCard(one) ? one.id : `${one.subject} ${wordsOf(one)}`) ?? []
}

/** Newcomers whose callback we answered, and of whom nothing came. */
async function unheard({ simulator, added }: Judged, promised: ReadonlySet<string>): Promise<string[]> {
  const { rows } = await simulator.get<{ rows: { state: string; xml: string }[] }>('callbacks')
  const answered = rows.filter(({ state }) => state === 'delivered').map(({ xml }) => xml)
  return added
    .filter((external) => answered.some((xml) => xml.includes(`[${external}]`)))
    .filter((external) => !promised.has(`welcome ${external}`))
    .map((external) => `welcome of ${external}`)
}

async function callsOf(simulator: SimulatorProcess, api: RegExp): Promise<number> {
  const { rows } = await simulator.get<{ rows: { api: string; errcode: number | null }[] }>('calls')
  return rows.filter((call) => api.test(call.api) && call.errcode === 0).length
}

// ------------------------------------------------------------------ tags

interface TagsSeen {
  readonly follow_user: readonly {
    readonly userid: string
    readonly tags?: readonly { readonly group_name: string; readonly tag_name: string }[]
  }[]
}

/** Wanted tags, on every pair of the customer, against the tags that stand there. */
async function judgeTags({ core, simulator }: Judged): Promise<{
  readonly wanted: number
  readonly lost: readonly string[]
  readonly stray: readonly string[]
}> {
  const wanted = await core.db.reader.rows<{ external: string; name: string }>(
    `select r.external, r.external || ' ' || r.staff || ' ' || w.tag_group || '/' || w.tag as name from wanted_tag w
     join identity i on i.customer = w.customer and i.kind = 'external'
     join relation r on r.external = i.value and r.state = 'active' order by name`,
  )
  await simulator.post('settings', { latencyMs: 0 })
  const ask = await asWecom(simulator)
  const there = new Set<string>()
  for (const external of new Set(wanted.map((one) => one.external))) {
    const { follow_user: pairs } = await ask<TagsSeen>('externalcontact/get', { external_userid: external })
    for (const { userid, tags } of pairs)
      for (const { group_name, tag_name } of tags ?? [])
        there.add(`${external} ${userid} ${group_name}/${tag_name}`)
  }
  const names = new Set(wanted.map(({ name }) => name))
  return {
    wanted: names.size,
    lost: [...names].filter((name) => !there.has(name)).map((name) => `tag ${name}`),
    stray: [...there].filter((name) => !names.has(name)),
  }
}

/** The API as anybody may ask it: nothing of our client. */
async function asWecom({ url, env }: SimulatorProcess) {
  const ask = async <T>(api: string, query: Readonly<Record<string, string>>): Promise<T> => {
    const answer = await fetch(`${url}/cgi-bin/${api}?${new URLSearchParams(query).toString()}`)
    const body = (await answer.json()) as T & { errcode?: number; errmsg?: string }
    if (body.errcode !== 0) throw new Error(`${api}: ${String(body.errcode)} ${body.errmsg ?? ''}`)
    return body
  }
  const { access_token: token } = await ask<{ access_token: string }>('gettoken', {
    corpid: env['WECOM_CORP_ID'] ?? '',
    corpsecret: env['WECOM_AGENT_SECRET'] ?? '',
  })
  return <T>(api: string, query: Readonly<Record<string, string>>): Promise<T> =>
    ask<T>(api, { ...query, access_token: token })
}

// ------------------------------------------------------------------ in words

/** Everything that must not be. */
export const problemsOf = (verdict: Verdict): string[] => [
  ...verdict.lost.map((key) => `lost: ${key}`),
  ...verdict.twice.map((key) => `twice: ${key}`),
  ...verdict.strayTags.map((name) => `a stray tag: ${name}`),
  ...verdict.sentWithoutIntent.map((key) => `sent without an intent: ${key}`),
  ...(verdict.dropped > 0 ? [`${String(verdict.dropped)} were dropped by WeCom`] : []),
  ...(verdict.openParcels > 0 ? [`${String(verdict.openParcels)} parcels are still open`] : []),
  ...Object.keys(verdict.states).filter(
    (state) => !/ (waiting|sent)$|^welcome (expired|declined)$/.test(state),
  ),
]
