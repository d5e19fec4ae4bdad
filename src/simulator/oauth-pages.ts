import type { Context } from './context.ts'

const mostShown = 60

const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`)

const frame = (title: string, body: string): string => `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
body { font: 16px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif; margin: 0 auto; max-width: 40rem; padding: 1rem; color: #1f2329 }
h1 { font-size: 1.25rem } h2 { font-size: 1rem; color: #646a73 }
ul { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem }
a { display: block; padding: .6rem .8rem; border: 1px solid #dee0e3; border-radius: .5rem; text-decoration: none; color: #1f2329 }
a:hover, a:focus { border-color: #3370ff }
small { display: block; color: #646a73; overflow: hidden; text-overflow: ellipsis }
form { display: flex; gap: .5rem } input { flex: 1; font: inherit; padding: .4rem .6rem }
button { font: inherit; padding: .4rem 1rem }
.note { color: #d83931 }
</style>
${body}
</html>
`

export const errorPage = (problem: string): string =>
  frame('授权出错', `<h1>授权出错</h1><p class="note">${escape(problem)}</p>`)

/** "Who are you?": staff first, then customers; the chosen one is remembered in a cookie. */
export function choosePage(ctx: Context, url: URL, door: 'anybody' | 'staff', unknown: string): string {
  const link = (id: string, name: string): string => {
    const to = new URL(url)
    to.searchParams.set('as', id)
    return `<li><a href="${escape(to.pathname + to.search)}">${escape(name)}<small>${escape(id)}</small></a></li>`
  }
  const staff = [...ctx.state.staff.values()].slice(0, mostShown).map((one) => link(one.userid, one.name))
  const customers =
    door === 'staff'
      ? []
      : [...ctx.state.customers.values()].slice(0, mostShown).map((one) => link(one.externalUserId, one.name))
  const hidden = [...url.searchParams]
    .filter(([name]) => name !== 'as')
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
  const label = door === 'staff' ? '员工 userid' : '员工 userid、客户 external_userid 或 openid'
  return frame(
    '模拟登录',
    `<h1>模拟企业微信：您是谁？</h1>
${unknown === '' ? '' : `<p class="note">没有找到“${escape(unknown)}”</p>`}
<form method="get">${hidden.join('')}<input name="as" placeholder="${label}" aria-label="${label}" required><button>进入</button></form>
${staff.length > 0 ? `<h2>员工</h2><ul>${staff.join('')}</ul>` : ''}
${customers.length > 0 ? `<h2>客户</h2><ul>${customers.join('')}</ul>` : ''}`,
  )
}
