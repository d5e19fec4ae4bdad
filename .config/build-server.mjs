// Builds the server and its verbs into dist/src: a few files in place of two thousand, so that a command begins in
// little more than half the time. What is a binary, reads files of its own folder, or is rarely wanted stays a package.
import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

process.env['NODE_ENV'] = 'production'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Modules that run on a thread or in a process of their own (`base/own-module.ts`), beside the program itself. */
const own = /\.(worker|taker|child|server)\.ts$|\/limited-api\.ts$/
const modules = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .filter((name) => own.test(`/${name}`) && !name.startsWith('web/'))
  .map((name) => name.replace(/\.ts$/, ''))

/** Bundled: pure JavaScript that nearly every command loads. */
const bundled = [
  '@koa/bodyparser',
  '@koa/router',
  '@koa/send',
  '@react-querybuilder/core',
  'commander',
  'fast-xml-parser',
  'json-logic-engine',
  'koa',
  'koa-compress',
  'koa-helmet',
  'liquidjs',
  'lru-cache',
  'luxon',
  'node-cron',
  'papaparse',
  'picocolors',
  'prom-client',
  'tyme4ts',
  'typeorm',
  'undici',
  'uuid',
  'yaml',
  'zod',
]

/** They look at the files or the callers around themselves, or are loaded by nobody here. */
const left = new Set(['app-root-path', 'depd', 'yargs'])

/** A package with all that it brings along. */
function withItsOwn(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name) || left.has(name)) continue
    found.add(name)
    const manifest = `${root}node_modules/${name}/package.json`
    if (existsSync(manifest))
      withItsOwn(Object.keys(JSON.parse(readFileSync(manifest, 'utf8')).dependencies ?? {}), found)
  }
  return [...found]
}

/** TypeORM hashes names with it; with what it brings along it takes a twentieth of a start, and Node can do the same. */
const nodesOwnHash = {
  name: 'nodes-own-hash',
  enforce: 'pre',
  resolveId: (id) => (id === 'sha.js' ? '\0sha.js' : undefined),
  load: (id) => (id === '\0sha.js' ? `export { createHash as default } from 'node:crypto'` : undefined),
}

/** Of a package's own list: what this program can do without. A start would read it and make its classes. */
const wanted = [
  { of: /\/typeorm\/driver\/DriverFactory\.js$/, keep: /Error$|\/(postgres|sqlite)\// },
  { of: /\/typeorm\/util\/DirectoryExportedClassesLoader\.js$/, keep: /^(?!glob$)/ },
  {
    of: /\/undici\/index\.js$/,
    keep: /\/lib\/(core\/|api$|global$|handler\/|dispatcher\/(agent|client|dispatcher|pool)$)/,
  },
]
const leftOut = {
  name: 'left-out',
  enforce: 'pre',
  resolveId: (id, importer = '') =>
    wanted.some(({ of, keep }) => of.test(importer) && !keep.test(id)) ? '\0left-out' : undefined,
  // Whatever is asked of it is an empty class: it may be passed on and extended.
  load: (id) =>
    id === '\0left-out'
      ? 'module.exports = new Proxy(class {}, { get: (own, name) => own[name] ?? class {} })'
      : undefined,
}

await build({
  configFile: false,
  plugins: [nodesOwnHash, leftOut],
  root,
  logLevel: 'warn',
  publicDir: false,
  ssr: { noExternal: withItsOwn(bundled), target: 'node' },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist/src',
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    rollupOptions: {
      input: Object.fromEntries(['cli', 'main', ...modules].map((name) => [name, `${root}src/${name}.ts`])),
      output: {
        format: 'es',
        minify: { mangle: false, compress: false, codegen: { removeWhitespace: true } },
        entryFileNames: '[name].js',
        chunkFileNames: 'parts/[name]-[hash].js',
      },
    },
  },
})

// The simulator's page is served as it is, from beside the part that serves it.
cpSync(`${root}src/simulator/page`, `${root}dist/src/parts/page`, { recursive: true })
