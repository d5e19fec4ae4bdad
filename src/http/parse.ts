import type { z } from 'zod'
import { Refusal } from '../base/errors.ts'

/** Checks what came from outside against its schema; a mistake is the caller's and names the field. */
export function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.slice(0, 10).map(({ path, message }) => ({
    field: path.join('.') || '(整体)',
    message,
  }))
  const [first] = fields
  throw new Refusal('invalid', `提交的内容有误：${first?.field ?? ''}`, 400, {
    fix: fields.map(({ field, message }) => `${field}: ${message}`).join('; '),
    detail: { fields },
  })
}

/** U+0000 is a letter no database keeps and no person writes: whatever carries it is refused before it goes anywhere. */
export function refuseNul(...given: readonly unknown[]): void {
  const rest = [...given]
  while (rest.length > 0) {
    const value = rest.pop()
    if (typeof value === 'string') {
      if (value.includes('\0')) throw new Refusal('invalid', '提交的内容里有无法识别的字符', 400)
    } else if (Array.isArray(value)) {
      for (const one of value as readonly unknown[]) rest.push(one)
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, one] of Object.entries(value)) rest.push(name, one)
    }
  }
}
