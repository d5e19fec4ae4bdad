// `npm ci` alone makes every verb and page runnable: build the server and the pages once, at install.
import { existsSync } from 'node:fs'
import { spawnSync } from 'node:child_process'

const run = (command, args) => {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2], shell: false })
  if (status !== 0) process.exit(status ?? 1)
}
if (existsSync('node_modules/vite/package.json')) {
  run(process.execPath, ['.config/build-server.mjs'])
  run(process.execPath, ['.config/build-web.mjs'])
} else if (!existsSync('dist/src/cli.js')) {
  process.stderr.write(
    'Nothing is built and the builder is not installed: run `npm ci` with development dependencies.\n',
  )
  process.exit(1)
}
