/** What may befall an SQLite file under a working server. */
import { join } from 'node:path'
import { until } from './harness.ts'
import type { ServerProcess } from './harness.ts'
import { smallDisk } from './small-disk.ts'
import type { SmallDisk } from './small-disk.ts'
import type { Trouble } from './trouble.ts'

export const sqliteTroubles: Readonly<Record<string, () => Trouble>> = {
  full: () => {
    const disk = smallDisk(64)
    if (disk !== null) return fullDisk(disk)
    process.stderr.write('!! no tmpfs may be mounted here: SQLite is filled up to max_page_count instead\n')
    return byPragma('max_page_count')
  },
  // A disk that turns read-only under open files cannot be had without breaking one.
  'read-only': () => byPragma('query_only'),
  locked,
}

function fullDisk(disk: SmallDisk): Trouble {
  return {
    databaseUrl: `sqlite:${join(disk.path, 'siyu.db')}`,
    begin: () => Promise.resolve(disk.fill()),
    end: () => Promise.resolve(disk.free()),
    remove: () => disk.remove(),
  }
}

/** Inside the server's process, on the connection that writes (fail-points.mjs). */
function byPragma(pragma: string): Trouble {
  const toggle = async ({ program }: ServerProcess, word: string): Promise<void> => {
    process.kill(program.pid, 'SIGUSR2')
    await until(`trouble ${word}`, () => (program.stderr().includes(`trouble ${word}`) ? true : null))
  }
  return {
    databaseUrl: null,
    env: { TROUBLE: pragma },
    begin: (server) => toggle(server, 'begins'),
    end: (server) => toggle(server, 'ends'),
  }
}

/** Another process writes and does not end. */
function locked(): Trouble {
  let release: () => void = () => undefined
  let held: Promise<void> = Promise.resolve()
  return {
    databaseUrl: null,
    begin: (_server, { core }) =>
      new Promise((begun) => {
        held = core.db.tx(
          () =>
            new Promise<void>((ok) => {
              release = ok
              begun()
            }),
        )
      }),
    end: () => {
      release()
      return held
    },
  }
}
