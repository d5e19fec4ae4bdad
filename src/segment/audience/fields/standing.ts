import { dormancyTitles, stageTitles } from '../../lifecycle.ts'
import { defineField, standingJoin } from '../field.ts'
import type { AudienceField, Choice } from '../field.ts'

const choicesOf = (titles: Readonly<Record<string, string>>): Choice[] =>
  Object.entries(titles).map(([value, title]) => ({ value, title }))

const awake = { awake: '未沉睡', ...dormancyTitles }

export const standingFields: readonly AudienceField[] = [
  defineField({
    name: 'tier',
    title: '分层',
    group: '分层与生命周期',
    kind: 'choice',
    joins: [standingJoin],
    sql: ({ rules, param }) => `coalesce(s.tier, cast(${param(rules.lead.name)} as text))`,
    choices: (_, rules) => [...rules.tiers, rules.lead].map(({ name, title }) => ({ value: name, title })),
  }),
  defineField({
    name: 'days-in-tier',
    title: '进入当前分层',
    group: '分层与生命周期',
    kind: 'number',
    unit: '天',
    joins: [standingJoin],
    sql: ({ today }) => `${String(today)} - s.since_no`,
  }),
  defineField({
    name: 'stage',
    title: '生命周期',
    group: '分层与生命周期',
    kind: 'choice',
    joins: [standingJoin],
    sql: () => `coalesce(s.stage, 'attraction')`,
    choices: () => choicesOf(stageTitles),
  }),
  defineField({
    name: 'dormancy',
    title: '沉睡程度（按月数）',
    group: '分层与生命周期',
    kind: 'choice',
    joins: [standingJoin],
    sql: () => `coalesce(s.dormancy, 'awake')`,
    choices: () => choicesOf(awake),
  }),
  defineField({
    name: 'dormancy-rhythm',
    title: '沉睡程度（按本人节奏）',
    group: '分层与生命周期',
    kind: 'choice',
    joins: [standingJoin],
    sql: () => `coalesce(s.dormancy_rhythm, 'awake')`,
    choices: () => choicesOf(awake),
  }),
]
