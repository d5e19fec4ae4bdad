/** A disk that can be filled to its last byte without harm to anybody: a tmpfs, which only root may mount. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './harness.ts'

export interface SmallDisk {
  readonly path: string
  fill(): void
  free(): void
  remove(): void
}

/** Tried out, and taken away again. */
export function mayMount(): boolean {
  const disk = smallDisk(1)
  disk?.remove()
  return disk !== null
}

/** Null where none can be mounted. */
export function smallDisk(megabytes: number): SmallDisk | null {
  const folder = temporaryFolder()
  const size = `size=${String(megabytes)}m,mode=0777`
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', size, 'tmpfs', folder.path]).status !== 0) {
    folder.remove()
    return null
  }
  const ballast = join(folder.path, 'ballast')
  return {
    path: folder.path,
    fill: () => fillUp(ballast),
    free: () => rmSync(ballast, { force: true }),
    remove() {
      const { status, stderr } = spawnSync('umount', [folder.path], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`The small disk ${folder.path} is in use: ${stderr}`)
      folder.remove()
    },
  }
}

/** A page at a time, until nothing more goes in. */
function fillUp(path: string): void {
  const file = openSync(path, 'a')
  try {
    for (const size of [1_048_576, 4_096]) while (goesIn(file, Buffer.alloc(size, 1)));
  } finally {
    closeSync(file)
  }
}

function goesIn(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
    throw error
  }
}
