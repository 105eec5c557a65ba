import { describe, expect, it } from 'vitest'
import {
  applyKey,
  initialView,
  type KeyContext,
  type ViewState,
} from '../../../../src/commands/trace/live/view-state.ts'

const START = initialView(1e6)
const CONTEXT: KeyContext = {
  hosts: 3,
  ttls: [1, 2, 3, 4, 5],
  page: 3,
  mapShown: false,
  noNames: null,
  noMap: null,
  protocol: 'icmp',
}

const press = (keys: string, context: Partial<KeyContext> = {}, from: Partial<ViewState> = {}): ViewState =>
  keys
    .split(' ')
    .reduce((state, key) => applyKey(state, key, { ...CONTEXT, ...context }).state, { ...START, ...from } as ViewState)

describe('the keys of the live view', () => {
  it.each<[string, Partial<ViewState>]>([
    ['p', { paused: true }],
    ['p p', { paused: false }],
    ['f', { frozen: true }],
    ['o', { columnSet: 'latency' }],
    ['o o', { columnSet: 'places' }],
    ['o o o', { columnSet: 'counts' }],
    ['n', { names: false }],
    ['m', { map: true }],
    ['j', { selected: 1 }],
    ['k', { selected: 5 }],
    ['down down up', { selected: 1 }],
    ['up up up up up up up', { selected: 1 }],
    ['j page-down', { selected: 4 }],
    ['end', { selected: 5 }],
    ['end home', { selected: 1 }],
    ['j escape', { selected: null }],
    ['tab', { host: 1 }],
    ['shift-tab', { host: 2 }],
    ['j tab', { host: 1, selected: null }],
    ['+', { intervalUs: 2e6 }],
    ['-', { intervalUs: 5e5 }],
    ['- - - - - - - -', { intervalUs: 1e5 }],
    ['h', { help: true }],
    ['? x', { help: false }],
    ['? p', { help: false, paused: false }],
  ])('%s', (keys, expected) => {
    expect(press(keys)).toMatchObject(expected)
  })

  it.each([
    ['q', 'quit'],
    ['ctrl-c', 'interrupt'],
    ['ctrl-z', 'suspend'],
    ['ctrl-l', 'repaint'],
    ['r', 'reset'],
    ['u', 'protocol'],
    ['t', 'protocol'],
  ])('%s asks for %s, over the help, too', (key, kind) => {
    expect(applyKey(START, key, CONTEXT).effect.kind).toBe(kind)
    if (key !== 'r' && kind !== 'protocol') {
      expect(applyKey({ ...START, help: true }, key, CONTEXT).effect.kind).toBe(kind)
    }
  })

  it.each<[string, Partial<KeyContext>, RegExp]>([
    ['x', {}, /no such key: x/],
    ['constructor', {}, /no such key/],
    ['unknown', {}, /no such key/],
    ['i', {}, /icmp already/],
    ['tab', { hosts: 1 }, /one host only/],
    ['n', { noNames: 'no names here' }, /no names here/],
    ['m', { noMap: 'no places' }, /no places/],
    ['j', { ttls: [] }, /no hop/],
    ['escape', {}, /q quits/],
  ])('%s does nothing, and says why', (key, context, words) => {
    const { state, effect } = applyKey(START, key, { ...CONTEXT, ...context })
    expect(state).toEqual({ ...START, message: expect.stringMatching(words) })
    expect(effect).toEqual({ kind: 'none' })
  })

  it('says when a round cannot be faster or slower', () => {
    expect(press('-', {}, { intervalUs: 1e5 }).message).toMatch(/as fast as it gets/)
    expect(press('+', {}, { intervalUs: 6e7 }).message).toMatch(/as slow as it gets/)
    expect(press('-', {}, { intervalUs: 3e5 }).intervalUs).toBe(2e5)
  })
})
