/**
 * Liquid, closed in: no files, no prototypes, no loops; unknown variables and filters are mistakes; time, size and
 * memory are limited. Everything that can be wrong with a wording is found by `checkWording` before it is published.
 */
import { Liquid } from 'liquidjs'
import type { Template } from 'liquidjs'
import { LRUCache } from 'lru-cache'
import { isLinkTarget, linksIn } from './links.ts'
import { sampleView, variablesOf } from './view.ts'
import type { View, ViewKind } from './view.ts'
import { bytesOf } from './words.ts'

const parseLimit = 20_000
const engine = new Liquid({
  ownPropertyOnly: true,
  strictFilters: true,
  strictVariables: true,
  lenientIf: true,
  parseLimit,
  // Wall time: a busy machine must not decide whether a wording is right. What it may do is bounded below.
  renderLimit: 5_000,
  memoryLimit: 2_000_000,
  templates: {},
  timezoneOffset: -480,
})
/** A wording chooses words, it does not compute: without loops a rendering is never longer than its text. */
const allowedTags = new Set(['if', 'unless', 'case', 'assign', 'comment', 'raw', 'echo'])
for (const tag of Object.keys(engine.tags))
  if (!allowedTags.has(tag)) Reflect.deleteProperty(engine.tags, tag)
const maxTags = 100

const parsed = new LRUCache<string, Template[]>({ max: 500 })

function templateOf(wording: string): Template[] {
  const known = parsed.get(wording)
  if (known) return known
  const template = engine.parse(wording)
  parsed.set(wording, template)
  return template
}

/** Throws only for a wording that `checkWording` would have refused. */
export function render(wording: string, view: View): string {
  const text: unknown = engine.renderSync(templateOf(wording), view)
  return String(text).trim()
}

export interface WordingMistake {
  /** Lines below the first line of the wording, 0-based. */
  readonly row: number
  readonly message: string
  readonly fix: string
  readonly messageEn: string
  readonly fixEn: string
}

export interface WordingRules {
  readonly view: ViewKind
  /** UTF-8 bytes of the text as it leaves, links filled. */
  readonly maxBytes: number
}

/** What a link becomes when it is filled is longer than its mark; this much is set aside for each. */
export const linkBytes = 160

/** Length as it leaves, with every link counted at its longest. */
export const filledBytes = (text: string): number => {
  const links = linksIn(text)
  const marks = links.reduce((sum, target) => sum + bytesOf(`[[link:${target}]]`), 0)
  return bytesOf(text) - marks + links.length * linkBytes
}

/** The same in letters. */
export const filledLetters = (text: string): number => {
  const links = linksIn(text)
  const marks = links.reduce((sum, target) => sum + `[[link:${target}]]`.length, 0)
  return [...text].length - marks + links.length * linkBytes
}

export function checkWording(wording: string, rules: WordingRules): WordingMistake[] {
  // Whatever is far too long is not worth a closer look; templates may be somewhat longer than their text.
  if (bytesOf(wording) > rules.maxBytes * 3) return [tooLong(bytesOf(wording), rules)]
  const mistakes = [...checkLinks(wording), ...checkLiquid(wording, rules)]
  if (mistakes.length > 0) return mistakes
  const bytes = filledBytes(render(wording, sampleView(rules.view)))
  return bytes <= rules.maxBytes ? [] : [tooLong(bytes, rules)]
}

const tooLong = (bytes: number, rules: WordingRules): WordingMistake => ({
  row: 0,
  message: `话术约 ${String(bytes)} 字节（链接按 ${String(linkBytes)} 字节计），超过上限 ${String(rules.maxBytes)} 字节`,
  fix: `精简到 ${String(Math.floor(rules.maxBytes / 3))} 个汉字以内`,
  messageEn: `the wording takes about ${String(bytes)} bytes (each link counted as ${String(linkBytes)}), more than ${String(rules.maxBytes)}`,
  fixEn: `shorten it to fewer than ${String(Math.floor(rules.maxBytes / 3))} Chinese characters`,
})

function checkLinks(wording: string): WordingMistake[] {
  return linksIn(wording)
    .filter((target) => !isLinkTarget(target))
    .map((target) => ({
      row: wording.slice(0, wording.indexOf(`[[link:${target}]]`)).split('\n').length - 1,
      message: `链接 [[link:${target}]] 写法不对`,
      fix: '可写 [[link:subscription]]、[[link:me]] 或 [[link:game/poll-2026-W47]]',
      messageEn: `the link [[link:${target}]] is not well-formed`,
      fixEn: 'write [[link:subscription]], [[link:me]] or [[link:game/poll-2026-W47]]',
    }))
}

function checkLiquid(wording: string, { view }: WordingRules): WordingMistake[] {
  const allowed = variablesOf(view)
  try {
    const tags = wording.split('{%').length - 1
    if (tags > maxTags) throw new Error(`more than ${String(maxTags)} tags`)
    const template = engine.parse(wording)
    const unknown = engine
      .globalVariableSegmentsSync(template)
      .map((segments) => segments.map(String).join('.'))
      .filter((name) => !allowed.includes(name))
    if (unknown.length > 0) return unknown.map((name) => unknownVariable(name, wording, allowed))
    engine.renderSync(template, sampleView(view))
    return []
  } catch (error) {
    return [liquidMistake(error)]
  }
}

const unknownVariable = (name: string, wording: string, allowed: readonly string[]): WordingMistake => ({
  row: wording.slice(0, Math.max(0, wording.indexOf(name))).split('\n').length - 1,
  message: `话术中不能使用变量 {{ ${name} }}`,
  fix: `可用变量：${allowed.join('、')}`,
  messageEn: `the wording cannot see {{ ${name} }}`,
  fixEn: `it may see ${allowed.join(', ')}`,
})

function liquidMistake(error: unknown): WordingMistake {
  const message = error instanceof Error ? error.message : String(error)
  const line = /line:(\d+)/.exec(message)?.[1]
  const short = message.split('\n')[0]?.replace(/, line:\d+.*$/, '') ?? message
  return {
    row: line === undefined ? 0 : Number(line) - 1,
    message: `话术模板有误：${short}`,
    fix: '检查 {{ }} 与 {% %} 是否成对、变量与过滤器是否拼写正确',
    messageEn: `the wording is not valid Liquid: ${short}`,
    fixEn: 'check that {{ }} and {% %} are closed and that variables and filters are spelled right',
  }
}
