/** The keys of the table of `interplot watch`. */

import type { HelpKeys } from '../../live/help-overlay.ts'

export const TABLE_KEYS: HelpKeys = {
  all: [
    ['q', 'quit'],
    ['g G', 'connections, or taken together: by host, country, network, …'],
    ['s', 'order: by rate, by bytes, newest first, by name'],
    ['/', 'only what has these words: name, address, :port, city, AS, …'],
    ['p, space', 'the screen stands still; watching goes on'],
    ['m', 'map on or off'],
    ['up down j k', 'select a row; page up, page down, home and end, too'],
    ['d, enter', 'all that is known of the selected row'],
    ['escape', 'one step back: details, selection, filter'],
    ['ctrl-l', 'paint the screen anew'],
    ['ctrl-z', 'stop for now; fg goes on'],
  ],
  footer: [
    ['q', 'quit'],
    ['g', 'group'],
    ['s', 'sort'],
    ['/', 'filter'],
    ['p', 'pause'],
    ['m', 'map'],
    ['d', 'details'],
    ['j/k', 'select'],
    ['?', 'help'],
  ],
}
