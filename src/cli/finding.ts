/** A line of `doctor`. */
export interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly found: string
  readonly fix?: string
}

export const well = (check: string, found: string): Finding => ({ check, ok: true, found })
export const ill = (check: string, found: string, fix: string): Finding => ({ check, ok: false, found, fix })
