/** What may be wrong with an experiment, in words. */
import type { MistakeWords } from '../mistake.ts'

const tidy = (n: number): string => String(Math.round(n * 100) / 100)

export const tooMany = (most: number): MistakeWords => ({
  message: `实验超过 ${String(most)} 个`,
  fix: '删去已经结束的实验；报告里的结果不会丢',
  messageEn: `there are more than ${String(most)} experiments`,
  fixEn: 'remove those that are over; what they found stays in the log',
})

export const piece: MistakeWords = {
  message: '投票和寻宝装在别的社群消息里，不能单独做实验',
  fix: '对承载它的触点（例如每日干货）做实验',
  messageEn: 'a poll or a hunt travels in another group message and cannot be tested by itself',
  fixEn: 'test the touchpoint that carries it, for example daily-tip',
}

export const staff: MistakeWords = {
  message: '发给员工的消息和朋友圈不能做实验：看到的人不由系统分组',
  fix: '对发给客户的触点做实验',
  messageEn: 'notes to the staff and moments cannot be tested: who sees them is not ours to divide',
  fixEn: 'test a touchpoint for customers',
}

export const live: MistakeWords = {
  message: '活动的社群播报装在别的社群消息里，不能单独做实验',
  fix: '对承载它的触点（例如每日干货）做实验，或对活动里发给客户的部分做实验',
  messageEn: 'the news of a campaign travels in another group message and cannot be tested by itself',
  fixEn: 'test the touchpoint that carries it, for example daily-tip, or a part that customers hear',
}

export const otherPart = (key: string, touchpoint: string): MistakeWords => ({
  message: `“${key}”是活动的另一部分，不能在这里改`,
  fix: `要试它，另建一个实验，写 touchpoint: ${touchpoint}`,
  messageEn: `"${key}" is another part of the campaign and cannot be set here`,
  fixEn: `to test it, write another experiment with touchpoint: ${touchpoint}`,
})

export const fixedInPart = (key: string): MistakeWords => ({
  message: `分组里不能改“${key}”：参加的人和问题必须与分组无关`,
  fix: '在活动本身修改它；分组里可以改话术、优惠、渠道和时间',
  messageEn: `an arm cannot set "${key}": who takes part and what is asked must not depend on the arm`,
  fixEn: 'change it in the campaign itself; an arm may set wording, offer, channel and time',
})

export const fixedKey = (key: string): MistakeWords => ({
  message: `分组里不能改“${key}”：参加的人必须与分组无关`,
  fix: '在触点本身修改它，或另建一个触点',
  messageEn: `an arm cannot set "${key}": who takes part must not depend on the arm`,
  fixEn: 'change it in the touchpoint itself, or make another touchpoint',
})

export const shares = (sum: number): MistakeWords => ({
  message: `各组比例加起来是 ${tidy(sum)}%，不是 100%`,
  fix: '调整 share，让它们合计 100',
  messageEn: `the shares add up to ${tidy(sum)} %, not 100 %`,
  fixEn: 'make the shares add up to 100',
})

export const controlSets: MistakeWords = {
  message: '第一组是对照组，保持触点现在的设置',
  fix: '把 set 移到后面的分组',
  messageEn: 'the first arm is the control and keeps the settings of the touchpoint',
  fixEn: 'move `set` to a later arm',
}

export const nothingSet = (name: string): MistakeWords => ({
  message: `分组“${name}”与对照组没有差别`,
  fix: '在 set 里写上要试的设置，例如 set: { at: "14:30" }',
  messageEn: `the arm "${name}" differs in nothing from the control`,
  fixEn: 'write what it tries under `set`, for example set: { at: "14:30" }',
})

export const twice = (name: string): MistakeWords => ({
  message: `有两个分组都叫“${name}”`,
  fix: '换一个名字',
  messageEn: `two arms are called "${name}"`,
  fixEn: 'give one of them another name',
})

export const tooWide = (share: number, most: number): MistakeWords => ({
  message: `三个以上的新方案，每个最多占 ${tidy(most)}%，现在是 ${tidy(share)}%`,
  fix: `把它降到 ${tidy(most)} 以内，多出的给对照组；这样以后调整比例也不会把人换组`,
  messageEn: `with three or more treatments each may have at most ${tidy(most)} %, this one has ${tidy(share)} %`,
  fixEn: 'lower it and give the rest to the control; then nobody changes arms when shares grow',
})

export const endsBefore = (from: string): MistakeWords => ({
  message: `结束日早于开始日 ${from}`,
  fix: '让 until 不早于 from',
  messageEn: `it ends before it begins on ${from}`,
  fixEn: 'make `until` no earlier than `from`',
})

export const needsPlan: MistakeWords = {
  message: '固定样本的实验要先定好样本量',
  fix: '加上 plan: { baseline: 现在的百分比, difference: 想看出的百分点 }，或改用 read: always-valid',
  messageEn: 'a fixed reading needs its sample size beforehand',
  fixEn: 'add plan: { baseline: percent today, difference: points worth seeing }, or use read: always-valid',
}

export const beyond: MistakeWords = {
  message: '现在的比例加上差别超过 100%',
  fix: '减小 baseline 或 difference',
  messageEn: 'baseline and difference together are more than 100 %',
  fixEn: 'lower baseline or difference',
}

export const overlap = (other: string): MistakeWords => ({
  message: `同一触点上的实验“${other}”在这段时间也在进行`,
  fix: '错开两个实验的 from 和 until，或合成一个多组实验',
  messageEn: `the experiment "${other}" tests the same touchpoint at the same time`,
  fixEn: 'let them follow one another, or make them arms of one experiment',
})
