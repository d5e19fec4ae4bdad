/**
 * Must be called in the tap itself: the old way is tried first because it works without https and in old web views,
 * and neither way works once the tap is over.
 */
export const copyText = async (text: string): Promise<boolean> => {
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('readonly', '')
  area.style.cssText = 'position:fixed;top:0;left:0;opacity:0;font-size:16px'
  document.body.appendChild(area)
  area.select()
  area.setSelectionRange(0, text.length)
  const copied = document.execCommand('copy')
  document.body.removeChild(area)
  if (copied) return true
  if (!('clipboard' in navigator)) return false
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  )
}
