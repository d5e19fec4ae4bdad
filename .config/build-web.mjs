// Builds the pages into dist/web and fails when one outgrows its budget: `node .config/build-web.mjs [admin] [sidebar] [h5]`.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

// Started from a test runner it would inherit `test` and bundle the development build of Vue.
process.env['NODE_ENV'] = 'production'

const root = fileURLToPath(new URL('..', import.meta.url))
const kibibyte = 1024

/** Gzip budgets in KiB. `first` is all a person waits for: the entry, what it imports, their styles and the first route. */
const pages = {
  admin: { first: 280, firstRoute: /pages\/OverviewPage\.vue/ },
  sidebar: { first: 110, firstRoute: null },
  h5: { first: 70, firstRoute: null },
}
const lazyBudget = 220

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in pages))
if (unknown.length > 0) {
  process.stderr.write(
    `There is no page ${unknown.join(', ')}; there are ${Object.keys(pages).join(', ')}.\n`,
  )
  process.exit(2)
}

const sizeOf = (piece) =>
  gzipSync(piece.type === 'chunk' ? piece.code : piece.source, { level: 9 }).length / kibibyte

/** The named chunks, everything they import at once (not lazily), and the styles of all of these. */
const closure = (output, starts) => {
  const byName = new Map(output.map((piece) => [piece.fileName, piece]))
  const seen = new Set()
  const visit = (name) => {
    const piece = byName.get(name)
    if (!piece || seen.has(name)) return
    seen.add(name)
    if (piece.type !== 'chunk') return
    piece.imports.forEach(visit)
    piece.viteMetadata?.importedCss?.forEach(visit)
  }
  starts.forEach((chunk) => visit(chunk.fileName))
  return { names: seen, size: [...seen].reduce((sum, name) => sum + sizeOf(byName.get(name)), 0) }
}

const measure = (name, output) => {
  const { first, firstRoute } = pages[name]
  const chunks = output.filter((piece) => piece.type === 'chunk')
  const starts = chunks.filter(
    (chunk) => chunk.isEntry || (firstRoute && firstRoute.test(chunk.facadeModuleId ?? '')),
  )
  if (firstRoute && !starts.some((chunk) => !chunk.isEntry))
    throw new Error(`${name}: the first route ${firstRoute} is no chunk any more`)
  const load = closure(output, starts)
  const lazy = output
    .filter((piece) => !load.names.has(piece.fileName) && /\.(js|css)$/.test(piece.fileName))
    .map((piece) => ({ file: piece.fileName, size: sizeOf(piece) }))
    .sort((a, b) => b.size - a.size)
  const faults = lazy
    .filter(({ size }) => size > lazyBudget)
    .map(
      ({ file, size }) => `${name}: ${file} is ${size.toFixed(1)} KiB, a lazy chunk may be ${lazyBudget} KiB`,
    )
  if (load.size > first)
    faults.push(`${name}: the first load is ${load.size.toFixed(1)} KiB, its budget is ${first} KiB`)
  const largest = lazy[0] ? `, largest lazy chunk ${lazy[0].size.toFixed(1)} of ${lazyBudget}` : ''
  process.stderr.write(`${name}: first load ${load.size.toFixed(1)} of ${first} KiB gzip${largest}\n`)
  return faults
}

const there = Object.keys(pages).filter((name) => existsSync(`${root}src/web/${name}/index.html`))
const missing = asked.filter((name) => !there.includes(name))
if (missing.length > 0) {
  process.stderr.write(`src/web/${missing[0]}/index.html does not exist.\n`)
  process.exit(2)
}

const faults = []
for (const name of asked.length > 0 ? asked : there) {
  const result = await build({ configFile: `${root}.config/vite.${name}.ts`, logLevel: 'warn' })
  faults.push(...measure(name, result.output))
}
for (const fault of faults) process.stderr.write(`over budget: ${fault}\n`)
process.exit(faults.length > 0 ? 1 : 0)
