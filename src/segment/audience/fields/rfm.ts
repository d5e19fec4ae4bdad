import { rfmSql } from '../../rfm/rfm.ts'
import { valueTypes } from '../../rfm/settings.ts'
import { defineField } from '../field.ts'
import type { AudienceField, Relation } from '../field.ts'

/** Everybody who bought, with scores by the cut points in force; who never bought is unknown here. */
const scored: Relation = {
  name: 'scored',
  sql: (reader, { rfm }, day) => rfmSql(reader, rfm, day),
}

/** A place in a list of names, as the relation keeps it, to the name. */
const nameAt = (column: string, names: readonly string[], param: (value: string) => string): string =>
  `case ${names.map((name, i) => `when scored.${column} = ${String(i)} then cast(${param(name)} as text)`).join(' ')} end`

const score = (name: string, title: string, column: string): AudienceField =>
  defineField({
    name,
    title,
    group: 'RFM',
    kind: 'number',
    unit: '分',
    relation: scored,
    sql: () => `scored.${column}`,
  })

const namesOf = (names: readonly string[]) => names.map((name) => ({ value: name, title: name }))

export const rfmFields: readonly AudienceField[] = [
  score('recency-score', 'R 分', 'r'),
  score('frequency-score', 'F 分', 'f'),
  score('monetary-score', 'M 分', 'm'),
  defineField({
    name: 'value-type',
    title: '价值类型（八类）',
    group: 'RFM',
    kind: 'choice',
    relation: scored,
    sql: ({ param }) => nameAt('type', valueTypes, param),
    choices: () => namesOf(valueTypes),
  }),
  defineField({
    name: 'value-class',
    title: '价值分级（四类）',
    group: 'RFM',
    kind: 'choice',
    relation: scored,
    sql: ({ rules, param }) =>
      nameAt(
        'class',
        rules.rfm.classes.map(({ name }) => name),
        param,
      ),
    choices: (_, { rfm }) => namesOf(rfm.classes.map(({ name }) => name)),
  }),
  defineField({
    name: 'rfm-segment',
    title: 'RFM 分群',
    group: 'RFM',
    kind: 'choice',
    relation: scored,
    sql: ({ rules: { rfm }, param }) =>
      nameAt('segment', [...rfm.named.map(({ name }) => name), rfm.others], param),
    choices: (_, { rfm }) => [
      ...rfm.named.map(({ name, title }) => ({ value: name, title: title ?? name })),
      { value: rfm.others, title: rfm.others },
    ],
  }),
]
