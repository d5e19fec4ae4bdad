/** Which dynamic tags there are, kept in the database so that whoever checks a name needs no file. */
import { z } from 'zod'
import type { Ctx } from '../../base/act.ts'
import type { Reader } from '../../base/db.ts'
import { readMeta, writeMeta } from '../../base/meta.ts'
import type { TagRule } from './tag-rules.ts'

const shape = z.array(z.strictObject({ name: z.string(), announce: z.boolean() }))
/** `announce` false: gaining it is not recorded, so no touchpoint can follow. */
export type TagInForce = Readonly<z.infer<typeof shape>[number]>

const metaName = 'tag-names'

export const tagsToKeep = (rules: { readonly tags: readonly Pick<TagRule, 'name' | 'announce'>[] }) =>
  rules.tags.map(({ name, announce }): TagInForce => ({ name, announce }))

/** Null before the first start. */
export async function tagsInForce(reader: Reader): Promise<TagInForce[] | null> {
  const stored = await readMeta(reader, metaName)
  return stored === null ? null : shape.parse(JSON.parse(stored))
}

export async function applyTagNames(ctx: Ctx, rules: Parameters<typeof tagsToKeep>[0]): Promise<void> {
  const text = JSON.stringify(tagsToKeep(rules))
  if ((await readMeta(ctx.tx, metaName)) !== text) await writeMeta(ctx.tx, metaName, text)
}
