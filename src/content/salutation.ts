/**
 * How an advisor would address someone: 王女士, 李哥, 张妈妈; never a nickname such as 小太阳🌞, which reads like a robot.
 * The advisor's own remark knows best; a real-looking name with a known gender comes next; else a word that is never wrong.
 */
const surnames = new Set(
  (
    '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤' +
    '温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧阳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝'
  ).split(''),
)
const doubleSurnames = [
  '欧阳',
  '司马',
  '上官',
  '诸葛',
  '东方',
  '皇甫',
  '尉迟',
  '公孙',
  '慕容',
  '令狐',
  '夏侯',
  '司徒',
  '端木',
  '长孙',
  '宇文',
]
const titles = '女士|先生|小姐|太太|妈妈|爸爸|奶奶|爷爷|阿姨|叔叔|老师|医生|哥|姐'
const titled = new RegExp(`([\\u4e00-\\u9fff]{1,2})(${titles})`)

export interface NameSeen {
  readonly name?: string | undefined
  /** What the advisor wrote beside the contact. */
  readonly remark?: string | undefined
  /** 1 = male, 2 = female, 0 = not known (WeCom's numbers). */
  readonly gender?: number | undefined
}

const surnameOf = (name: string): string | null => {
  const double = doubleSurnames.find((surname) => name.startsWith(surname))
  if (double !== undefined) return name.length <= double.length + 2 ? double : null
  const first = name.charAt(0)
  return surnames.has(first) && name.length >= 2 && name.length <= 3 ? first : null
}

function fromTitle(text: string): string | null {
  const match = titled.exec(text)
  if (!match?.[1] || !match[2]) return null
  // 老王哥 and 小李姐 keep their surname, 宝妈妈 has none.
  const surname = [...doubleSurnames, ...match[1].split('').reverse()].find(
    (part) => match[1]?.endsWith(part) === true && (part.length > 1 || surnames.has(part)),
  )
  return surname === undefined ? null : `${surname}${match[2]}`
}

function fromName(text: string, gender: number): string | null {
  if (gender !== 1 && gender !== 2) return null
  const name = /^[\u4e00-\u9fff]+/.exec(text)?.[0] ?? ''
  const surname = surnameOf(name)
  return surname === null ? null : `${surname}${gender === 1 ? '先生' : '女士'}`
}

export function salutationOf(seen: NameSeen, otherwise = '您好'): string {
  const texts = [seen.remark ?? '', seen.name ?? ''].map((text) => text.trim()).filter(Boolean)
  for (const text of texts) {
    const titled = fromTitle(text)
    if (titled !== null) return titled
  }
  for (const text of texts) {
    const named = fromName(text, seen.gender ?? 0)
    if (named !== null) return named
  }
  return otherwise
}
