/**
 * Every reason code there is: what was said, put off, left unsaid, or ended, and why. Codes are kept in rows and in the
 * log for ever and never change meaning; the words are for people. Whoever raises a new one adds its line here; a test
 * reads the sources and knows which are missing.
 */
import type { Reason } from './manners.ts'

/**
 * `allows`: it is said. `delays`: it is said later. `declines`: it is not said, decided beforehand. `ends`: it was
 * promised, and this is how it ended. `holds`: a person has to look.
 */
export type Effect = 'allows' | 'delays' | 'declines' | 'ends' | 'holds'

export interface ReasonEntry {
  readonly words: string
  /** One sentence for whoever wonders. */
  readonly meaning: string
  readonly effects: readonly Effect[]
}

const entry = (effects: string, words: string, meaning: string): ReasonEntry => ({
  words,
  meaning,
  effects: effects.split(' ').filter((effect): effect is Effect => effect in effectTitles),
})

export const effectTitles: Readonly<Record<Effect, string>> = {
  allows: '照常发送',
  delays: '推迟',
  declines: '不发',
  ends: '已结束',
  holds: '待人工核对',
}

/** What the decision itself says: enqueue and its rules. */
const decisions = {
  ok: entry('allows', '可以发送', '没有任何规则阻拦，到点就发。'),
  late: entry('declines ends', '已过时限', '过了这次触达的最晚时间；迟到的话不如不说。'),
  personal: entry('declines', '个性化内容不能群发', '内容只写给一个人，不会并进群发。'),
  'no-channel': entry('declines', '渠道未接入', '这个渠道还没有接入系统，例如短信、邮件。'),
  'opted-out': entry('declines ends', '客户已退订', '客户退订了这一类消息；退订立即生效，已排队的也取消。'),
  'topic-refused': entry('declines ends', '客户不想听这个话题', '客户在订阅设置里关掉了这个话题。'),
  'no-advisor': entry('declines ends', '没有可用的顾问', '客户没有添加顾问，或顾问停用、没有客户联系权限。'),
  'no-contact': entry('declines ends', '与顾问已不是好友', '客户删除了顾问，或社群已解散。'),
  'advisor-on-leave': entry(
    'allows delays declines',
    '顾问休假',
    '由代班顾问发送；没有代班就等顾问回来，等不到就不发。',
  ),
  'advisor-load': entry(
    'delays declines',
    '顾问当天任务已满',
    '顾问当天的任务到了上限，营销任务顺延到有空的一天。',
  ),
  'kf-window': entry(
    'declines ends',
    '不在客服会话窗口内',
    '微信客服只能在客户发言后 48 小时内回复，最多 5 条。',
  ),
  blackout: entry('delays declines', '停发日', '节奏里写明这一天不发营销。'),
  'day-kind': entry(
    'delays declines',
    '不在限定的日子',
    '这个触点只在工作日（或只在休息日）发，调休按国务院安排算；顺延到下一个合适的日子，过了期限就不发。',
  ),
  'complaint-open': entry('declines ends', '有未解决的投诉', '投诉还没有解决，先解决问题，不发营销。'),
  'refund-open': entry('declines ends', '刚有退款', '客户刚退过款，这几天不发营销。'),
  'recent-conversation': entry('delays declines', '刚聊过', '客户刚和我们聊过，过一会儿再发营销。'),
  'quiet-hours': entry('delays declines', '安静时段', '安静时段内什么都不自动发，等到时段结束后的发送时段。'),
  weekday: entry('delays declines', '避开的时间', '周一上午、周五下午这类时间不发营销。'),
  window: entry('delays declines', '不在发送时段', '等下一个发送时段。'),
  'waiting-already': entry('delays declines', '还有一条在等顾问确认', '同一客户同一渠道一次只等一条。'),
  'cap-day': entry('delays declines', '当天触达次数已满', '每位客户每天的营销次数，所有渠道合计。'),
  'cap-week': entry('delays declines', '7 天内触达次数已满', '任意连续 7 天的营销次数，所有渠道合计。'),
  'cap-month': entry('delays declines', '30 天内触达次数已满', '任意连续 30 天的营销次数，所有渠道合计。'),
  'channel-cap': entry('delays declines', '该渠道触达次数已满', '这个渠道自己的上限，例如短信 30 天 3 条。'),
  gap: entry('delays declines', '与另一次触达相隔太近', '两次营销之间要留出间隔，也算已经排好的。'),
  'run-aborted': entry(
    'declines',
    '触达次数已满，本轮到此为止',
    '触点写明 onOverCap: abort：次数、间隔或配额一满，这位客户本轮剩下的各步也不再发。',
  ),
  'run-ended': entry(
    'declines',
    '本轮已提前结束',
    '同一轮里较早的一步因触达次数已满而中止，后面的各步不再发；下一轮照常。',
  ),
  'group-broadcast-today': entry(
    'delays declines',
    '该社群当天已有群发',
    '一个群一天只有一条，干货、投票、线索装在一起。',
  ),
  'wecom-quota': entry(
    'delays declines',
    '企业微信群发配额已用完',
    '按配额规则计数，这位客户本期不能再收群发。',
  ),
  'quota-used': entry(
    'delays declines ends',
    '客户接收群发次数已达上限',
    '企业微信反馈这位客户本期配额已用完（含员工自己发的）。',
  ),
  holdout: entry('declines ends', '对照组', '留作对照的客户，不发营销，其余一切照常计算。'),
} as const

/** What touchpoints know beforehand. */
const touchpoints = {
  'no-interest': entry('declines', '社群未设置兴趣', '没有与这个群对应的内容。'),
  'no-tip': entry('declines', '当天没有可发的干货', '内容库里没有适合这个群、当天能发的干货。'),
  'too-long': entry('declines ends', '话术太长', '填入称呼后超过企业微信允许的长度。'),
  'rung-not-reached': entry('declines', '未到唤醒阶梯', '沉睡时间还没有到最低一级优惠。'),
  'said-before': entry('declines', '不久前已说过', '同一件事隔一段时间才说第二次。'),
  'out-of-stock': entry('declines', '商品已无库存', '没有货，就不请客户来买。'),
  'bought-meanwhile': entry('declines ends', '客户已下单', '客户已经买了，提醒没有意义，排队的也取消。'),
  'moved-on': entry('declines ends', '客户情况已变化', '让这次触达成立的那件事已经过去。'),
  'human-first': entry('declines ends', '先由人处理', '客户有不满或问题，先由顾问处理，系统不插话。'),
  redeemed: entry('declines ends', '优惠券已使用', '券已经用掉，不再提醒。'),
  refunded: entry('declines ends', '订单已退款', '退了款的订单，不再提与它有关的事。'),
  'woken-before': entry('declines', '不久前已唤醒过', '唤醒优惠每人一年最多一次，等待不会换来更好的。'),
} as const

/** How what was promised ended. */
const endings = {
  'not-confirmed': entry('ends', '顾问未在期限内确认', '群发交给了顾问，期限内没有按确认。'),
  'not-sent': entry('ends', '顾问未在期限内发送', '任务交给了顾问，期限内没有发送。'),
  'not-called': entry('ends', '顾问未在期限内打通电话', '电话任务交给了顾问，期限内没有打通。'),
  reached: entry('ends', '电话已打通', '顾问打通了电话，这次触达完成。'),
  'wrong-person': entry('ends', '接电话的不是本人', '号码不对或不是本人接听，任务结束。'),
  'not-delivered': entry('ends', '企业微信未送达', '群主已确认发送，但这个群不在送达名单里。'),
  'no-task': entry('ends', '企业微信没有交给这位顾问', '顾问不在应用可见范围内，或没有可以看到的客户。'),
  'no-robot': entry('ends', '没有这个群机器人', '环境变量 WECOM_ROBOTS 里没有这个名字。'),
  'robot-unusable': entry(
    'ends',
    '群机器人不可用',
    '机器人被移出群或被停用；一天内不再尝试，换了密钥立即恢复。',
  ),
  'moment-lost': entry('ends', '没有找到这条朋友圈', '发表任务过了一天才查，企业微信已不再告知结果。'),
  restored: entry('ends', '恢复备份前就该发', '数据库从备份恢复，那段时间可能已经说过，不再补发。'),
  unsettled: entry('ends', '顾问没有确认结果', '顾问按过发送，但没有说发成了没有。'),
  'touchpoint-off': entry('ends', '触点已停用', '现行节奏里已经没有这个触点，或已停用；还没发的不再发。'),
  skipped: entry('ends', '顾问跳过', '顾问看过后决定不发，并写了原因。'),
  paused: entry('ends', '已暂停触达', '有人按了暂停，等待确认的群发已撤回。'),
  merged: entry('ends', '两份客户资料已合并', '同一位客户的同一内容只发一次，上限也合在一起算。'),
  erased: entry('ends', '客户信息已删除', '客户要求删除个人信息，欠她的都取消。'),
  'by-hand': entry('ends', '人工取消', '核对后决定不再发。'),
  confirmed: entry('ends', '人工确认已送达', '核对后确认当时已经发出。'),
  'gave-up': entry('ends', '多次重试未成功', '网络或企业微信一直没有接受，已放弃。'),
  refused: entry('ends', '企业微信未送达', '企业微信没有说明原因。'),
  unsure: entry('holds', '无法确认是否已发出', '查不到结果，不会盲目重发，请人工核对。'),
  poison: entry('holds', '发送时反复出错', '多次在这一条上出错，已停下，请人工处理。'),
} as const

const byWecom = '企业微信拒绝了这次发送。'
/** Names of WeCom's answers (wecom/protocol/errors.ts) that end a promise. */
const answers = {
  'not-a-friend': entry('ends', '已不是好友', '客户已删除顾问，企业微信没有发。'),
  'nobody-reachable': entry('ends', '接收人都不可用', byWecom),
  'no-recipient': entry('ends', '没有可以送达的客户', byWecom),
  'no-such-customer': entry('ends', '客户不存在', byWecom),
  'no-such-member': entry('ends', '成员不存在', '顾问不在应用可见范围内，或已离职。'),
  'no-such-group': entry('ends', '群不存在或不可用', byWecom),
  'no-such-tag': entry('ends', '标签不存在', byWecom),
  'no-such-broadcast': entry('ends', '群发记录不存在', byWecom),
  'no-consent': entry('ends', '客户未同意会话存档', byWecom),
  'no-wechat': entry('ends', '成员未绑定微信', byWecom),
  'no-contact-permission': entry('ends', '成员没有客户联系权限', byWecom),
  'not-in-range': entry('ends', '成员不在应用可见范围内', byWecom),
  'forbidden-words': entry('ends', '含有违禁词', '话术里有企业微信不允许的词，请修改。'),
  'spam-blocked': entry('ends', '被反垃圾策略拦截', byWecom),
  'media-expired': entry('ends', '素材已过期', byWecom),
  'welcome-late': entry('ends', '欢迎语已过有效期', '欢迎语要在添加后 20 秒内发出。'),
  'already-talking': entry('ends', '客户已在对话中', '客户先开口了，欢迎语不再发。'),
  cancelled: entry('ends', '群发已取消', byWecom),
  'too-late-to-recall': entry('ends', '超过撤回时限', byWecom),
  'transfer-refused': entry('ends', '客户无法转接', byWecom),
  'group-transfer-refused': entry('ends', '群无法转接', byWecom),
  'stale-card': entry('ends', '卡片已失效', byWecom),
  'code-invalid': entry('ends', '登录已失效', byWecom),
  malformed: entry('ends', '请求参数有误', '系统发出的请求有误，请报告这个问题。'),
  'bad-card': entry('ends', '卡片内容不合规', byWecom),
  'bad-attachment': entry('ends', '附件不合规', byWecom),
  'no-media': entry('ends', '素材已删除', '话术要带的素材已从素材库删除，这条话术不再发出。'),
  'bad-media': entry('ends', '素材不合规', byWecom),
  'bad-ticket-kind': entry('ends', '票据类型错误', byWecom),
  'token-missing': entry('ends', '请求缺少凭证', byWecom),
  'bad-unionid': entry('ends', 'unionid 不正确', byWecom),
  'kf-state': entry('ends', '客服会话状态不允许', '会话已转人工或已结束，机器人不能再发。'),
  'kf-rejected': entry('ends', '客户拒收客服消息', '客户在会话里关闭了接收，企业微信没有发。'),
  'too-many-people': entry('ends', '范围内人数过多', byWecom),
} as const

export const reasons = { ...decisions, ...touchpoints, ...endings, ...answers } as const
export type ReasonCode = keyof typeof reasons

/** In the table's words, or in more exact ones. */
export const reasonOf = (code: ReasonCode, words?: string): Reason => ({
  code,
  words: words ?? reasons[code].words,
})

export interface ListedReason extends ReasonEntry {
  readonly code: string
}
export const listedReasons = (): ListedReason[] =>
  Object.entries(reasons).map(([code, one]) => ({ code, ...one }))
