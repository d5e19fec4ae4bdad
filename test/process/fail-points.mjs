/**
 * Loaded before the server (`node --import`), in processes of tests only: there the process kills itself, with SIGKILL,
 * at a named place between two steps. The program is the one that is shipped; what is watched are its statements and
 * its calls, at the drivers.
 *
 * FAIL_POINT=name:n    dies when it passes this place the n-th time
 * FAIL_WORDS=text      dies before each call that carries these words
 * FAIL_JOB=name        dies whenever a slot of this job begins
 * TROUBLE=query_only   SIGUSR2 makes the writer's connection read-only, and writable again (max_page_count: full)
 * STAND_BY=module      loads it and waits for a line on stdin, so that a restart need not wait for modules
 */
import { subscribe } from 'node:diagnostics_channel'
import { createRequire } from 'node:module'
import { writeSync } from 'node:fs'

const require = createRequire(import.meta.url)
const { FAIL_POINT: point = '', FAIL_WORDS: words, FAIL_JOB: job } = process.env
const { TROUBLE: trouble, STAND_BY: standBy } = process.env
const [wanted, times = '1'] = point.split(':')

/** The last words say where, for the figures of the test. */
function die(where) {
  writeSync(2, `\nfail point ${where}\n`)
  process.kill(process.pid, 'SIGKILL')
}

let passed = 0
function pass(name) {
  if (name !== wanted) return
  passed += 1
  if (passed === Number(times)) die(name)
}

// ------------------------------------------------------------------ statements

/** What a statement makes of its transaction. Each name is a place before and a place after the commit. */
const marks = [
  ['claim', (sql, said) => sql.startsWith('UPDATE promise SET state') && said.includes('claimed')],
  ['intent', (sql, said) => sql.startsWith('UPDATE promise SET state') && said.includes('intent')],
  ['settle', (sql, said) => sql.startsWith('UPDATE promise SET state') && /waiting|sent/.test(said)],
  ['callback', (sql, said) => /^INSERT INTO log \(/.test(sql) && said.includes('contact-added')],
  ['welcome', (sql, said) => /^INSERT INTO promise \(/.test(sql) && said.includes('welcome')],
  ['tags', (sql) => sql.startsWith('INSERT INTO seen_tag')],
  ['page', (sql) => sql.startsWith('UPDATE kf_account SET cursor')],
]
/** A slot that is taken over names the state it was in, too: the new one comes first. */
const isSlotOfJob = (sql, said) =>
  job !== undefined &&
  said.includes(job) &&
  (sql.startsWith('INSERT INTO job_slot') ? said.includes('running') : isTakenOver(sql, said))
const isTakenOver = (sql, said) => sql.startsWith('UPDATE job_slot') && said.startsWith('running')

/** Of the transaction under way on a connection. */
const marksOf = new WeakMap()

/** Answers what to do when the statement has succeeded. */
function watch(connection, sql, params) {
  const text = sql.trimStart()
  if (/^(BEGIN|START TRANSACTION)/.test(text)) marksOf.set(connection, new Set())
  const here = marksOf.get(connection)
  if (here === undefined) return () => {}
  if (/^ROLLBACK$/.test(text)) marksOf.delete(connection)
  if (text !== 'COMMIT') {
    const said = Array.isArray(params) ? params.join(' ') : ''
    for (const [name, isIt] of marks) if (isIt(text, said)) here.add(name)
    if (isSlotOfJob(text, said)) here.add('job')
    return () => {}
  }
  marksOf.delete(connection)
  for (const name of here) pass(`${name}-written`)
  return () => {
    if (here.has('job')) die(`job ${job}`)
    for (const name of here) pass(`${name}-committed`)
  }
}

function watchSqlite() {
  const { Database, Statement } = require('sqlite3')
  /** Whose it is, of what was prepared to be said again and again; `run` of a connection makes others for itself. */
  const connectionOf = new WeakMap()
  const { prepare } = Database.prototype
  Database.prototype.prepare = function (...parts) {
    const statement = prepare.apply(this, parts)
    connectionOf.set(statement, this)
    return statement
  }
  for (const way of ['run', 'all']) {
    const say = Database.prototype[way]
    Database.prototype[way] = function (sql, ...rest) {
      return say.call(this, sql, ...watched(this, sql, rest))
    }
    const sayAgain = Statement.prototype[way]
    Statement.prototype[way] = function (...rest) {
      const connection = connectionOf.get(this)
      return sayAgain.apply(this, connection ? watched(connection, this.sql, rest) : rest)
    }
  }
}

/** The parameters and the callback, which is the last: it looks first. */
function watched(connection, sql, rest) {
  if (sql === 'BEGIN IMMEDIATE') rememberWriter(connection)
  const succeeded = watch(connection, sql, rest[0])
  const done = rest.at(-1)
  if (typeof done !== 'function') return rest
  const look = function (error, rows) {
    if (!error) succeeded()
    done.call(this, error, rows)
  }
  return [...rest.slice(0, -1), look]
}

/** The connection that writes; readers and the lock of the file begin no such transaction. */
let writer = null
const rememberWriter = (connection) => void (writer = connection)
let inTrouble = false
const pragmas = { query_only: ['ON', 'OFF'], max_page_count: ['1', '1073741823'] }

function toggleTrouble() {
  inTrouble = !inTrouble
  const value = pragmas[trouble][inTrouble ? 0 : 1]
  writer.exec(`PRAGMA ${trouble} = ${value}`, (error) => {
    writeSync(2, `\ntrouble ${inTrouble ? 'begins' : 'ends'} ${error ? String(error) : ''}\n`)
  })
}

function watchPostgres() {
  const { Client } = require('pg')
  const real = Client.prototype.query
  Client.prototype.query = function (sql, ...rest) {
    if (typeof sql !== 'string' || rest.some((one) => typeof one === 'function'))
      return real.call(this, sql, ...rest)
    const succeeded = watch(this, sql, rest[0])
    return real.call(this, sql, ...rest).then((answer) => {
      succeeded()
      return answer
    })
  }
}

// ------------------------------------------------------------------ calls

const sends = /\/(message\/send|add_msg_template|send_welcome_msg|mark_tag)\?/
/** The simulator takes half of its latency on each side of the deed: before it, and behind it. */
const [onItsWayMs, acceptedMs] = [40, 110]

/** By what undici itself announces, wherever the program has it from. */
function watchCalls() {
  /** The place behind a call's answer. */
  const answers = new WeakMap()
  subscribe('undici:request:create', ({ request }) => {
    const path = String(request.path)
    const api = sends.exec(path)?.[1]
    if (path.includes('/get_groupmsg_list_v2?')) answers.set(request, 'looked-up')
    if (path.includes('/kf/sync_msg?')) answers.set(request, 'page-read')
    if (api === undefined) return
    if (words !== undefined && String(request.body).includes(words)) die('words')
    pass('before-call')
    setTimeout(() => pass('call-on-its-way'), onItsWayMs)
    setTimeout(() => pass('call-accepted'), acceptedMs)
    answers.set(request, api === 'mark_tag' ? 'marked' : 'answered')
  })
  // The answer has come whole; nobody here has read it.
  subscribe('undici:request:trailers', ({ request }) => {
    const name = answers.get(request)
    if (name !== undefined) pass(name)
  })
}

watchSqlite()
watchPostgres()
watchCalls()
if (trouble !== undefined) process.on('SIGUSR2', toggleTrouble)

if (standBy !== undefined) {
  await import(standBy)
  const line = await new Promise((ok) => {
    process.stdin.once('data', () => ok(true))
    process.stdin.once('end', () => ok(false))
  })
  // Whoever kept it waiting is gone.
  if (!line) process.exit(0)
  process.stdin.destroy()
}
