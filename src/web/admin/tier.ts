/** A shop may name its own tiers; those we know have their colour, others get one by their name. */
const known: Readonly<Record<string, string>> = {
  high: '#b98a2f',
  mid: '#2f7f80',
  new: '#6f9a3c',
  dormant: '#8a7aa8',
  lead: '#6c8fb3',
  other: '#9aa4a1',
}
const spare = ['#a8667c', '#5f8f74', '#7d86c2', '#b57a4a']

export const tierTone = (tier: string): string => {
  const sum = [...tier].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0)
  return known[tier] ?? spare[sum % spare.length] ?? '#9aa4a1'
}
