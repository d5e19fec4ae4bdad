/** What `segment --matrix` and `segment explain` say to a person. */
import type { CustomerExplained } from '../segment/index.ts'
import type { SegmentDocument } from './segment.ts'

const lines = (said: readonly string[]): string => `${said.join('\n')}\n`
const indented = (said: readonly string[]): string[] => said.map((line) => `  ${line}`)
const listed = (words: readonly string[]): string => (words.length === 0 ? '' : `建议：${words.join('；')}`)
const some = (line: string): string[] => (line === '' ? [] : [line])

export function matrixText({ asOf, buyers, matrix, classes, rfm }: SegmentDocument): string {
  const shown = (value: number): string => String(value)
  const border =
    rfm.lines === null
      ? '还没有买家，没有分界'
      : 'atLeastScore' in rfm.lines
        ? `分界：各项至少 ${shown(rfm.lines.atLeastScore)} 分为高`
        : `分界：R ${shown(rfm.lines.recency)} 天内、F 至少 ${shown(rfm.lines.frequency)} 次、M 至少 ${shown(rfm.lines.monetary)} 元为高`
  return lines([
    `${asOf}　买家 ${shown(buyers)} 人`,
    border,
    '',
    'R  F  M  类型      人数  建议',
    ...matrix.map(
      ({ recency, frequency, monetary, type, customers, actions }) =>
        `${recency} ${frequency} ${monetary} ${type}  ${shown(customers).padStart(6)}  ${actions.join('；')}`,
    ),
    '',
    '四类        人数  建议',
    ...classes.map(
      ({ segment, customers, actions }) =>
        `${segment.padEnd(5, '　')}  ${shown(customers).padStart(6)}  ${actions.join('；')}`,
    ),
  ])
}

export function explanationText(one: CustomerExplained): string {
  const { rfm, stage, dormancy, cause } = one
  return lines([
    `${one.customer}　${one.asOf}`,
    one.why,
    ...some(listed(one.actions)),
    '',
    '分层（自上而下，第一个全部满足的生效）',
    ...one.tiers.flatMap(({ title, matched, conditions }) => [
      `  ${matched ? '✓' : '✗'} ${title}`,
      ...conditions.map(({ met, words }) => `      ${met ? '✓' : '✗'} ${words}`),
    ]),
    '',
    ...(rfm === null
      ? ['RFM：没有购买，没有得分']
      : [
          `RFM：${String(rfm.scores.r)}${String(rfm.scores.f)}${String(rfm.scores.m)}　${rfm.type}　${rfm.class}　${rfm.segmentTitle}`,
          ...indented([...rfm.words, ...some(listed([...rfm.typeActions, ...rfm.classActions]))]),
        ]),
    `生命周期：${stage.title}，${stage.words}`,
    '沉睡',
    ...indented([...dormancy.words, ...(dormancy.byValue === null ? [] : [`按价值：${dormancy.byValue}`])]),
    ...(cause === null
      ? []
      : [`可能的原因：${cause.title}（${cause.reason}）`, ...indented(some(listed(cause.actions)))]),
    ...(one.nextStage.length === 0
      ? []
      : ['下一阶段的信号', ...indented(one.nextStage.map(({ words }) => words))]),
    one.nextDay === null ? '没有哪一天会仅因时间而变化' : `下一次仅因时间而变化的日子：${one.nextDay}`,
  ])
}
