import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

/** Without a record of earlier runs vitest begins with the largest file; a small one that takes minutes would end alone. */
const longest = [
  'test/process/',
  'test/demo.test.ts',
  'test/simulation/',
  'test/e2e/',
  'test/web/',
  'src/files/reference.test.ts',
]

const rank = ({ moduleId }: TestSpecification): number => {
  const place = longest.findIndex((part) => moduleId.includes(`/${part}`))
  return place < 0 ? longest.length : place
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => rank(a) - rank(b) || Number(isCrash(b)) - Number(isCrash(a)))
  }
}

const isCrash = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('crash.test.ts')
