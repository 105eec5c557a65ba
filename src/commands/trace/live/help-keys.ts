/** The keys of the live view of a trace. */

import type { HelpKeys } from '../../live/help-overlay.ts'

export const TRACE_KEYS: HelpKeys = {
  all: [
    ['q', 'quit; the table stays, the trace is kept'],
    ['p, space', 'pause probing'],
    ['f', 'freeze the screen; probing goes on'],
    ['o', 'other columns: counts, latency, places'],
    ['n', 'names on or off'],
    ['m', 'map on or off'],
    ['i u t', 'probe by ICMP, UDP or TCP: a trace of its own'],
    ['r', 'statistics anew'],
    ['up down j k', 'select a hop: all its routers and what they tell'],
    ['escape', 'no hop selected'],
    ['tab', 'next host'],
    ['+ -', 'more or less time between rounds'],
    ['ctrl-l', 'paint the screen anew'],
    ['ctrl-z', 'stop for now; fg goes on'],
  ],
  footer: [
    ['q', 'quit'],
    ['p', 'pause'],
    ['f', 'freeze'],
    ['o', 'columns'],
    ['n', 'names'],
    ['m', 'map'],
    ['r', 'reset'],
    ['i/u/t', 'probes'],
    ['+/-', 'interval'],
    ['j/k', 'select'],
    ['tab', 'host'],
    ['?', 'help'],
  ],
}
