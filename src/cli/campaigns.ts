/** `siyu cadence campaigns [NAME]`: what a campaign says and when, how far it is, what came of it, as the console shows it. */
import { Refusal } from '../base/errors.ts'
import { campaignReport, campaignSummaries, currentCadence } from '../cadence/index.ts'
import type { CadenceParts } from '../cadence/index.ts'
import type {
  CampaignCounts,
  CampaignList,
  CampaignPartView,
  CampaignPhase,
  CampaignRow,
  CampaignRunningView,
  CampaignView,
} from '../http/contract.ts'
import { campaignView, summaryView } from '../http/admin/campaigns.ts'

export async function cadenceCampaigns(
  { db, clock }: Pick<CadenceParts, 'db' | 'clock'>,
  name: string | undefined,
): Promise<CampaignList | CampaignView> {
  const now = clock.now()
  const cadence = await currentCadence(db.reader)
  return db.aside(async (scratch) => {
    if (name === undefined)
      return { items: cadence ? (await campaignSummaries(scratch, cadence, now)).map(summaryView) : [] }
    const report = cadence && (await campaignReport(scratch, cadence, { name, wanted: 'all', now }))
    if (report) return campaignView(report)
    throw new Refusal('not-found', `The cadence has no campaign "${name}".`, 404, {
      fix: 'Run: siyu cadence campaigns',
    })
  })
}

// ---------------------------------------------------------------- in words

const phaseWords: Readonly<Record<CampaignPhase, string>> = {
  upcoming: '未开始',
  'warming-up': '预热中',
  running: '进行中',
  'following-up': '会后跟进中',
  over: '已结束',
  stopped: '已暂停',
  disabled: '已停用',
}

export const campaignsText = (shown: CampaignList | CampaignView): string =>
  'items' in shown
    ? shown.items.length === 0
      ? '节奏里还没有活动：在 cadence.yaml 的 campaigns 一节里写一个\n'
      : `${shown.items.map(rowLine).join('\n')}\n`
    : `${[headLine(shown), ...shown.runnings.flatMap(runningLines)].join('\n')}\n`

function rowLine(row: CampaignRow): string {
  const { phase, running, counts, tookPart } = row
  const figures = `应发 ${String(counts.due)}，已发 ${String(counts.sent)}，参加 ${String(tookPart)} 人`
  return running && phase !== 'disabled'
    ? [headLine(row), spanWords(running.from, running.until), figures].join('　')
    : headLine(row)
}

const headLine = ({ name, title, phase, pause }: Omit<CampaignView, 'spans' | 'runnings'>): string =>
  `${title}（${name}）　${phaseWords[phase]}${pause ? `（${pause.by}：${pause.reason}）` : ''}`

const spanWords = (from: string, until: string): string => (from === until ? from : `${from} – ${until}`)

const countWords: readonly (readonly [Exclude<keyof CampaignCounts, 'due'>, string])[] = [
  ['sent', '已发'],
  ['waiting', '待人确认'],
  ['queued', '排队中'],
  ['failed', '未发成'],
  ['unknown', '结果未知'],
  ['ended', '取消或过期'],
  ['declined', '不发'],
]
const howWords: Readonly<Record<CampaignPartView['reasons'][number]['how'], string>> = {
  declined: '不发',
  ended: '取消或过期',
  failed: '未发成',
  unknown: '结果未知',
}

function partLines(part: CampaignPartView): string[] {
  const { day, at, title, channelTitle, counts, reasons, stopped } = part
  const parts = countWords.flatMap(([key, words]) =>
    counts[key] > 0 ? [`${words} ${String(counts[key])}`] : [],
  )
  const due =
    counts.due === 0
      ? '没有排期'
      : `应发 ${String(counts.due)}${part.part === 'live' ? ' 个群' : ''}：${parts.join('，')}`
  const line = [`  ${day} ${at}`, title, channelTitle, due, ...(stopped ? ['已暂停'] : [])].join('　')
  const why = (Object.keys(howWords) as (keyof typeof howWords)[]).flatMap((how) => {
    const mine = reasons.filter((one) => one.how === how)
    const listed = mine.map(({ words, count }) => `${words} ${String(count)}`).join('，')
    return mine.length === 0 ? [] : [`      ${howWords[how]}：${listed}`]
  })
  return [line, ...why]
}

const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`
const rateWords = ({ people, ordered }: { people: number; ordered: number }): string =>
  `${String(people)} 人，${String(ordered)} 人下单（${people === 0 ? '—' : `${((ordered / people) * 100).toFixed(1)}%`}）`

const effectCaution = '参加的人本来就更想买，她们下单多不等于活动有效：只有和对照组的比较说的是效果'

function runningLines(running: CampaignRunningView): string[] {
  const { from, until, phase, answers, followUp, coupons, holdout } = running
  const head = ['', `${spanWords(from, until)}　${phaseWords[phase]}`, ...running.parts.flatMap(partLines)]
  if (phase === 'upcoming') return head
  return [
    ...head,
    `  告知 ${String(running.told)} 人，其中 ${String(running.optOuts)} 人之后退订`,
    ...(answers
      ? [
          `  邀请答复：参加 ${String(answers.come)}，看时间 ${String(answers.maybe)}，不来 ${String(answers.not)}`,
        ]
      : []),
    `  参加 ${String(running.tookPart)} 人，其中 ${String(running.ordered)} 人下单 ${String(running.orders)} 笔，${yuan(running.fen)}（${from} 到 ${running.countedUntil}，退款已减去${running.counted ? '' : '，还没到期'}）`,
    ...(followUp
      ? [
          `  没有下单的 ${String(followUp.quiet)} 人中跟进了 ${String(followUp.sent)} 人，之后 ${String(followUp.ordered)} 人下单`,
        ]
      : []),
    ...(coupons
      ? [`  随活动送出优惠券 ${String(coupons.issued)} 张，已用 ${String(coupons.redeemed)} 张`]
      : []),
    `  对照组 ${rateWords(holdout.heldOut)}；该收到的 ${rateWords(holdout.others)}`,
    `  ${holdout.words}`,
    `  ${effectCaution}`,
  ]
}
