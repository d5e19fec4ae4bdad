/**
 * Every kind of happening the log may hold, with its words. A kind is forever: it never changes meaning.
 * To add one: a line here, and the line that records it.
 */
export const kinds = {
  // What WeCom tells us (callbacks and full comparisons).
  'contact-added': '添加了顾问',
  'contact-removed': '删除了联系',
  'contact-edited': '联系信息变更',
  'group-created': '社群建立',
  'group-dismissed': '社群解散',
  'group-joined': '加入社群',
  'group-left': '退出社群',
  'group-changed': '社群变更',
  'corp-tag-changed': '企业标签变更',
  'staff-said': '员工发来消息',
  'card-clicked': '员工点了卡片',
  'wecom-event': '企业微信事件',
  'kf-changed': '微信客服事件',
  'group-said': '群里发言',
  // The shop.
  'order-placed': '下单',
  'order-refunded': '退款',
  'order-delivered': '签收',
  'product-browsed': '浏览商品',
  'link-clicked': '点开链接',
  'complaint-opened': '投诉',
  'satisfaction-given': '评价',
  'campaign-received': '收到活动',
  'survey-answered': '回答问卷',
  'content-read': '阅读内容',
  'chat-said': '一对一聊天',
  'game-played': '参与游戏',
  'customer-described': '客户资料',
  // Games.
  'poll-voted': '投票',
  'clue-found': '寻宝找到线索',
  'clue-missed': '寻宝答错',
  'hunt-finished': '寻宝通关',
  'points-given': '获得积分',
  'coupon-issued': '发放优惠券',
  'coupon-redeemed': '核销优惠券',
  'game-opened': '游戏开始',
  'game-closed': '游戏结束',
  // Consent.
  'opted-out': '退订',
  'opted-in': '恢复订阅',
  'topics-chosen': '选择话题',
  // Who is who.
  'contact-identified': '识别出客户身份',
  'customers-merged': '客户合并',
  'customers-unmerged': '客户拆分',
  'customers-kept-apart': '确认为不同客户',
  'customer-erased': '个人信息删除',
  // What we said, or did not.
  'touch-sent': '已触达',
  'touch-waiting': '等待顾问确认',
  'touch-refused': '触达失败',
  'touch-expired': '触达过期',
  'touch-cancelled': '触达取消',
  'touch-skipped': '顾问跳过',
  'touch-intent': '顾问准备发送',
  'touch-held': '触达待人工核对',
  // Segmentation.
  'tier-moved': '分层变更',
  'cut-points-refreshed': '分位点刷新',
  'tags-marked': '标签写回',
  'clv-fitted': '客户价值模型拟合',
  'churn-calibrated': '流失预警校准',
  'churn-warned': '流失预警',
  'churn-cleared': '流失预警解除',
  'audience-saved': '保存人群',
  'audience-removed': '删除人群',
  'tag-gained': '打上动态标签',
  'tag-lost': '取下动态标签',
  // The people who run it.
  'cadence-published': '节奏发布',
  'sending-paused': '暂停触达',
  'sending-resumed': '恢复触达',
  'staff-signed-in': '登录后台',
  'products-imported': '导入商品',
} as const

export type Kind = keyof typeof kinds
export const isKind = (text: string): text is Kind => Object.hasOwn(kinds, text)
