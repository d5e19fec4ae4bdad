/** Figures for Prometheus at `/metrics`. Labels are route patterns and API names, never ids of people. */
import { Counter, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export interface Metrics {
  request(method: string, route: string, status: number, seconds: number): void
  /** `recorded`, `known`, `refused`, `busy`. */
  callback(result: string): void
  /** One call of the WeCom API and how it ended. */
  wecomCall(api: string, result: string, ms: number): void
  text(): Promise<string>
  readonly contentType: string
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
  return {
    request: (method, route, status, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    callback: (result) => callbacks.inc({ result }),
    wecomCall: (api, result, ms) => calls.observe({ api, result }, ms / 1000),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
