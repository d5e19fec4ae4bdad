/**
 * What each error code of WeCom asks of us: one table (WECOM.md §1.2), the only place that knows codes by meaning.
 * Codes are for machines, `words` for the console. The text of an answer (errmsg) is never looked at.
 */

/**
 * `retry`: back off and try again. `refresh`: another token, once. `wait`: a limit; nothing of this API until its window
 * ends. `later`: WeCom is still at work on it. `drop`: never for this item. `done`: it is so already. `alert`: an operator
 * must act. `bug`: our request is wrong. `again`: the sign-in must begin anew.
 */
export type Reaction = 'retry' | 'refresh' | 'wait' | 'later' | 'drop' | 'done' | 'alert' | 'bug' | 'again'

export interface Meaning {
  readonly reaction: Reaction
  /** A stable word for it in results and reasons. */
  readonly name: string
  readonly words: string
}

const mean = (reaction: Reaction, name: string, words: string): Meaning => ({ reaction, name, words })

const transfer = mean('drop', 'transfer-refused', '客户无法转接')
const badTicket = mean('drop', 'stale-card', '卡片已失效')
const malformed = mean('bug', 'malformed', '请求参数有误')
const badCard = mean('bug', 'bad-card', '卡片内容不合规')
const badAttachment = mean('bug', 'bad-attachment', '附件不合规')
const notPermitted = mean('alert', 'not-permitted', '应用没有这个接口的权限')
const badCode = mean('again', 'code-invalid', '登录已失效，请重新进入')
const noSuchGroup = mean('drop', 'no-such-group', '群不存在或不可用')
const badRobot = mean('alert', 'robot-unusable', '群机器人不可用')
const groupTransfer = mean('drop', 'group-transfer-refused', '群无法转接')

const table: Readonly<Record<number, Meaning>> = {
  [-1]: mean('retry', 'busy', '企业微信繁忙'),
  6000: mean('retry', 'conflict', '数据被同时修改'),
  40001: mean('alert', 'bad-secret', '应用 Secret 不正确'),
  40003: mean('drop', 'no-such-member', '成员不存在'),
  60111: mean('drop', 'no-such-member', '成员不存在'),
  46004: mean('drop', 'no-such-member', '成员不存在'),
  40007: mean('drop', 'media-expired', '素材已过期'),
  40013: mean('alert', 'bad-corp', '企业 ID 不正确'),
  40014: mean('refresh', 'token-invalid', '凭证失效'),
  42001: mean('refresh', 'token-expired', '凭证过期'),
  40029: badCode,
  42003: badCode,
  42022: badCode,
  40033: malformed,
  40035: malformed,
  40058: malformed,
  40063: malformed,
  40066: malformed,
  40050: noSuchGroup,
  86001: noSuchGroup,
  86003: noSuchGroup,
  86008: noSuchGroup,
  40056: mean('alert', 'bad-agent', 'AgentId 不正确'),
  301002: mean('alert', 'bad-agent', 'AgentId 不正确'),
  40068: mean('drop', 'no-such-tag', '标签不存在'),
  40096: mean('drop', 'no-such-customer', '客户不存在'),
  40097: transfer,
  40098: transfer,
  40099: transfer,
  40100: transfer,
  40128: transfer,
  40129: transfer,
  40130: transfer,
  40131: transfer,
  40143: transfer,
  40205: transfer,
  40126: mean('alert', 'too-many-tags', '企业标签数量已达上限'),
  40201: mean('drop', 'spam-blocked', '被反垃圾策略拦截'),
  40204: mean('drop', 'spam-blocked', '被反垃圾策略拦截'),
  41001: mean('bug', 'token-missing', '请求缺少凭证'),
  41046: mean('drop', 'no-such-broadcast', '群发记录不存在'),
  41047: mean('drop', 'no-such-broadcast', '群发记录不存在'),
  41048: mean('drop', 'no-recipient', '没有可以送达的客户'),
  41050: mean('drop', 'welcome-late', '欢迎语已过有效期'),
  41051: mean('done', 'already-talking', '客户已在对话中'),
  41053: mean('drop', 'no-consent', '客户未同意会话存档'),
  41054: mean('alert', 'member-inactive', '成员未激活或未实名'),
  41063: mean('later', 'dispatching', '群发正在下发'),
  41079: mean('later', 'dispatching', '朋友圈正在下发'),
  41064: badAttachment,
  41065: badAttachment,
  41072: badAttachment,
  41080: badAttachment,
  41081: badAttachment,
  41082: badAttachment,
  41078: mean('wait', 'too-many-moments', '朋友圈任务过多'),
  41093: mean('done', 'cancelled', '群发已取消'),
  41094: mean('wait', 'reminded-too-often', '今天提醒次数已满'),
  41095: mean('alert', 'too-many-links', '获客链接数量已达上限'),
  41096: mean('retry', 'other-app-welcomes', '其他应用正在发送欢迎语'),
  42012: mean('refresh', 'ticket-unusable', '票据不可用'),
  40093: mean('refresh', 'ticket-unusable', '票据不可用'),
  42016: badTicket,
  42017: badTicket,
  42052: mean('drop', 'too-late-to-recall', '超过撤回时限'),
  43004: mean('drop', 'no-wechat', '成员未绑定微信'),
  43012: mean('alert', 'no-callback', '应用没有设置回调地址'),
  44001: mean('bug', 'bad-media', '素材不合规'),
  45001: mean('bug', 'bad-media', '素材不合规'),
  45002: mean('bug', 'too-long', '内容过长'),
  40206: mean('bug', 'too-long', '内容过长'),
  45009: mean('wait', 'rate-limit', '接口调用次数达到上限'),
  45033: mean('retry', 'too-many-at-once', '并发过高'),
  48001: notPermitted,
  48002: notPermitted,
  48004: notPermitted,
  48005: notPermitted,
  48006: notPermitted,
  48007: notPermitted,
  50001: mean('alert', 'untrusted-domain', '网页授权域名不可信'),
  50002: mean('drop', 'not-in-range', '成员不在应用可见范围内'),
  60011: mean('drop', 'not-in-range', '成员不在应用可见范围内'),
  50003: mean('alert', 'app-disabled', '应用已停用'),
  50100: mean('retry', 'bad-cursor', '分页游标失效'),
  60020: mean('alert', 'untrusted-ip', '服务器 IP 不在可信列表'),
  81013: mean('drop', 'nobody-reachable', '接收人都不可用'),
  81017: mean('bug', 'too-many-people', '范围内人数过多'),
  82001: malformed,
  82002: malformed,
  82003: malformed,
  82004: malformed,
  84061: mean('drop', 'not-a-friend', '已不是好友'),
  84074: mean('alert', 'no-contact-permission', '成员没有客户联系权限'),
  84083: mean('drop', 'no-contact-permission', '成员没有客户联系权限'),
  84084: mean('drop', 'not-a-friend', '已不是好友'),
  85002: mean('drop', 'forbidden-words', '含有违禁词'),
  91040: mean('bug', 'bad-ticket-kind', '票据类型错误'),
  93000: badRobot,
  93004: badRobot,
  93008: badRobot,
  95000: mean('alert', 'bad-kf', '客服账号不正确'),
  95004: mean('alert', 'bad-kf', '客服账号不正确'),
  95001: mean('wait', 'kf-five', '客服消息已达 5 条'),
  95002: mean('drop', 'kf-window', '超过 48 小时会话窗口'),
  95031: mean('drop', 'kf-window', '超过 48 小时会话窗口'),
  95007: mean('retry', 'kf-token', '拉取凭证过期'),
  95011: mean('alert', 'kf-mode', '客服模式冲突'),
  95012: mean('alert', 'kf-mode', '客服模式冲突'),
  95017: mean('alert', 'kf-mode', '客服模式冲突'),
  95023: mean('alert', 'kf-mode', '客服模式冲突'),
  95013: mean('drop', 'kf-state', '客服会话状态不允许'),
  95016: mean('drop', 'kf-state', '客服会话状态不允许'),
  95018: mean('drop', 'kf-state', '客服会话状态不允许'),
  95019: mean('drop', 'kf-state', '客服会话状态不允许'),
  610014: mean('drop', 'bad-unionid', 'unionid 不正确'),
  701008: mean('alert', 'no-licence', '缺少接口许可'),
}

/** Codes of `retry` that the same request would meet again: paging begins anew (50100), the token is left out (95007). */
const otherwise = new Set([50100, 95007])
export const wantsOtherRequest = (code: number): boolean => otherwise.has(code)

/** Runs of codes with one meaning. */
const ranges: readonly (readonly [number, number, Meaning])[] = [
  [42014, 42019, badCard],
  [42027, 42051, badCard],
  [90500, 90511, groupTransfer],
]

/** A code we have never heard of needs a person, not a guess. */
export function meaningOf(code: number): Meaning {
  return (
    table[code] ??
    ranges.find(([from, to]) => code >= from && code <= to)?.[2] ??
    mean('alert', `code-${String(code)}`, `企业微信返回错误 ${String(code)}`)
  )
}
