/** How people behave, as chances. Every number can be set by a test or a demo; the defaults make a lively shop. */
export interface CrowdRules {
  /** A message to one person with a link: the chance that a person of middling curiosity taps it. */
  readonly clickPersonal: number
  /** The same for one member of a group. */
  readonly clickGroup: number
  /** Minutes until the tap: the middle of a wide spread, one minute to ten hours. */
  readonly clickAfterMinutes: number
  /** Of those who see an open poll or an unsolved clue: how many play. */
  readonly play: number
  /** Of those who know the answer of a clue: how many type something else first. */
  readonly wrongFirst: number
  /** After a visit: looks at her own page. */
  readonly looksAtMe: number
  /** For the most irritable person, per visit; falls with the message count of her last seven days. */
  readonly optOut: number
  /** A personal message makes a household buy within three days. */
  readonly orderAfterPersonal: number
  /** A tap makes a household buy within three days. */
  readonly orderAfterClick: number
  /** Multiplies everyone's own order rate. */
  readonly orderRate: number
  readonly joinsPerDay: { readonly least: number; readonly most: number }
  /** Mean number of customers a day who delete their advisor. */
  readonly deletesPerDay: number
  readonly groupJoinsPerDay: number
  readonly groupLeavesPerDay: number
  /** An advisor passes a task over, with a reason. */
  readonly skip: number
  /** An advisor adds a sentence of her own. */
  readonly rewrite: number
  /** Minutes from the card to the first task. */
  readonly promptMinutes: { readonly least: number; readonly most: number }
  readonly slowMinutes: { readonly least: number; readonly most: number }
  /** Minutes from one task to the next. */
  readonly perTaskMinutes: { readonly least: number; readonly most: number }
}

export const defaultRules: CrowdRules = {
  clickPersonal: 0.42,
  clickGroup: 0.16,
  clickAfterMinutes: 22,
  play: 0.8,
  wrongFirst: 0.3,
  looksAtMe: 0.3,
  optOut: 0.08,
  orderAfterPersonal: 0.06,
  orderAfterClick: 0.05,
  orderRate: 1,
  joinsPerDay: { least: 1, most: 3 },
  deletesPerDay: 0.35,
  groupJoinsPerDay: 1.2,
  groupLeavesPerDay: 0.4,
  skip: 0.06,
  rewrite: 0.2,
  promptMinutes: { least: 3, most: 35 },
  slowMinutes: { least: 90, most: 330 },
  perTaskMinutes: { least: 1, most: 4 },
}
