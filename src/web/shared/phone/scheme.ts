/**
 * Light or dark. WeCom and WeChat for Android keep their own setting and tell it only in the user agent; everywhere
 * else the media query knows.
 */
export const followScheme = (): void => {
  const told = /ColorScheme\/(Dark|Light)/i.exec(navigator.userAgent)?.[1]?.toLowerCase()
  const show = (dark: boolean): void => {
    document.documentElement.setAttribute('data-scheme', dark ? 'dark' : 'light')
  }
  if (told) {
    show(told === 'dark')
    return
  }
  const query = window.matchMedia('(prefers-color-scheme: dark)')
  show(query.matches)
  // Safari 12 knows only the older name of addEventListener here.
  query.addListener((event) => {
    show(event.matches)
  })
}
