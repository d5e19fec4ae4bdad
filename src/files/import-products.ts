/** The catalogue from a file: added or replaced by sku. */
import { sha256 } from '../base/ids.ts'
import { saveProducts } from '../order/index.ts'
import type { Product } from '../order/index.ts'
import { cellAt, findColumns, parseMap, requireColumns } from './columns.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import { costSince, createPace, mustHoldRows, rowsPerTransaction, tellOfRejects } from './import.ts'
import type { Cost, ImportOptions, ImportParts } from './import.ts'
import { openRejects } from './rejects.ts'
import { openRowFile } from './row-file.ts'
import { bad, readFen, readId } from './values.ts'
import type { MoneyUnit, Parsed } from './values.ts'

export interface ProductsImported extends Cost {
  readonly lines: number
  readonly products: number
  readonly imported: number
  readonly rejected: number
}

const productColumns: readonly ColumnSpec[] = [
  { name: 'sku', headers: ['sku', 'product_id', '商品编号', '商品编码', '货号', '商品id'] },
  { name: 'name', headers: ['name', 'product_name', '商品名称', '名称', '商品标题', 'product_type'] },
  { name: 'category', headers: ['category', 'product_category', '类目', '分类', '商品分类', '商品类目'] },
  { name: 'department', headers: ['department', '大类', '一级类目'] },
  { name: 'brand', headers: ['brand', '品牌'] },
  { name: 'stage', headers: ['stage', '阶段'] },
  { name: 'age_range', headers: ['age_range', '适用年龄'] },
  { name: 'age_from_months', headers: ['age_from_months'] },
  { name: 'age_to_months', headers: ['age_to_months'] },
  { name: 'price', headers: ['price', '价格', '售价', '商品价格', '单价'] },
  { name: 'stock', headers: ['stock', '库存'] },
  { name: 'url', headers: ['url', '链接'] },
  { name: 'picture', headers: ['picture', 'image', '图片'] },
  { name: 'replenish_days', headers: ['replenish_days', '补货天数'] },
  { name: 'detail', headers: ['detail', '描述'] },
]

const maxText = 500

export async function importProducts(parts: ImportParts, options: ImportOptions): Promise<ProductsImported> {
  const startedAt = parts.clock.steady()
  const file = await openRowFile(options.file, options)
  const map = parseMap(options.map ?? '', productColumns)
  const looksLikeData = (columns: Columns): boolean =>
    !file.mayHaveHeader || (columns.has('price') && readFen(cellAt(file.first, columns, 'price')).ok)
  const { columns, firstIsHeader } = findColumns(file.first, map, productColumns, looksLikeData, file.own)
  requireColumns(columns, [['sku'], ['name']], file.first)

  const rejects = openRejects(options.errorsFile ?? `${options.file}.errors.csv`, options.dryRun === true)
  const skus = new Set<string>()
  const pace = createPace(parts)
  let lines = 0
  let waiting: Product[] = []
  const publish = async (): Promise<void> => {
    if (waiting.length === 0 || options.dryRun === true) return
    const products = waiting
    waiting = []
    const part = {
      source: 'import:products',
      sourceKey: `part:${sha256(JSON.stringify(products)).slice(0, 32)}`,
    }
    await parts.act({ kind: 'cli', verb: 'import' }, (ctx) => saveProducts(ctx, products, part), 'bulk')
    options.onProgress?.({ phase: 'reading', done: lines, total: file.linesInAll(lines) })
    options.signal?.throwIfAborted()
    await pace.rest()
  }
  let header = firstIsHeader
  try {
    for await (const { line, raw, cells, broken } of file.records) {
      if (header && cells) {
        header = false
        continue
      }
      lines += 1
      const product = cells
        ? readProduct(cells, columns, options.unit ?? 'yuan')
        : bad(broken ?? 'the row cannot be read', 'correct the line')
      if (!product.ok) {
        await rejects.add(line, product.why, product.fix, raw)
        continue
      }
      skus.add(product.value.sku)
      waiting.push(product.value)
      if (waiting.length >= rowsPerTransaction) await publish()
    }
    await publish()
  } finally {
    await rejects.close()
  }
  mustHoldRows(lines, options.file, 'product')
  tellOfRejects(rejects, options)
  return {
    lines,
    products: skus.size,
    imported: lines - rejects.count(),
    rejected: rejects.count(),
    ...costSince(parts.clock, startedAt),
  }
}

function readProduct(cells: readonly string[], columns: Columns, unit: MoneyUnit): Parsed<Product> {
  const text = (name: string): string => cellAt(cells, columns, name)
  const sku = readId(text('sku'), 'sku')
  const price = text('price') === '' ? { ok: true as const, value: undefined } : readFen(text('price'), unit)
  const stock = readWhole(text('stock'), 'stock')
  const replenishDays = readWhole(text('replenish_days'), 'replenish_days')
  if (price.ok && (price.value ?? 0) < 0)
    return bad('the price is negative', 'write a price of 0 or more, or none')
  for (const part of [sku, price, stock, replenishDays]) if (!part.ok) return part
  if (!sku.ok || !price.ok || !stock.ok || !replenishDays.ok)
    return bad('the row cannot be read', 'correct it')
  // A product the shop never named is called after what it belongs to.
  const name = text('name') || text('category') || text('department')
  if (name === '') return bad('the name is empty', 'fill in the name')
  const long = productColumns.find(({ name }) => text(name).length > (name === 'detail' ? 5_000 : maxText))
  if (long) return bad(`${long.name} is too long`, 'shorten it')
  return {
    ok: true,
    value: {
      sku: sku.value,
      name,
      category: [text('department'), text('category')].filter((one) => one !== '').join(' / '),
      stage: text('stage'),
      ageRange: text('age_range') || monthsOf(text('age_from_months'), text('age_to_months')),
      priceFen: price.value,
      stock: stock.value,
      url: text('url'),
      picture: text('picture'),
      replenishDays: replenishDays.value,
      detail: [text('brand') && `品牌：${text('brand')}`, text('detail')]
        .filter((one) => one !== '')
        .join('\n'),
    },
  }
}

/** `6-12月龄`, when the file keeps the two ends in columns of their own. */
const monthsOf = (from: string, to: string): string =>
  from === '' && to === '' ? '' : `${from || '0'}-${to}月龄`

const readWhole = (text: string, what: string): Parsed<number | undefined> => {
  if (text === '') return { ok: true, value: undefined }
  return /^\d{1,9}$/.test(text)
    ? { ok: true, value: Number(text) }
    : bad(`${what} is not a whole number: "${text.slice(0, 40)}"`, 'write a whole number, or leave it empty')
}
