/** Figures for Prometheus at `/metrics`. Labels are route patterns and API names, never ids of people. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export interface Metrics {
  request(method: string, route: string, status: number, seconds: number): void
  /** `recorded`, `known`, `refused`, `busy`. */
  callback(result: string): void
  /** One call of the WeCom API and how it ended. */
  wecomCall(api: string, result: string, ms: number): void
  /** What is used of WeCom's ceilings and what it has blocked, read whenever the figures are. */
  wecomBudget(read: () => WecomBudget): void
  text(): Promise<string>
  readonly contentType: string
}

export interface WecomBudget {
  readonly budgets: readonly {
    readonly api: string
    /** `60s`, `day`. */
    readonly window: string
    readonly used: number
    readonly most: number
  }[]
  readonly blocked: readonly { readonly api: string; readonly seconds: number }[]
}

const buckets = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'siyu_' })
  const registers = [registry]
  const requests = new Histogram({
    name: 'siyu_http_request_seconds',
    help: 'Requests by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers,
  })
  const callbacks = new Counter({
    name: 'siyu_callbacks_total',
    help: 'WeCom callbacks by result: recorded, known, refused, busy.',
    labelNames: ['result'],
    registers,
  })
  const calls = new Histogram({
    name: 'siyu_wecom_call_seconds',
    help: 'Calls of the WeCom API by path and result.',
    labelNames: ['api', 'result'],
    buckets,
    registers,
  })
  let budget: () => WecomBudget = () => ({ budgets: [], blocked: [] })
  new Gauge({
    name: 'siyu_wecom_budget_used',
    help: 'Calls counted against a ceiling of WeCom in its window, by this process.',
    labelNames: ['api', 'window', 'most'],
    registers,
    collect() {
      this.reset()
      for (const { api, window, most, used } of budget().budgets)
        this.set({ api, window, most: String(most) }, used)
    },
  })
  new Gauge({
    name: 'siyu_wecom_blocked_seconds',
    help: 'How long WeCom still blocks an API (45009).',
    labelNames: ['api'],
    registers,
    collect() {
      this.reset()
      for (const { api, seconds } of budget().blocked) this.set({ api }, seconds)
    },
  })
  return {
    request: (method, route, status, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    callback: (result) => callbacks.inc({ result }),
    wecomCall: (api, result, ms) => calls.observe({ api, result }, ms / 1000),
    wecomBudget(read) {
      budget = read
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
