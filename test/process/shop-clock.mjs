/**
 * Put into a server by NODE_OPTIONS: its wall clock runs ahead of the machine's by what stands in the file SHOP_CLOCK
 * names. So all servers of a test live at one hour of the shop, whatever the hour of whoever runs the test, and go to
 * the next one together. Steady time and the database's clock stay what they are.
 */
import { readFileSync } from 'node:fs'

const MachineDate = Date
const path = process.env.SHOP_CLOCK
let aheadMs = 0
const read = () => {
  aheadMs = Number(readFileSync(path, 'utf8'))
}
const now = () => MachineDate.now() + aheadMs

globalThis.Date = new Proxy(MachineDate, {
  construct: (target, args, made) => Reflect.construct(target, args.length === 0 ? [now()] : args, made),
  apply: () => new MachineDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
})

if (path) {
  read()
  setInterval(read, 20).unref()
}
