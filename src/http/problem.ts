/** The one place where an error becomes an answer: RFC 9457 problem documents, or a small page for a person. */
import { STATUS_CODES } from 'node:http'
import { isDatabaseTrouble } from '../base/db.ts'
import { OutsideFailure, Refusal } from '../base/errors.ts'
import type { ConfigProblem, Problem } from './contract.ts'

export interface Trouble {
  readonly problem: Problem
  /** A healthy system logs no `error`: the caller's trouble is `info`, the world's is `warn`. */
  readonly level: 'info' | 'warn' | 'error'
  readonly retryAfterMs?: number
}

const defaultRetryMs = 5_000

export function troubleOf(error: unknown, requestId: string): Trouble {
  if (error instanceof Refusal) {
    const problems = error.detail?.['problems'] as Problem['problems']
    const threeWay = error.detail?.['threeWay'] as Problem['threeWay']
    return {
      level: 'info',
      problem: {
        ...base(error.status, error.code, requestId),
        message: error.message,
        ...(error.fix === undefined ? {} : { fix: error.fix }),
        ...(problems === undefined ? {} : { problems: problems.map(asShown) }),
        ...(threeWay === undefined ? {} : { threeWay }),
      },
    }
  }
  if (error instanceof OutsideFailure || isDatabaseTrouble(error)) {
    const retryAfterMs = error instanceof OutsideFailure ? error.retryAfterMs : undefined
    return {
      level: 'warn',
      retryAfterMs: retryAfterMs ?? defaultRetryMs,
      problem: {
        ...base(503, 'try-later', requestId),
        message: '服务暂时不可用，请稍后再试',
        fix: '稍等几秒后重试；持续出现请联系管理员查看服务日志',
      },
    }
  }
  return {
    level: 'error',
    problem: {
      ...base(500, 'internal', requestId),
      message: '服务器出错了，我们已经记录下来',
      fix: '请把请求编号告诉管理员',
    },
  }
}

/** The same mistake carries English words for the command line. */
const asShown = ({ line, column, path, message, fix }: ConfigProblem): ConfigProblem => ({
  line,
  column,
  path,
  message,
  fix,
})

const base = (
  status: number,
  code: string,
  requestId: string,
): Pick<Problem, 'type' | 'title' | 'status' | 'code' | 'requestId'> => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  code,
  requestId,
})

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (letter) => escapes[letter] ?? letter)

/** What a person sees who opened an address in a browser and met trouble. No scripts, no outside resources. */
export const problemPage = ({ message, fix, requestId }: Problem): string =>
  page(message, [...(fix === undefined ? [] : [fix]), `请求编号：${requestId}`])

export const page = (title: string, lines: readonly string[]): string =>
  `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>body{margin:0;padding:18vh 24px;font:16px/1.7 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#222;background:#fff;text-align:center}h1{font-size:20px}p{color:#666;margin:.4em 0}@media(prefers-color-scheme:dark){body{color:#ddd;background:#191919}p{color:#999}}</style>
<h1>${escapeHtml(title)}</h1>
${lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')}
</html>
`
