// One list says it all: a folder may import itself and whatever stands to its LEFT.
const order = [
  'base',
  'interaction',
  'access',
  'content',
  'customer',
  'order',
  'outbox',
  'segment',
  'reward',
  'game',
  'cadence',
  'desk',
  'delivery',
  'report',
  'wecom',
  'wechaty',
  'mail',
  'files',
  'http',
]
const upTo = (i) => `^src/(${order.slice(0, i + 1).join('|')})/`
const no = (name, from, to) => ({ name, severity: 'error', from, to })
const tests = '[.]test[.]ts$'

module.exports = {
  forbidden: [
    ...order.map((folder, i) =>
      no(
        `${folder}-looks-left`,
        { path: `^src/${folder}/`, pathNot: tests },
        { path: '^src/', pathNot: upTo(i) },
      ),
    ),
    no('no-circles', {}, { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }),
    no(
      'a-store-is-private',
      { path: '^src/([^/]+)/', pathNot: '^src/report/' },
      { path: '[.]store[.]ts$', pathNot: '^src/$1/' },
    ),
    no(
      'typeorm-lives-in-tables',
      { path: '^src/', pathNot: '([.]store[.]ts$|[.]tables[.]ts$|^src/(base/|bench/.*[.]peers[.]ts$))' },
      { path: 'node_modules/typeorm' },
    ),
    no(
      'koa-lives-in-http',
      { path: '^src/', pathNot: '^src/(http/|bench/.*[.]peers[.]ts$)' },
      { path: 'node_modules/(koa|@koa)' },
    ),
    no(
      'the-browser-sees-only-the-contract',
      { path: '^src/web/' },
      { path: '^src/', pathNot: '^src/(web/|http/contract[.]ts$)' },
    ),
    no(
      'the-simulator-stands-alone',
      { path: '^src/simulator/' },
      { path: '^src/', pathNot: '^src/simulator/' },
    ),
    no('migrations-are-frozen', { path: '^migrations/' }, { path: '^src/' }),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.vue'] },
  },
}
