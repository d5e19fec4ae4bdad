/**
 * The program as an operator runs it: `siyu simulator` and `siyu serve` as processes of their own, spoken to over
 * loopback only and stopped by their own pid. Nothing here looks inside.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

export const packageRoot = new URL('../..', import.meta.url).pathname

/** The built program if it is newer than its sources, else the sources themselves. */
const runner = ((): readonly string[] => {
  const built = join(packageRoot, 'dist/src/cli.js')
  const source = ['--import', 'tsx', 'src/cli.ts']
  if (!existsSync(built)) return source
  const age = statSync(built).mtimeMs
  const newer = ['src', 'migrations'].some((folder) =>
    readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' }).some(
      (name) =>
        /(?<!\.test|\.fixture)\.ts$/.test(name) && statSync(join(packageRoot, folder, name)).mtimeMs > age,
    ),
  )
  return newer ? source : ['dist/src/cli.js']
})()

export const isBuilt = runner.includes('dist/src/cli.js')

export type Settings = Readonly<Record<string, string>>

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Program {
  readonly pid: number
  /** When it was let go, if it stood by. */
  readonly startedAt: number
  readonly exit: Promise<Exit>
  stdout(): string
  stderr(): string
  exited(): boolean
  /** Lets go what stands by. */
  begin(): void
  /** Sends it and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Exit>
}

/** Everything that was started and not yet ended, so that a failing test leaves nothing behind. */
const running = new Set<ChildProcess>()

export interface StartOptions {
  readonly env?: Settings
  /** Another installation than this checkout. */
  readonly root?: string
  /** It may be told to kill itself (fail-points.mjs). */
  readonly mortal?: boolean
  /** Mortal, and loads the server's modules, and then waits for `begin`. */
  readonly standBy?: boolean
  /** What stands on its standard input. */
  readonly input?: string
  /** Instead of the command line. */
  readonly program?: string
}

const host = join(packageRoot, 'test/process/verbs-host.mjs')
const failPoints = pathToFileURL(join(packageRoot, 'test/process/fail-points.mjs')).href
/** Beside the program that `runner` starts. */
const serverModule = pathToFileURL(
  join(packageRoot, (runner.at(-1) ?? '').replace(/cli\.(js|ts)$/, 'main.$1')),
).href

export function start(
  args: readonly string[],
  { env = {}, root = packageRoot, mortal = false, standBy = false, input, program }: StartOptions = {},
): Program {
  const { PATH, HOME } = process.env
  const before = [...runner.slice(0, -1), ...(mortal || standBy ? ['--import', failPoints] : [])]
  const child = spawn(process.execPath, [...before, program ?? runner.at(-1) ?? '', ...args], {
    cwd: root,
    env: { PATH, HOME, TZ: 'UTC', ...(standBy ? { STAND_BY: serverModule } : {}), ...env },
    stdio: [standBy || input !== undefined ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  if (input !== undefined) child.stdin?.end(input)
  let startedAt = Date.now()
  const said = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  let over = false
  const exit = new Promise<Exit>((ok, fail) => {
    child.once('error', fail)
    child.once('close', (code, signal) => {
      over = true
      running.delete(child)
      ok({ code, signal })
    })
  })
  return {
    pid: child.pid ?? 0,
    get startedAt() {
      return startedAt
    },
    exit,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    exited: () => over,
    begin() {
      startedAt = Date.now()
      child.stdin?.end('begin\n')
    },
    end(signal) {
      if (!over) child.kill(signal)
      return exit
    },
  }
}

/** For `afterAll`: ends what a failed test left running. */
export async function stopEverything(): Promise<void> {
  const ends = [...running].map((child) => new Promise((ok) => child.once('close', ok)))
  for (const child of running) child.kill('SIGKILL')
  await Promise.all(ends)
}

export interface Done extends Exit {
  readonly stdout: string
  readonly stderr: string
}

/** Runs a verb to its end. */
export async function run(args: readonly string[], options: StartOptions = {}): Promise<Done> {
  const program = start(args, options)
  return { ...(await program.exit), stdout: program.stdout(), stderr: program.stderr() }
}

/** Runs one verb after the other in one process of the same program (verbs-host.mjs). */
export async function runMany(
  all: readonly (readonly string[])[],
  options: Omit<StartOptions, 'input'> = {},
): Promise<Done[]> {
  const cli = pathToFileURL(join(packageRoot, runner.at(-1) ?? '')).href
  const { stdout, stderr } = await run([cli], { ...options, input: JSON.stringify(all), program: host })
  if (stdout === '') throw new Error(`The verbs’ host ended without an answer: ${stderr}`)
  return JSON.parse(stdout) as Done[]
}

/** Asks again and again until the answer is not null. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  { timeoutMs = 30_000, everyMs = 50 } = {},
): Promise<T> {
  const giveUpAt = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (Date.now() > giveUpAt) throw new Error(`${what}: not within ${String(timeoutMs)} ms`)
    await pause(everyMs)
  }
}

export const freePort = (): Promise<number> =>
  new Promise((ok, fail) => {
    const server = createServer()
    server.once('error', fail)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => ok(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

export interface Folder {
  readonly path: string
  remove(): void
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'siyu-process-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** An installation with an `.env` and a `data/` of its own: the same program in another folder. */
export function installation(): Folder {
  const folder = temporaryFolder()
  for (const part of ['src', 'migrations', 'config', 'dist/src', 'dist/migrations']) {
    const from = join(packageRoot, part)
    const shipped = isBuilt ? part !== 'src' : !part.startsWith('dist')
    if (shipped && existsSync(from))
      cpSync(from, join(folder.path, part), {
        recursive: true,
        filter: (name) => !name.includes('/src/web') && !name.endsWith('.test.ts'),
      })
  }
  for (const file of ['package.json', 'tsconfig.json'])
    cpSync(join(packageRoot, file), join(folder.path, file))
  symlinkSync(join(packageRoot, 'node_modules'), join(folder.path, 'node_modules'))
  return folder
}

// ------------------------------------------------------------------ the simulator

export interface SimulatorProcess {
  readonly program: Program
  readonly url: string
  /** What the server must be told to speak with it. */
  readonly env: Settings
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: object): Promise<T>
}

export async function startSimulator(args: readonly string[] = []): Promise<SimulatorProcess> {
  const program = start(['simulator', '--json', ...args])
  const line = await until('the ready line of the simulator', () => {
    if (program.exited()) throw new Error(`The simulator ended: ${program.stderr()}`)
    return /^\{.*\}$/m.exec(program.stdout())?.[0] ?? null
  })
  const ready = JSON.parse(line) as Record<string, string | number>
  const url = String(ready['url'])
  const answer = async <T>(response: Response): Promise<T> => {
    if (!response.ok) throw new Error(`${response.url}: ${await response.text()}`)
    return (await response.json()) as T
  }
  return {
    program,
    url,
    env: {
      WECOM_API_URL: url,
      WECOM_OAUTH_URL: `${url}/connect/oauth2/authorize`,
      WECOM_LOGIN_URL: `${url}/wwlogin/sso/login`,
      WECOM_CORP_ID: String(ready['corpId']),
      WECOM_AGENT_ID: String(ready['agentId']),
      WECOM_AGENT_SECRET: String(ready['agentSecret']),
      WECOM_CALLBACK_TOKEN: String(ready['callbackToken']),
      WECOM_CALLBACK_AES_KEY: String(ready['callbackAesKey']),
    },
    get: async <T>(path: string) => answer<T>(await fetch(`${url}/sim/${path}`)),
    post: async <T>(path: string, body: object) =>
      answer<T>(
        await fetch(`${url}/sim/${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      ),
  }
}

// ------------------------------------------------------------------ the server

export interface ServerProcess {
  readonly program: Program
  readonly url: string
}

const isAlive = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(1_000) })).ok
  } catch (error) {
    // Not listening yet, or killed in the middle of the answer: no.
    if (error instanceof TypeError || error instanceof DOMException) return false
    throw error
  }
}

export const serveFast: Settings = { SIYU_RECONCILE_DELAYS_MS: '300,1000,3000', LOG_LEVEL: 'warn' }

export function spawnServer(env: Settings, options: Omit<StartOptions, 'env'> = {}): ServerProcess {
  const program = start(['serve', '--json'], { ...options, env: { ...serveFast, ...env } })
  return { program, url: `http://127.0.0.1:${env['PORT'] ?? '3000'}` }
}

/** Null while it does not answer. */
export const livesNow = async ({ url }: ServerProcess): Promise<true | null> =>
  (await isAlive(url)) ? true : null

export async function answering({ program, url }: ServerProcess): Promise<void> {
  await until(`${url}/livez`, async () => {
    if (program.exited()) throw new Error(`The server ended: ${program.stderr()}`)
    return (await isAlive(url)) ? true : null
  })
}

/** Resolves when it answers. */
export async function startServer(
  env: Settings,
  options: Omit<StartOptions, 'env'> = {},
): Promise<ServerProcess> {
  const server = spawnServer(env, options)
  await answering(server)
  return server
}

export interface Readiness {
  readonly ready: boolean
  readonly missing: readonly { readonly name: string; readonly why: string }[]
}

export async function readiness(url: string): Promise<Readiness> {
  return (await (await fetch(`${url}/readyz`)).json()) as Readiness
}
