/** Lines, rate and time left, on a terminal only. */
import cliProgress from 'cli-progress'
import { wallClock } from '../base/clock.ts'
import type { Progress } from '../files/index.ts'

const words: Readonly<Record<Progress['phase'], string>> = { reading: 'reading', writing: 'writing' }

export function createProgress(): { show(progress: Progress): void; stop(): void } {
  const bar = new cliProgress.SingleBar({
    format: '{phase} |{bar}| {value} of {total} lines, {speed} a second, {left} left',
    stream: process.stderr,
    hideCursor: true,
    etaBuffer: 50,
  })
  let phase: Progress['phase'] | null = null
  let startedAt = 0
  return {
    show({ phase: now, done, total }) {
      const most = Math.max(done, total ?? done)
      if (phase !== now) {
        if (phase !== null) bar.stop()
        phase = now
        startedAt = wallClock.steady()
        bar.start(most, done, { phase: words[now], speed: 0, left: '' })
      }
      const speed = done / Math.max(1, wallClock.steady() - startedAt)
      bar.setTotal(most)
      bar.update(done, {
        speed: Math.round(speed * 1000),
        left: total === null ? '' : timeOf((most - done) / speed / 1000),
      })
    },
    stop: () => bar.stop(),
  }
}

const timeOf = (seconds: number): string =>
  seconds < 90 ? `${String(Math.ceil(seconds))} s` : `${String(Math.ceil(seconds / 60))} min`
