import { seconds, type Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  integer,
  optionalChars,
  optionalInteger,
  optionalParts,
  optionalText,
  page,
  part,
  text,
  type Body,
} from '../params.ts'
import type { AlbumProduct } from '../records.ts'
import type { Api, Reply } from './call.ts'
import { mustAttachment } from './moment-content.ts'

const mostDescription = 300
/** 50,000 yuan in fen. */
const mostPriceFen = 5_000_000
const mostImages = 9
const albumAttachments = 2

/** The product album: goods a staff member sends to customers (WECOM.md §3.11). */
function mustProduct(ctx: Context, body: Body): AlbumProduct {
  const product = ctx.state.album.get(text(body, 'product_id'))
  if (!product) throw invalid('product_id')
  return product
}

function readDescription(body: Body): string {
  const description = optionalChars(body, 'description', mostDescription)
  if (!description) throw missing('description')
  return description
}

function readSn(body: Body): string {
  const sn = optionalText(body, 'product_sn') ?? ''
  if (!/^[0-9A-Za-z]{0,128}$/.test(sn)) throw invalid('product_sn')
  return sn
}

function readImages(ctx: Context, body: Body): Body[] {
  const images = optionalParts(body, 'attachments', 1_000) ?? []
  if (images.length === 0) throw missing('attachments')
  if (images.length > mostImages) throw new ApiError(41064)
  for (const one of images) {
    if (one['type'] !== 'image') throw new ApiError(41065)
    mustAttachment(ctx, text(part(one, 'image'), 'media_id'), albumAttachments, 'image')
  }
  return images
}

const present = (product: AlbumProduct): Reply => ({
  product_id: product.productId,
  description: product.description,
  price: product.price,
  create_time: seconds(product.createdAt),
  ...(product.productSn === '' ? {} : { product_sn: product.productSn }),
  attachments: product.attachments,
})

export const albumApis: readonly Api[] = [
  {
    path: 'externalcontact/add_product_album',
    method: 'POST',
    run({ ctx, body }) {
      const description = readDescription(body)
      const price = integer(body, 'price', 0, mostPriceFen)
      const productSn = readSn(body)
      const attachments = readImages(ctx, body)
      const productId = `pr${ctx.rng.text(30)}`
      const createdAt = ctx.clock.now()
      ctx.state.album.set(productId, { productId, createdAt, description, price, productSn, attachments })
      return { product_id: productId }
    },
  },
  {
    path: 'externalcontact/get_product_album',
    method: 'POST',
    run: ({ ctx, body }) => ({ product: present(mustProduct(ctx, body)) }),
  },
  {
    path: 'externalcontact/get_product_album_list',
    method: 'POST',
    run({ ctx, body }) {
      const limit = optionalInteger(body, 'limit', 1, 100) ?? 50
      const shown = page([...ctx.state.album.values()], 'album', optionalText(body, 'cursor'), limit)
      return { next_cursor: shown.next, product_list: shown.items.map(present) }
    },
  },
  {
    path: 'externalcontact/update_product_album',
    method: 'POST',
    run({ ctx, body }) {
      const product = mustProduct(ctx, body)
      const has = (field: string): boolean => body[field] !== undefined
      const changes = {
        ...(has('description') ? { description: readDescription(body) } : {}),
        ...(has('price') ? { price: integer(body, 'price', 0, mostPriceFen) } : {}),
        ...(has('product_sn') ? { productSn: readSn(body) } : {}),
        ...(has('attachments') ? { attachments: readImages(ctx, body) } : {}),
      }
      Object.assign(product, changes)
      return {}
    },
  },
  {
    path: 'externalcontact/delete_product_album',
    method: 'POST',
    run({ ctx, body }) {
      ctx.state.album.delete(mustProduct(ctx, body).productId)
      return {}
    },
  },
]
