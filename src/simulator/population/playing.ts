/** What a person does once a link has brought her to a page: vote, search, look at her points, opt out. */
import type { Random } from '../shop/random.ts'
import { dayMs } from '../shop/shop.ts'
import { must } from './browser.ts'
import type { Crowd, Person } from './crowd.ts'
import type { Json } from './json.ts'
import { list, object, text } from './json.ts'

/** `target` is the fragment of the page, `#/game/g1`. */
export async function lookAround(
  crowd: Crowd,
  person: Person,
  target: string,
  random: Random,
): Promise<void> {
  const game = /^#\/game\/([^/?]+)/.exec(target)?.[1]
  if (game) await playGame(crowd, person, decodeURIComponent(game), random)
  if (target.startsWith('#/me') || target.startsWith('#/coupon') || random.chance(crowd.rules.looksAtMe))
    await lookAtMe(crowd, person)
  if (target.startsWith('#/subscription') || random.chance(temperOf(crowd, person)))
    await optOut(crowd, person)
}

/** GET of the public API; who is not known yet signs in through WeCom first, as the page would do. */
async function read(person: Person, path: string): Promise<Json> {
  const first = await person.browser.call('GET', path)
  if (first.status === 401) await person.browser.open('/api/public/login?to=/h5/')
  else if (first.status === 200) return object(first.body, path)
  return object(await must(person.browser, 'GET', path), path)
}

// ---------------------------------------------------------------- games

async function playGame(crowd: Crowd, person: Person, id: string, random: Random): Promise<void> {
  const path = `/api/public/games/${encodeURIComponent(id)}`
  const game = await read(person, path)
  if (game['state'] !== 'open') return
  if (!random.chance(crowd.rules.play)) return
  if (game['kind'] === 'poll') await vote(crowd, person, path, game)
  else if (game['kind'] === 'hunt') await search(crowd, person, path, game, random)
}

/** A taste is for good: the same person chooses the same options whenever she is asked. */
async function vote(crowd: Crowd, person: Person, path: string, game: Json): Promise<void> {
  if (list(game['mine'], 'mine').length > 0) return
  const taste = crowd.chance('taste', person.id, typeof game['title'] === 'string' ? game['title'] : '')
  const options = list(game['options'], 'options').map((option, i) => {
    const id = text(object(option, 'option')['id'], 'option id')
    // Earlier options are a little more popular, as in every poll.
    return { id, liking: taste.next() + 0.25 / (i + 1) }
  })
  const most = typeof game['most'] === 'number' ? game['most'] : 1
  const count = Math.min(options.length, taste.int(1, Math.max(1, most)))
  const choices = [...options].sort((a, b) => b.liking - a.liking).slice(0, count)
  const result = await play(crowd, person, path, { choices: choices.map((option) => option.id) })
  if (result['accepted'] === true) crowd.tally.add('votes')
}

const guesses = ['奶瓶', '小熊', '彩虹', '月亮', '草莓', '小火车'] as const

/** The newest clue that is out and not found: the right word if she can know it, at times after a wrong one. */
async function search(crowd: Crowd, person: Person, path: string, game: Json, random: Random): Promise<void> {
  const open = list(game['clues'], 'clues')
    .map((clue) => object(clue, 'clue'))
    .filter((clue) => typeof clue['riddle'] === 'string' && clue['found'] !== true)
  const clue = open.at(-1)
  if (!clue) return
  const id = text(clue['id'], 'clue id')
  const right = crowd.huntAnswers[id] ?? crowd.huntAnswers[text(clue['riddle'], 'riddle')]
  if (!right || random.chance(crowd.rules.wrongFirst)) {
    const wrong = random.pick(guesses.filter((guess) => guess !== right))
    const missed = await play(crowd, person, path, { clue: id, answer: wrong })
    crowd.tally.add(missed['accepted'] === true ? 'finds' : 'wrongAnswers')
  }
  // Some give up after a wrong word.
  if (!right || random.chance(0.1)) return
  const result = await play(crowd, person, path, { clue: id, answer: right })
  crowd.tally.add(result['accepted'] === true ? 'finds' : 'wrongAnswers')
}

async function play(crowd: Crowd, person: Person, path: string, move: Json): Promise<Json> {
  const result = object(await must(person.browser, 'POST', `${path}/play`, move), 'play result')
  if (result['coupon']) crowd.tally.add('coupons')
  return result
}

// ---------------------------------------------------------------- her own page

async function lookAtMe(crowd: Crowd, person: Person): Promise<void> {
  await read(person, '/api/public/me')
  crowd.tally.add('visitsToMe')
}

/** Chance to opt out now: her nature, and how much reached her in the last seven days. */
function temperOf(crowd: Crowd, person: Person): number {
  if (person.optedOut || person.isStranger()) return 0
  const recent = person.received.filter((at) => at > crowd.world.now() - 7 * dayMs).length
  return crowd.rules.optOut * person.household.nature.irritability * Math.min(1, recent / 4)
}

async function optOut(crowd: Crowd, person: Person): Promise<void> {
  if (person.optedOut || person.isStranger()) return
  await read(person, '/api/public/subscription')
  await must(person.browser, 'PUT', '/api/public/subscription', { marketing: false, topics: [] })
  person.optedOut = true
  crowd.tally.add('optOuts')
}
