/** Two experiments of the made-up shop: one with a clear winner, one whose split is broken. */
import type { ExperimentList, ExperimentRow, ExperimentView } from '../../src/http/contract.ts'
import { firstYaml } from './mock-cadence.ts'
import { problem, type Answer, type MockRoute } from './mock-api.ts'

const row: ExperimentRow = {
  name: 'warmer-note',
  title: '周三问候换暖一点的话术',
  touchpointTitle: '每周一对一',
  whatTitle: '话术',
  unit: 'customer',
  phase: 'running',
  from: '2026-04-22',
  metricTitle: '下单',
  windowDays: 7,
  entered: 1_312,
  words:
    '“更暖”的下单率比“现状”高 4.1 个百分点（95% 区间 0.6 到 7.7），相对增加 52.6%，差别可信，可以全量采用',
}
const broken: ExperimentRow = {
  ...row,
  name: 'tip-headline',
  title: '干货开头短一点',
  touchpointTitle: '每日干货',
  unit: 'group',
  entered: 26,
  metricTitle: '点开链接',
  words: '还看不出差别，再等约 9 天',
}

const arm = (
  name: string,
  title: string,
  sets: string[],
  due: number,
  sent: number,
  hits: number,
): ExperimentView['arms'][number] => ({
  ...{ name, title, sets, due, sent },
  share: 50,
  entered: due + 24,
  queued: due - 37,
  waiting: 24,
  unreachable: 12,
  metrics: [
    { name: 'sent-to-order', title: '下单', hits, rate: hits / due },
    { name: 'click', title: '点开链接', hits: 120, rate: 120 / due },
    { name: 'reply', title: '回复', hits: 64, rate: 64 / due },
    { name: 'opt-out', title: '退订', hits: 3, rate: 3 / due },
  ],
  fenEach: Math.round((hits * 21_800) / due),
})

const view: ExperimentView = {
  ...row,
  state: 'better',
  read: 'always-valid',
  confidence: 95,
  needed: 200,
  waitDays: 0,
  smallRange: { percent: 30, thenRollOut: false, optOutMax: 2 },
  split: { expected: [656, 656], p: 0.74, isBroken: false },
  arms: [
    arm('now', '现状', [], 638, 402, 50),
    arm(
      'warmer',
      '更暖',
      ['每周一对一 · 时间：10:00 → 14:30', '每周一对一 · 话术 第 1 条：天气转凉… → 好久没聊了…'],
      626,
      398,
      75,
    ),
  ],
  comparisons: [
    {
      arm: 'warmer',
      title: '更暖',
      isClear: true,
      assigned: {
        absolute: { value: 0.0414, low: 0.006, high: 0.0772 },
        relative: { value: 0.526, low: 0.05, high: 1.22 },
        p: 0.012,
      },
      delivered: { absolute: { value: 0.065, low: 0.004, high: 0.128 }, p: 0.03 },
      complier: { value: 0.066, low: 0.013, high: 0.118 },
      value: { absolute: { value: 904, low: -120, high: 1_930 }, p: 0.2 },
    },
  ],
  warnings: ['“只看送达的”不是随机分的：发给谁由顾问选择，仅供参考；判断以“所有该发的”为准'],
}

export const experimentRoutes = (): readonly MockRoute[] => {
  const state = { view }
  const found = (name: string | undefined, answer: () => Answer): Answer =>
    name === view.name ? answer() : problem(404, 'not-found', '没有这个实验', '回到实验列表看看')
  return [
    {
      method: 'GET',
      path: '/api/admin/experiments',
      answer: () => {
        const body: ExperimentList = {
          items: [state.view, broken],
          holdout: {
            since: '2026-02-19',
            windowDays: 14,
            heldOut: 310,
            treated: 2_890,
            words: '触达组下单率比对照组高 2.4 个百分点（95% 区间 0.3 到 4.6），增量可信',
          },
        }
        return { body }
      },
    },
    {
      method: 'GET',
      path: '/api/admin/experiments/:name',
      answer: ({ params }) => found(params['name'], () => ({ body: state.view })),
    },
    {
      method: 'GET',
      path: '/api/admin/experiments/:name/draft',
      answer: ({ params }) =>
        found(params['name'], () => ({
          body: { baseVersion: 4, yaml: firstYaml.replace('"10:00"', '"14:30"'), words: [] },
        })),
    },
    {
      method: 'POST',
      path: '/api/admin/experiments/:name/decide',
      answer: ({ params, body }) =>
        found(params['name'], () => {
          const how = body['how'] === 'stopped' ? 'stopped' : 'rolled-out'
          state.view = {
            ...view,
            phase: how,
            state: how,
            words: `已对所有人采用“更暖”：${String(body['why'])}`,
            decided: { arm: String(body['arm']), how, by: '林佳', at: '2026-05-20T10:00:00+08:00' },
          }
          return { body: state.view }
        }),
    },
  ]
}
