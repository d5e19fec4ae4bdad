/** What WeCom says for each code we can answer (WECOM.md §1.2). Clients must never branch on these words. */
const words: Readonly<Record<number, string>> = {
  [-1]: 'system error',
  0: 'ok',
  6000: 'data version conflict',
  40001: 'invalid credential',
  40003: 'invalid userid',
  40007: 'invalid media_id',
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40029: 'invalid code',
  40035: 'invalid http method',
  40056: 'invalid agentid',
  40058: 'invalid Request Parameter',
  40063: 'some parameters are empty',
  40066: 'invalid url',
  40068: 'invalid tagid',
  40093: 'jsapi ticket and agent ticket are mixed',
  40096: 'invalid external userid',
  40097: 'the member has not resigned',
  40098: 'the member has not passed real-name verification',
  40099: 'the member has too many customers',
  40100: 'customer is already being transferred',
  40128: 'transferred too often in 90 days',
  40130: 'handover and takeover are the same member',
  40131: 'handover member does not follow the customer',
  40143: 'the member is banned',
  40205: 'the member has not logged in for a year',
  41001: 'access_token missing',
  41046: 'missing msgid',
  41047: 'invalid msgid',
  41048: 'no customer to send',
  41050: 'welcome code is invalid or expired',
  41051: 'externaluser has started chatting',
  41063: 'message is being dispatched, please query later',
  41064: 'too many attachments',
  41065: 'invalid attachment msgtype',
  41072: 'attachment was uploaded for another scene',
  41078: 'too many running moment tasks',
  41079: 'moment is being dispatched, please query later',
  41081: 'attachment resolution out of limit',
  41082: 'attachment duration out of limit',
  41093: 'msg has been cancelled',
  41094: 'remind frequency exceeds limit',
  41095: 'too many acquisition links',
  41096: 'another application is sending welcome message',
  42001: 'access_token expired',
  42003: 'code expired',
  42012: 'ticket is unusable',
  42014: 'invalid template_card task_id',
  42016: 'template_card task_id not exist',
  42017: 'template_card button key not exist',
  42022: 'code has been used',
  42027: 'invalid template_card card_type',
  43012: 'application has no callback url',
  45002: 'content size out of limit',
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  48002: 'api forbidden',
  50001: 'redirect_uri not registered',
  50002: 'user not in visible range',
  50100: 'invalid paging cursor',
  60011: 'no privilege to access/modify contact/party/agent',
  60020: 'not allow to access from your ip',
  60111: 'userid not found',
  40126: 'corp tag count out of limit',
  42052: 'message cannot be recalled any more',
  45001: 'media size out of limit',
  60123: 'invalid party id',
  81017: 'too many people in range',
  82001: 'empty recipients',
  90500: 'the owner of the group has not resigned',
  90501: 'not a customer group',
  90502: 'the owner of the group has resigned',
  90504: 'the owner does not change',
  90507: 'the group is being inherited',
  90508: 'the group was inherited already',
  90511: 'invalid opengid',
  91040: 'invalid ticket type',
  44001: 'empty media data',
  81013: 'user & party & tag all invalid',
  84061: 'not external contact',
  84074: 'no permission of external contact',
  85002: 'contain forbidden words',
  95000: 'invalid open_kfid',
  95001: 'send msg count limit',
  95002: 'send msg over 48 hours',
  95007: 'invalid msg token',
  95016: 'illegal session state change',
  95018: 'send msg session status invalid',
  301002: 'not allow operate another agent with this accesstoken',
}

export class ApiError extends Error {
  readonly code: number
  constructor(code: number, detail = '') {
    super(detail ? `${words[code] ?? 'error'}: ${detail}` : (words[code] ?? 'error'))
    this.code = code
  }
}

export const missing = (field: string): ApiError => new ApiError(40063, field)
export const invalid = (field: string): ApiError => new ApiError(40058, field)

/** A deed that cannot be done in this world (no such customer, …); control routes answer it with 400. */
export class WorldError extends Error {}

/** The answer body for a code, with the noise the real service appends. */
export function errorBody(
  code: number,
  message: string,
  hint: string,
  ip: string,
): { errcode: number; errmsg: string } {
  const more = `more info at https://open.work.weixin.qq.com/devtool/query?e=${code}`
  return { errcode: code, errmsg: `${message}, hint: [${hint}], from ip: ${ip}, ${more}` }
}
