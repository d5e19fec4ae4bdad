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
