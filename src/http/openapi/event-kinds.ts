/**
 * The kinds of `POST /api/v1/events` for whoever has to send them: what each is for, what it cannot be without, and a
 * body that the server takes as it stands (a test posts every one of them).
 */
import type { z } from 'zod'
import type { eventNames, eventsBody } from '../contract.ts'
import { say } from './note.ts'
import type { Words } from './note.ts'

type EventName = (typeof eventNames)[number]
type EventIn = z.input<typeof eventsBody>['events'][number]

export interface EventKind {
  readonly kind: EventName
  readonly title: Words
  readonly says: Words
  /** Fields beyond `id`, `kind`, `at` and `customer` that it cannot be without. */
  readonly needs: readonly string[]
  readonly example: EventIn
}

type Rest = Omit<EventIn, 'id' | 'kind' | 'at' | 'customer'> & Partial<Pick<EventIn, 'customer'>>

const at = '2026-05-20T10:30:00+08:00'

const kind = (
  name: EventName,
  title: Words,
  says: Words,
  needs: readonly string[],
  rest: Rest,
): EventKind => ({
  kind: name,
  title,
  says,
  needs,
  example: { id: `${name}-20260520-0001`, kind: name, at, customer: { shopId: 'u10086' }, ...rest },
})

/** Every kind, or this does not compile. */
const byName: Readonly<Record<EventName, EventKind>> = {
  order: kind(
    'order',
    say('下单', 'Order'),
    say(
      '付款后的订单，金额为实付（分）。写上 coupon 就同时核销这张券；券有问题时订单照记，问题在 warnings 里说明。',
      'A paid order; the amount is what was paid, in fen. With `coupon` that coupon is redeemed by it; a coupon in trouble costs no order, and is told in `warnings`.',
    ),
    ['amountFen'],
    {
      customer: { shopId: 'u10086', phone: '13800138000' },
      orderId: 'A20260520-0001',
      amountFen: 12_900,
      items: [{ sku: 'MILK-900', quantity: 2, amountFen: 12_900 }],
    },
  ),
  refund: kind(
    'refund',
    say('退款', 'Refund'),
    say(
      'amountFen 写退了多少，部分退款可以多次；不写就是退掉剩下的全部。早于订单到达也没关系。',
      '`amountFen` says how much, and several partial refunds add up; without it all that is left goes back. It may come before its order.',
    ),
    ['orderId'],
    { orderId: 'A20260520-0001' },
  ),
  delivered: kind(
    'delivered',
    say('签收', 'Delivered'),
    say(
      '订单送到了；售后关怀从这一天算起。',
      'An order has arrived; care after a sale counts from that day.',
    ),
    ['orderId'],
    { orderId: 'A20260520-0001' },
  ),
  browse: kind(
    'browse',
    say('浏览商品', 'Looked at a product'),
    say('带上 sku 才知道她对什么感兴趣。', 'With a `sku` it tells what she is interested in.'),
    [],
    { detail: { sku: 'MILK-900' } },
  ),
  click: kind(
    'click',
    say('点开链接', 'Opened a link'),
    say(
      '门店自己的页面上的点击；本系统发出的链接会自己记录。',
      'On the shop’s own pages; links sent from here are recorded without it.',
    ),
    [],
    { detail: { sku: 'MILK-900', page: 'spring-sale' } },
  ),
  campaign: kind(
    'campaign',
    say('收到活动', 'Received a campaign'),
    say('在别处（短信、电话）收到的活动。', 'A campaign that reached her elsewhere, by SMS or by phone.'),
    ['detail.campaign'],
    { detail: { campaign: 'spring-2026', channel: 'sms' } },
  ),
  attend: kind(
    'attend',
    say('到场参加活动', 'Came to a campaign'),
    say(
      '在活动现场签到；detail.campaign 是节奏里活动的名字。',
      'Checked in at the event; `detail.campaign` is its name in the cadence.',
    ),
    [],
    { detail: { campaign: 'return-week' } },
  ),
  coupon: kind(
    'coupon',
    say('核销优惠券', 'Redeemed a coupon'),
    say(
      '没有订单的核销；有订单时写在订单里即可。',
      'Without an order; with one, name the coupon in the order.',
    ),
    [],
    { coupon: 'ABCDEFGHJK', detail: { place: 'store-3' } },
  ),
  survey: kind(
    'survey',
    say('回答问卷', 'Answered a survey'),
    say('答案写在 detail 里，一项一个字段。', 'The answers stand in `detail`, a field each.'),
    [],
    { detail: { survey: 'taste-2026', favourite: 'low-sugar' } },
  ),
  satisfaction: kind(
    'satisfaction',
    say('评价', 'Gave a verdict'),
    say(
      'detail.score 为分数，满分不是 5 时写 detail.scale；五分之二及以下算不满意。写上 detail.orderId，评价才有积分。',
      '`detail.score`, with `detail.scale` where the highest is not 5; two of five and below is unhappy. With `detail.orderId` a review earns points.',
    ),
    [],
    { detail: { score: 5, orderId: 'A20260520-0001', text: '宝宝很喜欢' } },
  ),
  complaint: kind(
    'complaint',
    say('投诉', 'Complained'),
    say(
      '投诉未解决前，营销触达会停下，顾问会收到任务。detail.text 是她的原话，与日志分开存放。',
      'While it is open, marketing stops and an advisor is given a task. `detail.text` is her own words, kept beside the log.',
    ),
    [],
    { detail: { text: '少发了一罐', orderId: 'A20260520-0001' } },
  ),
  chat: kind(
    'chat',
    say('一对一聊天', 'Chatted'),
    say('别的客服渠道里的对话。', 'A conversation on another channel of service.'),
    [],
    { detail: { channel: 'taobao', text: '请问什么时候到货？' } },
  ),
  group: kind(
    'group',
    say('群里发言', 'Spoke in a group'),
    say('chat 写群的编号。', '`chat` is the id of the group.'),
    [],
    { chat: 'wrOgQhDgAAMYQiS5ol9G7gK9JVAAAA', detail: { length: 12 } },
  ),
  game: kind(
    'game',
    say('参与游戏', 'Played a game'),
    say(
      '门店自己的游戏；本系统的投票和寻宝会自己记录。',
      'A game of the shop’s own; polls and hunts from here are recorded without it.',
    ),
    [],
    { detail: { game: 'spin-wheel', prize: 'sticker' } },
  ),
  content: kind(
    'content',
    say('阅读内容', 'Read something'),
    say('文章、视频、直播。', 'An article, a video, a live show.'),
    [],
    { detail: { title: '换奶不拉肚子的五个办法', minutes: 3 } },
  ),
  customer: kind(
    'customer',
    say('客户资料', 'About a customer'),
    say(
      '只有它可以带 attributes，名字须在 config/attributes.yaml 里声明；null 表示清除。孩子的信息须同时带 guardianConsent。',
      'The only one with `attributes`, by the names of config/attributes.yaml; null clears one. What is about a child needs `guardianConsent` beside it.',
    ),
    ['attributes'],
    {
      customer: { shopId: 'u10086', unionid: 'oUnionid0001' },
      attributes: { name: '王芳', level: '金卡', birthday: '1992-03-08', tags: ['奶粉', '纸尿裤'] },
    },
  ),
}

export const eventKinds: readonly EventKind[] = Object.values(byName)

export const bodyOf = (...events: readonly EventIn[]): z.input<typeof eventsBody> => ({ events: [...events] })

/** What the fields of an event are for, by their path. */
export const eventFields: Readonly<Record<string, Words>> = {
  id: say('这条事件的编号，由门店取，永不重复', 'The shop’s own id of this event, never used again'),
  kind: say('哪一种，见上', 'Which kind, see above'),
  at: say('什么时候发生的', 'When it happened'),
  customer: say('是谁，至少写一个', 'Who: one of them at least'),
  'customer.external': say('企业微信的 external_userid', 'external_userid of WeCom'),
  'customer.unionid': say('微信 unionid', 'unionid of WeChat'),
  'customer.shopId': say('门店会员号', 'Her number in the shop’s own system'),
  'customer.phone': say('手机号，进门即散列', 'Phone, hashed at the door'),
  'customer.phoneHash': say('散列过的手机号', 'A phone that was hashed already'),
  chat: say('发生在哪个群', 'The group it happened in'),
  orderId: say('订单号', 'The order'),
  amountFen: say('金额，分', 'Money in fen'),
  coupon: say('订单用掉的券码', 'The code of the coupon that was used'),
  items: say('买了什么', 'What was bought'),
  'items[].sku': say('商品编号', 'The product'),
  'items[].quantity': say('几件', 'How many'),
  'items[].amountFen': say('这几件合计，分', 'All of them together, in fen'),
  detail: say(
    '最多 20 项附加信息；text 是本人的原话，与日志分开存放',
    'Up to 20 facts more; `text` is a person’s own words and is kept beside the log',
  ),
  attributes: say('客户属性，只用于 customer', 'Attributes of a customer, with `customer` only'),
}
