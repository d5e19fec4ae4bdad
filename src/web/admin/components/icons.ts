/** Line icons on a 20 × 20 grid, drawn for the console. */
export const icons = {
  overview: ['M3 16.5h14', 'M5 13.5V9.5', 'M10 13.5V4', 'M15 13.5V7'],
  calendar: ['M3.5 5h13v11.5h-13z', 'M3.5 8.5h13', 'M7 3v3', 'M13 3v3', 'M7 12h2.5'],
  cadence: ['M3 6h7', 'M14 6h3', 'M3 14h3', 'M10 14h7', 'M12 4v4', 'M8 12v4'],
  customers: ['M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6z', 'M4 16.5c.5-3 3-4.5 6-4.5s5.5 1.5 6 4.5'],
  deliveries: ['M17 3 8.5 11.5', 'M17 3l-5 14-3.5-5.5L3 8z'],
  campaigns: [
    'M4 8v4h2.500l6.500 3.500v-11l-6.500 3.500z',
    'M7 12.300v3.700h2.500v-2.400',
    'M15.500 8a3 3 0 0 1 0 4',
  ],
  experiments: ['M7.5 3.5h5', 'M8.5 3.5v4.500l-4.500 8.500h12l-4.500-8.500v-4.500', 'M6.300 12.500h7.400'],
  games: ['M10 3l2 4.3 4.7.6-3.4 3.3.8 4.7L10 13.6l-4.1 2.3.8-4.7L3.3 7.9 8 7.3z'],
  pause: ['M7 5v10', 'M13 5v10'],
  play: ['M7 4.5v11l8.5-5.5z'],
  left: ['M12 5l-5 5 5 5'],
  right: ['M8 5l5 5-5 5'],
  search: ['M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11z', 'M13 13l4 4'],
  warning: ['M10 3.5 2.5 16.5h15z', 'M10 8.5v3.5', 'M10 14.3v.2'],
  check: ['M4 10.5l4 4 8-9'],
  history: ['M4 10a6 6 0 1 0 2-4.5L4 7.5', 'M4 4v3.5h3.5', 'M10 7v3.5l2.5 1.5'],
  compare: ['M10 3v14', 'M3 6h4', 'M3 10h4', 'M3 14h4', 'M13 6h4', 'M13 10h4', 'M13 14h4'],
  close: ['M5 5l10 10', 'M15 5 5 15'],
  lock: ['M5 9h10v7.5H5z', 'M7 9V6.5a3 3 0 0 1 6 0V9'],
  empty: ['M3.5 11.5 5.5 4h9l2 7.5v5h-13z', 'M3.5 11.5h4l1 2h3l1-2h4'],
  text: ['M4 5h12v8.5H9l-3.5 3v-3H4z', 'M7 8h6', 'M7 10.5h4'],
} as const

export type IconName = keyof typeof icons
