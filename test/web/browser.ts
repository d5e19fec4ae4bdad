/** A browser for page tests: the one named, else an installed one, else the Chromium that npm brings along. */
import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const flags = ['--no-sandbox', '--disable-gpu']

export const openBrowser = async (): Promise<Browser> => {
  const named = process.env['CHROMIUM_PATH']
  const path = named ?? installed.find((one) => existsSync(one))
  if (path) return chromium.launch({ executablePath: path, args: flags })
  // Its own flags are for a function in the cloud: one process for all, which ends with the first page that is closed,
  // and web security off, which is just what some tests are about.
  const { default: bundled } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await bundled.executablePath(), args: flags })
}
