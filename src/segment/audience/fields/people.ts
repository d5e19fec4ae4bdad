import { z } from 'zod'
import { defineField } from '../field.ts'
import type { AudienceField, Use } from '../field.ts'

const hers = `select i.value from identity i where i.customer = c.id and i.kind = 'external'`

const relationSet = (
  name: string,
  title: string,
  column: string,
  choices: NonNullable<AudienceField['choices']>,
): AudienceField =>
  defineField({
    name,
    title,
    group: '联系与社群',
    kind: 'set',
    sql: (use) =>
      `case when exists (select 1 from relation r where r.external in (${hers}) and r.state = 'active' and ${column} in (${use.values()})) then 1 else 0 end`,
    choices,
  })

const topicSettings = z.strictObject({ topic: z.string('请选择话题').min(1).max(64) })

export const peopleFields: readonly AudienceField[] = [
  defineField({
    name: 'has-advisor',
    title: '已添加顾问',
    group: '联系与社群',
    kind: 'flag',
    sql: () =>
      `case when exists (select 1 from relation r where r.external in (${hers}) and r.state = 'active') then 1 else 0 end`,
  }),
  defineField({
    name: 'named-advisor',
    title: '有专属顾问',
    group: '联系与社群',
    kind: 'flag',
    sql: () =>
      `case when exists (select 1 from named_advisor n where n.customer = c.id and n.staff is not null) then 1 else 0 end`,
  }),
  relationSet('advisor', '所属顾问', 'r.staff', (reader) =>
    reader.rows('select userid as value, name as title from staff where contact = 1 order by name, userid'),
  ),
  relationSet('add-way', '添加方式', 'cast(r.add_way as text)', (reader) =>
    reader.rows(
      'select distinct cast(add_way as text) as value, cast(add_way as text) as title from relation where add_way is not null order by 1',
    ),
  ),
  relationSet('from-state', '来源渠道', 'r.from_state', (reader) =>
    reader.rows(
      `select distinct from_state as value, from_state as title from relation where from_state is not null and from_state <> '' order by 1 limit 500`,
    ),
  ),
  defineField({
    name: 'came-by',
    title: '从渠道进来',
    group: '联系与社群',
    kind: 'set',
    sql: (use) =>
      `case when exists (select 1 from entrance e where e.external in (${hers}) and e.mark in (${use.values()})) then 1 else 0 end`,
    choices: (reader) =>
      reader.rows('select mark as value, name as title from way order by created_at desc, mark limit 500'),
  }),
  defineField({
    name: 'group',
    title: '所在社群',
    group: '联系与社群',
    kind: 'set',
    sql: (use) =>
      `case when exists (select 1 from group_member m where m.member in (${hers}) and m.chat in (${use.values()})) then 1 else 0 end`,
    choices: (reader) =>
      reader.rows(
        `select chat as value, name as title from chat_group where state = 'active' order by name, chat`,
      ),
  }),
  defineField({
    name: 'interest-group',
    title: '所在兴趣社群的主题',
    group: '联系与社群',
    kind: 'set',
    sql: (use) =>
      `case when exists (select 1 from group_member m join chat_group g on g.chat = m.chat where m.member in (${hers}) and g.state = 'active' and g.interest in (${use.values()})) then 1 else 0 end`,
    choices: (reader) =>
      reader.rows(
        `select distinct interest as value, interest as title from chat_group where interest is not null and interest <> '' order by 1`,
      ),
  }),
  defineField({
    name: 'opted-out',
    title: '已退订营销消息',
    group: '联系与社群',
    kind: 'flag',
    sql: () =>
      `case when exists (select 1 from consent o where o.customer = c.id and o.purpose = 'marketing' and o.opted_out = 1) then 1 else 0 end`,
  }),
  defineField({
    name: 'wants-topic',
    title: '愿意收到话题',
    group: '联系与社群',
    kind: 'flag',
    settings: topicSettings,
    sql: ({ settings, param }: Use<z.infer<typeof topicSettings>>) =>
      `coalesce((select t.wanted from topic_choice t where t.customer = c.id and t.topic = ${param(settings.topic)}), 1)`,
  }),
  defineField({
    name: 'days-known',
    title: '认识她',
    group: '联系与社群',
    kind: 'number',
    unit: '天',
    sql: ({ now }) => `(${String(now)} - c.created_at) / 86400000`,
  }),
]
