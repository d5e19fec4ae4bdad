/** Every model of repeat buying. To add one: a file here, and a line. */
import type { CountModel, CountModelName } from '../model.ts'
import { bgBb } from './bg-bb.ts'
import { bgNbd, mbgNbd } from './geometric-nbd.ts'
import { paretoNbd } from './pareto-nbd.ts'

const models: readonly CountModel[] = [paretoNbd, mbgNbd, bgNbd, bgBb]

export function countModel(name: CountModelName): CountModel {
  const found = models.find((model) => model.name === name)
  if (!found) throw new Error(`There is no model ${name}.`)
  return found
}
