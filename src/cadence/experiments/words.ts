/** What an experiment says to the owner of a shop, in a sentence. */
import type { Comparison, Findings } from './judge.ts'
import type { Arm, Experiment } from './shape.ts'
import { metrics } from './shape.ts'
import type { ArmTally } from './tally.ts'

const points = (share: number): string => (Math.abs(share) * 100).toFixed(1)
const signed = (share: number): string => `${share < 0 ? '−' : ''}${points(share)}`
const unitOf = ({ unit }: Experiment): string => (unit === 'group' ? '个群' : '人')

export const waitWords = (days: number | null): string =>
  days === null
    ? '照现在的人数再等也难看出，可以扩大参加的范围，或延长实验'
    : `再等约 ${String(Math.max(1, days))} 天`

const titleOf = (arms: readonly Arm[], name: string | null): string =>
  arms.find((arm) => arm.name === name)?.title ?? name ?? ''

function difference(experiment: Experiment, { arm, assigned }: Comparison): string {
  const { arms, primary, alpha } = experiment
  const { value, low, high } = assigned.absolute
  const confidence = Math.round((1 - alpha / (arms.length - 1)) * 1000) / 10
  const relative = assigned.relative
  const control = titleOf(arms, arms[0]?.name ?? null)
  return `“${titleOf(arms, arm)}”的${metrics[primary.metric]}率比“${control}”${value < 0 ? '低' : '高'} ${points(value)} 个百分点（${String(confidence)}% 区间 ${signed(low)} 到 ${signed(high)}）${
    relative === null ? '' : `，相对${relative.value < 0 ? '减少' : '增加'} ${points(relative.value)}%`
  }`
}

/** The sentence at the top. */
export function verdictWords(experiment: Experiment, found: Findings, tallies: readonly ArmTally[]): string {
  const { arms } = experiment
  const fewest = Math.min(...tallies.map(({ n }) => n))
  const unit = unitOf(experiment)
  const clear = found.comparisons.find(({ arm }) => arm === found.arm)
  switch (found.state) {
    case 'not-begun':
      return `${experiment.from} 开始`
    case 'collecting':
      return experiment.read === 'fixed'
        ? `样本还没到计划的每组 ${String(found.needed)} ${unit}（最少的一组 ${String(fewest)} ${unit}），到之前不看结果；${waitWords(found.waitDays)}`
        : `样本还不够：每组至少 ${String(found.needed)} ${unit}观察期满，最少的一组 ${String(fewest)} ${unit}，${waitWords(found.waitDays)}`
    case 'broken':
      return `分组人数对不上：应为 ${found.split.expected.map((n) => String(Math.round(n))).join(' : ')}，实为 ${tallies.map(({ entered }) => String(entered)).join(' : ')}。结果不能用，先查清是什么改变了分组`
    case 'undecided':
      return `还看不出差别，${waitWords(found.waitDays)}`
    case 'better':
      return `${clear ? difference(experiment, clear) : ''}，差别可信，可以全量采用`
    case 'worse':
      return `${clear ? difference(experiment, clear) : ''}，差别可信，建议保持现状`
    case 'no-difference':
      return found.comparisons.length === 0
        ? `实验已结束，样本不够（每组至少 ${String(found.needed)} ${unit}），看不出结果`
        : '实验已结束，没有看出差别，保持现状即可'
    case 'rolled-out':
      return `已对所有人采用“${titleOf(arms, found.arm)}”${becauseOf(experiment)}`
    case 'stopped':
      return `已停止，所有人按“${titleOf(arms, found.arm)}”${becauseOf(experiment)}`
  }
}

const becauseOf = ({ decided }: Experiment): string =>
  decided === null || decided.why === '' ? '' : `：${decided.why}`

/** What one should know before believing the figures. */
export function warningsOf(experiment: Experiment, tallies: readonly ArmTally[], found: Findings): string[] {
  const sum = (of: (one: ArmTally) => number): number => tallies.reduce((total, one) => total + of(one), 0)
  const isGroup = experiment.unit === 'group'
  const warnings: string[] = []
  if (isGroup)
    warnings.push(
      `按社群分组，同一个群的人互相影响：有效样本是群的数量（${tallies.map(({ n }) => String(n)).join(' : ')}），不是群里的人数`,
    )
  if (isGroup && found.state !== 'not-begun' && tallies.some(({ entered }) => entered < 2))
    warnings.push('每组至少要有 2 个群才能比较；请增加社群，或改为按客户做实验')
  if (sum(({ crossed }) => crossed) > 0)
    warnings.push(
      `${String(sum(({ crossed }) => crossed))} ${unitOf(experiment)}先后收到过不止一组的内容（调整过比例），按第一次的分组计算，差别会被低估`,
    )
  if (found.comparisons.some(({ delivered }) => delivered !== null))
    warnings.push('“只看送达的”不是随机分的：发给谁由顾问选择，仅供参考；判断以“所有该发的”为准')
  if (found.comparisons.some(({ complier }) => complier?.kind === 'withheld' && complier.why === 'unlike'))
    warnings.push('顾问发送两组的比例明显不同，无法换算“收到的人”身上的效果')
  return warnings
}
