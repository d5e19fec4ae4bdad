import { expect, it } from 'vitest'
import { isSettled, mayMove, promiseStates } from './state.ts'

it('a promise moves along these arrows and no others', () => {
  const arrows = promiseStates.map(
    (from) => `${from} → ${promiseStates.filter((to) => mayMove(from, to)).join(' ')}`,
  )
  expect(arrows).toEqual([
    'queued → claimed expired cancelled held',
    'claimed → queued intent refused expired cancelled held',
    'intent → queued waiting sent refused expired unknown held',
    'waiting → queued sent refused expired cancelled',
    'sent → refused',
    'refused → sent',
    'expired → sent',
    'cancelled → sent',
    'unknown → queued intent waiting sent refused expired cancelled held',
    'held → queued sent refused expired cancelled',
  ])
  expect(promiseStates.filter(isSettled)).toEqual(['sent', 'refused', 'expired', 'cancelled'])
})
