/**
 * Group robots: whoever knows the key of the webhook may speak, so the key is a secret and stands in place of a token
 * (WECOM.md §4.3). Twenty messages a minute each.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { refusalOf } from '../media-file.ts'
import type { FormFile } from '../multipart.ts'
import type { Result } from '../result.ts'
import { done, number, verbs } from './call.ts'
import type { Signal } from './call.ts'
import type { MediaRef, News, TemplateCard, TextPart } from './content.ts'
import { uploadTimeoutMs } from './media.ts'

export type RobotMessage =
  | {
      readonly msgtype: 'text'
      /** Up to 2,048 bytes; `@all` mentions everybody. */
      readonly text: TextPart & {
        readonly mentioned_list?: readonly string[]
        readonly mentioned_mobile_list?: readonly string[]
      }
    }
  /** Up to 4,096 bytes, as `markdown_v2` is. */
  | { readonly msgtype: 'markdown'; readonly markdown: TextPart }
  | { readonly msgtype: 'markdown_v2'; readonly markdown_v2: TextPart }
  | { readonly msgtype: 'image'; readonly image: { readonly base64: string; readonly md5: string } }
  | { readonly msgtype: 'news'; readonly news: News }
  | { readonly msgtype: 'file'; readonly file: MediaRef }
  | { readonly msgtype: 'voice'; readonly voice: MediaRef }
  | { readonly msgtype: 'template_card'; readonly template_card: TemplateCard }

const uploaded = z.object({ media_id: z.string().min(1), created_at: number.default(0) })

export function robotCalls(client: WecomClient) {
  const { set, make } = verbs(client)
  const say = (key: string, body: RobotMessage, signal: Signal) =>
    make('webhook/send', done, { query: { key }, token: 'none', countedFor: key, body, signal })
  return {
    sendByRobot: (key: string, body: RobotMessage, signal?: Signal) => say(key, body, signal),
    /** JPG or PNG up to 2 MB. */
    sendImageByRobot(key: string, file: FormFile, signal?: Signal): Promise<Result<z.output<typeof done>>> {
      const refusal = refusalOf(file, 'robot-image')
      if (refusal !== null) return Promise.resolve(refusal)
      const base64 = Buffer.from(file.bytes).toString('base64')
      const md5 = createHash('md5').update(file.bytes).digest('hex')
      return say(key, { msgtype: 'image', image: { base64, md5 } }, signal)
    },
    /** Good for three days and for this robot only. */
    uploadForRobot(
      key: string,
      type: 'file' | 'voice',
      file: FormFile,
      signal?: Signal,
    ): Promise<Result<z.output<typeof uploaded>>> {
      const refusal = refusalOf(file, `robot-${type}`)
      if (refusal !== null) return Promise.resolve(refusal)
      return set('webhook/upload_media', uploaded, {
        query: { key, type },
        token: 'none',
        countedFor: key,
        file,
        timeoutMs: uploadTimeoutMs,
        signal,
      })
    },
  }
}
