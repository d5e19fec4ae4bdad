/** A phone: 360 pixels wide, touch, Chinese. Anything the page throws, and any script that ran from data, is kept. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

export interface Phone {
  readonly page: Page
  /** Uncaught errors of the page; must stay empty. */
  readonly faults: string[]
  close(): Promise<void>
}

export const openPhone = async (
  browser: Browser,
  options: BrowserContextOptions & { readonly before?: string } = {},
): Promise<Phone> => {
  const { before, ...rest } = options
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    hasTouch: true,
    isMobile: true,
    locale: 'zh-CN',
    ...rest,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const faults: string[] = []
  page.on('pageerror', (thrown) => faults.push(thrown.message))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  if (before) await page.addInitScript({ content: before })
  return { page, faults, close: () => context.close() }
}

/** Sideways scrolling is what a broken layout looks like on a phone. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')

/** A nickname may be anything a stranger typed. */
export const hostileName = '<img src=x onerror="alert(1)">超级无敌长长长长长长长长长长长长的昵称🌸🌸🌸'
