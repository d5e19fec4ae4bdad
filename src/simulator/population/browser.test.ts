import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBrowser, must } from './browser.ts'

const server = createServer((request, response) => {
  const path = request.url ?? ''
  const cookie = request.headers.cookie ?? ''
  if (path === '/in')
    response
      .setHeader('set-cookie', ['a=1; Path=/', 'b=x=y; HttpOnly'])
      .writeHead(302, { location: '/page#/game/7' })
  else if (path === '/out') response.setHeader('set-cookie', 'a=; Path=/; Max-Age=0').writeHead(200)
  else if (path === '/circle') response.writeHead(302, { location: '/circle' })
  else if (path === '/away') response.writeHead(302, { location: 'https://open.weixin.example/connect' })
  else if (path === '/html') response.writeHead(200).write('<html>')
  else if (path === '/missing') response.writeHead(404).write('{"code":"not-found"}')
  else
    response
      .writeHead(200)
      .write(JSON.stringify({ cookie, asked: request.headers['x-requested-with'] ?? null }))
  response.end()
})
let baseUrl = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
const browser = () => createBrowser({ baseUrl, as: () => 'wm1' })

test('keeps cookies and the fragment of the last address', async () => {
  const one = browser()
  const page = await one.open('/in')
  expect(page.hash).toBe('#/game/7')
  expect(await must(one, 'GET', '/see')).toEqual({ cookie: 'a=1; b=x=y', asked: null })
  await one.open('/out')
  expect(await must(one, 'PUT', '/see', {})).toEqual({ cookie: 'b=x=y', asked: 'siyu' })
  expect(await must(browser(), 'GET', '/see')).toEqual({ cookie: '', asked: null })
})

test('stops in a circle, stays on the machine, says what went wrong', async () => {
  await expect(browser().open('/circle')).rejects.toThrow('redirects')
  await expect(browser().open('/away')).rejects.toThrow('will not go to open.weixin.example')
  await expect(browser().open('/missing')).rejects.toThrow('/missing answered 404')
  await expect(must(browser(), 'GET', '/html')).rejects.toThrow('no JSON')
  await expect(must(browser(), 'GET', '/missing')).rejects.toThrow('404 {"code":"not-found"}')
})
