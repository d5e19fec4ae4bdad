/** The product album that staff send from (WECOM.md §3.11). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, cursor, done, id, list, number, page, text, verbs } from './call.ts'
import type { Signal } from './call.ts'
import type { MediaRef } from './content.ts'

export interface AlbumPicture {
  readonly type: 'image'
  /** From `uploadAttachment` for the album. */
  readonly image: MediaRef
}
export interface NewProduct {
  /** Up to 300 characters. */
  readonly description: string
  /** Fen, up to 5,000,000. */
  readonly price: number
  /** Up to 128 letters and digits. */
  readonly product_sn?: string
  /** One to nine. */
  readonly attachments: readonly AlbumPicture[]
}
export interface ProductChange extends Partial<NewProduct> {
  readonly product_id: string
}

const product = z.object({
  product_id: id,
  description: text,
  price: number,
  create_time: number.default(0),
  product_sn: text,
  attachments: list(z.object({ type: text, image: z.object({ media_id: text }).optional() })),
})

export type Product = z.output<typeof product>

export function albumCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  return {
    addProduct: (body: NewProduct, signal?: Signal) =>
      make(`${contact}/add_product_album`, z.object({ product_id: id }), { body, signal }),
    product: (productId: string, signal?: Signal) =>
      read(`${contact}/get_product_album`, z.object({ product }), {
        body: { product_id: productId },
        signal,
      }),
    products: (from = '', signal?: Signal) =>
      read(
        `${contact}/get_product_album_list`,
        z.object({ product_list: list(product), next_cursor: cursor }),
        { body: { limit: 100, ...page(from) }, signal },
      ),
    updateProduct: (body: ProductChange, signal?: Signal) =>
      set(`${contact}/update_product_album`, done, { body, signal }),
    deleteProduct: (productId: string, signal?: Signal) =>
      make(`${contact}/delete_product_album`, done, { body: { product_id: productId }, signal }),
  }
}
