/**
 * Which attributes a customer may have: those every shop has, and those `config/attributes.yaml` declares. The kind says
 * how a value is checked and where it lives: `text` is a person's own words and lies beside the log, all else are facts.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { readSettings } from '../base/settings-file.ts'

export const attributeKinds = ['text', 'number', 'date', 'lunar', 'choice', 'list'] as const
export type AttributeKind = (typeof attributeKinds)[number]

export interface AttributeSpec {
  /** In the log, in rules, in the API: never changes once released. */
  readonly name: string
  readonly title: string
  readonly kind: AttributeKind
  /** For `choice`: nothing else is taken. Absent: any short value. */
  readonly choices?: readonly string[] | undefined
  /** Other headings of its column in files. */
  readonly columns: readonly string[]
  /** About a child: taken only with the guardian's consent. */
  readonly child: boolean
}

const name = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_]{0,39}$/, 'a name is an English word such as skinType: letters, digits, _')
const short = z.string().trim().min(1).max(60)

const declared = z.strictObject({
  name,
  title: z.string().min(1).max(20),
  kind: z.enum(['text', 'number', 'date', 'choice', 'list']),
  choices: z.array(short).min(1).max(200).optional(),
  columns: z.array(short).max(20).default([]),
  child: z.boolean().default(false),
})

/** What every shop may import without declaring it. */
export const usualAttributes: readonly AttributeSpec[] = [
  {
    name: 'name',
    title: '姓名',
    kind: 'text',
    columns: ['姓名', '客户姓名', '会员姓名', '昵称', '客户名称'],
  },
  { name: 'gender', title: '性别', kind: 'choice', choices: ['女', '男', '未知'], columns: ['性别', 'sex'] },
  { name: 'birthday', title: '生日', kind: 'date', columns: ['生日', '出生日期', '会员生日', 'birth_date'] },
  {
    name: 'birthdayLunar',
    title: '农历生日',
    kind: 'lunar',
    columns: ['农历生日', 'lunar_birthday', 'birthday_lunar'],
  },
  {
    name: 'childBirthday',
    title: '宝宝生日',
    kind: 'date',
    columns: ['宝宝生日', '孩子生日', 'child_birthday', 'baby_birthday'],
    child: true,
  },
  {
    name: 'guardianConsent',
    title: '监护人同意',
    kind: 'choice',
    choices: ['是', '否'],
    columns: ['监护人同意', 'guardian_consent', 'child_consent'],
  },
  {
    name: 'region',
    title: '地区',
    kind: 'choice',
    columns: ['地区', '城市', '省份', 'city', 'province', '所在地'],
  },
  {
    name: 'level',
    title: '会员等级',
    kind: 'choice',
    columns: ['会员等级', '等级', 'member_level', '会员级别'],
  },
  {
    name: 'registeredOn',
    title: '注册日期',
    kind: 'date',
    columns: [
      '注册日期',
      '注册时间',
      '入会时间',
      'registered_at',
      'registered_on',
      'created_at',
      '成为会员时间',
    ],
  },
  { name: 'tags', title: '标签', kind: 'list', columns: ['标签', '会员标签', '客户标签'] },
].map(({ ...spec }) => ({ child: false, ...spec }) as AttributeSpec)

export const attributesShape = z
  .strictObject({ attributes: z.array(declared).max(200).default([]) })
  .superRefine(({ attributes }, context) => {
    const taken = new Set(usualAttributes.map((one) => one.name))
    attributes.forEach((one, i) => {
      if (taken.has(one.name))
        context.addIssue({
          code: 'custom',
          message: `"${one.name}" is taken`,
          path: ['attributes', i, 'name'],
        })
      taken.add(one.name)
      if (one.choices && one.kind !== 'choice')
        context.addIssue({
          code: 'custom',
          message: 'only an attribute of kind choice has choices',
          path: ['attributes', i, 'choices'],
        })
    })
  })

export const loadAttributes = (configDir: string): readonly AttributeSpec[] => [
  ...usualAttributes,
  ...readSettings(
    join(configDir, 'attributes.yaml'),
    attributesShape,
    'The attributes of customers cannot be used:',
  ).attributes,
]
