/**
 * What a shop's own systems may tell, by file or by API: one table of names. To add one: a line here, the kind in
 * `interaction/kinds.ts`, its name in `http/contract.ts`; what it counts as stands in `segment/behaviour.ts`.
 */
import type { Kind } from '../interaction/index.ts'

export interface ShopEvent {
  readonly kind: Kind
  /** Other words for it in a column of kinds. */
  readonly words: readonly string[]
  /** Fields it cannot be without. */
  readonly needs: readonly EventField[]
}

export type EventField = 'order' | 'sku' | 'amount' | 'score' | 'campaign' | 'coupon' | 'chat'

export const shopEvents = {
  browse: { kind: 'product-browsed', words: ['浏览', '浏览商品', 'view', 'browsed'], needs: [] },
  click: { kind: 'link-clicked', words: ['点击', '点开链接', 'clicked'], needs: [] },
  campaign: {
    kind: 'campaign-received',
    words: ['活动', '收到活动', 'campaign received'],
    needs: ['campaign'],
  },
  attend: {
    kind: 'campaign-attended',
    words: ['到场', '参加活动', 'attended', 'campaign attended'],
    needs: ['campaign'],
  },
  coupon: {
    kind: 'coupon-redeemed',
    words: ['核销', '核销优惠券', 'coupon redeemed', 'redemption'],
    needs: [],
  },
  survey: { kind: 'survey-answered', words: ['问卷', '回答问卷', 'survey answered'], needs: [] },
  satisfaction: { kind: 'satisfaction-given', words: ['评价', '满意度', 'rating'], needs: [] },
  complaint: { kind: 'complaint-opened', words: ['投诉', 'complained'], needs: [] },
  chat: { kind: 'chat-said', words: ['聊天', '一对一聊天', '咨询'], needs: [] },
  group: { kind: 'group-said', words: ['群聊', '群里发言', '社群发言'], needs: [] },
  game: { kind: 'game-played', words: ['游戏', '参与游戏'], needs: [] },
  content: { kind: 'content-read', words: ['阅读', '阅读内容', 'read'], needs: [] },
  refund: { kind: 'order-refunded', words: ['退款'], needs: ['order'] },
  delivered: { kind: 'order-delivered', words: ['签收', '送达'], needs: ['order'] },
} as const satisfies Readonly<Record<string, ShopEvent>>

export type ShopEventName = keyof typeof shopEvents
export const shopEventNames = Object.keys(shopEvents) as ShopEventName[]

const byWord = new Map<string, ShopEventName>(
  shopEventNames.flatMap((name) => {
    const { kind, words } = shopEvents[name]
    return [name, kind, ...words].map((word): [string, ShopEventName] => [word, name])
  }),
)

/** By its name, its kind in the log or a usual word; null when nobody knows it. */
export const shopEventOf = (text: string): ShopEventName | null =>
  byWord.get(text.trim().toLowerCase()) ?? null
