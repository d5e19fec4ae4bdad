/** `siyu import orders|products|customers|events|tips FILE`: the JSON document of the verb. */
import { dayOf } from '../base/calendar.ts'
import { Refusal } from '../base/errors.ts'
import { usualAttributes } from '../customer/index.ts'
import type { AttributeSpec } from '../customer/index.ts'
import { importCustomers, importEvents, importOrders, importProducts, importTips } from '../files/index.ts'
import type {
  CustomersImported,
  EventsImported,
  ImportOptions,
  ImportParts,
  OrdersImported,
  ProductsImported,
  TipsImported,
} from '../files/index.ts'
import { areCutPointsStale, refreshCutPoints, refreshRfmCuts, resegmentEverybody } from '../segment/index.ts'
import type { TierRules } from '../segment/index.ts'

export interface ImportVerbParts extends ImportParts {
  readonly rules: TierRules
  /** What a customer may have, by config/attributes.yaml. */
  readonly attributes?: readonly AttributeSpec[] | undefined
}

export interface ImportVerbOptions extends ImportOptions {
  /** `orders`, `products`, `customers`, `events` or `tips`. */
  readonly what: string
  readonly kind?: string | undefined
  readonly detail?: string | undefined
  readonly ignore?: string | undefined
  readonly clearEmpty?: boolean | undefined
}

export type Imported = OrdersImported | ProductsImported | CustomersImported | EventsImported | TipsImported

const encodings: readonly string[] = ['utf-8', 'gbk', 'gb18030', 'utf-16le', 'utf-16be']

export async function runImport(parts: ImportVerbParts, options: ImportVerbOptions): Promise<Imported> {
  if (options.encoding !== undefined && !encodings.includes(options.encoding))
    throw new Refusal('usage', `--encoding ${String(options.encoding)} is not known.`, 400, {
      fix: `Use one of ${encodings.join(', ')}, or leave it out to have it detected.`,
    })
  if (options.unit !== undefined && !['yuan', 'fen'].includes(options.unit))
    throw new Refusal('usage', `--unit ${String(options.unit)} is not known.`, 400, {
      fix: 'Use --unit yuan (the default) or --unit fen.',
    })
  switch (options.what) {
    case 'orders': {
      const done = await importOrders(parts, options)
      if (options.dryRun !== true) await settleStandings(parts)
      return done
    }
    case 'products':
      return importProducts(parts, options)
    case 'tips':
      return importTips(parts, options)
    case 'customers': {
      const done = await importCustomers(parts, {
        ...options,
        attributes: parts.attributes ?? usualAttributes,
      })
      if (options.dryRun !== true) await settleStandings(parts)
      return done
    }
    case 'events': {
      const done = await importEvents(parts, options)
      if (options.dryRun !== true) await settleStandings(parts)
      return done
    }
    default:
      throw new Refusal('usage', `There is no "import ${options.what}".`, 400, {
        fix: 'Use import orders FILE, or products, customers, events or tips.',
      })
  }
}

/**
 * Also when nothing was new: the run before may have died between its last row and this. A history moves quantiles and
 * tiers; nobody did anything just now, so the cause says `import`.
 */
async function settleStandings(parts: ImportVerbParts): Promise<void> {
  const today = dayOf(parts.clock.now())
  if (await areCutPointsStale(parts, today)) await refreshCutPoints(parts, today, 'import')
  else await resegmentEverybody(parts, today, 'import')
  await refreshRfmCuts(parts, today)
}
