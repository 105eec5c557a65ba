import { describe, expect, it } from 'vitest'
import {
  applyKey,
  INITIAL_VIEW,
  type KeyContext,
  type TableView,
} from '../../../../src/commands/watch/live/table-view.ts'

const CONTEXT: KeyContext = {
  rows: ['a', 'b', 'c', 'd', 'e'],
  total: 5,
  page: 3,
  mapShown: false,
  noMap: null,
  hasPrograms: true,
}

const press = (keys: string, context: Partial<KeyContext> = {}): TableView =>
  keys
    .split(' ')
    .map((key) => (key === 'space' ? ' ' : key))
    .reduce((view, key) => applyKey(view, key, { ...CONTEXT, ...context }).view, INITIAL_VIEW)

describe('the keys of the table', () => {
  it.each<[string, Partial<TableView>]>([
    ['g', { grouping: 'hosts', message: 'remote hosts' }],
    ['g g g g g g', { grouping: 'connections' }],
    ['G', { grouping: 'programs' }],
    ['j g', { selected: null }],
    ['s', { sorting: 'bytes', message: 'by bytes' }],
    ['s s s s', { sorting: 'rate' }],
    ['/ q', { typing: true, filter: 'q' }],
    ['/ a space s enter', { typing: false, filter: 'a s' }],
    ['/ a b backspace', { typing: true, filter: 'a' }],
    ['/ a backspace backspace', { typing: false, filter: '' }],
    ['/ a b ctrl-u', { typing: true, filter: '' }],
    ['/ a escape', { typing: false, filter: '', message: 'no filter' }],
    ['/ home', { message: 'enter keeps the filter, escape leaves it' }],
    ['/ down', { typing: true, selected: 'a' }],
    ['p', { paused: true }],
    ['space space', { paused: false, message: 'the screen goes on' }],
    ['m', { map: true, message: 'map on' }],
    ['j', { selected: 'a' }],
    ['k', { selected: 'e' }],
    ['j j k', { selected: 'a' }],
    ['j page-down', { selected: 'd' }],
    ['end', { selected: 'e', message: '' }],
    ['end j', { selected: 'e', message: 'this is the last row' }],
    ['home k', { selected: 'a', message: 'this is the first row' }],
    ['d', { selected: 'a', details: true }],
    ['j j enter', { selected: 'b', details: true }],
    ['d d', { details: false, selected: 'a' }],
    ['/ x enter d escape', { details: false, selected: 'a', filter: 'x' }],
    ['/ x enter d escape escape', { selected: null, filter: 'x' }],
    ['/ x enter d escape escape escape', { filter: '' }],
    ['escape', { message: 'q quits' }],
    ['h', { help: true }],
    ['? p', { help: false, paused: false }],
    ['x', { message: 'no such key: x; ? shows all' }],
    ['constructor', { message: 'no such key: constructor; ? shows all' }],
  ])('%s', (keys, expected) => {
    expect(press(keys)).toMatchObject(expected)
  })

  it.each<[string, Partial<KeyContext>, Partial<TableView>]>([
    ['j', { rows: [] }, { selected: null, message: 'there is nothing to select yet' }],
    ['d', { rows: [] }, { details: false, message: 'there is nothing to select yet' }],
    ['m', { noMap: 'no places' }, { map: null, message: 'no places' }],
    ['m', { mapShown: true }, { map: false }],
    ['G', { hasPrograms: false }, { grouping: 'services' }],
    ['g g g g g', { hasPrograms: false }, { message: 'connections; this source does not tell programs' }],
    ['end j', { total: 2000 }, { message: 'these are the first 5; / finds the others' }],
  ])('%s with %j', (keys, context, expected) => {
    expect(press(keys, context)).toMatchObject(expected)
  })

  it('begins anew where the selected row has gone', () => {
    const view = { ...INITIAL_VIEW, selected: 'gone' }
    expect(applyKey(view, 'down', CONTEXT).view.selected).toBe('a')
    expect(applyKey(view, 'up', CONTEXT).view.selected).toBe('e')
  })

  it.each([
    ['q', 'quit'],
    ['ctrl-c', 'interrupt'],
    ['ctrl-z', 'suspend'],
    ['ctrl-l', 'repaint'],
  ])('%s is for others', (key, effect) => {
    expect(applyKey(INITIAL_VIEW, key, CONTEXT).effect).toBe(effect)
    const typing = { ...INITIAL_VIEW, typing: true }
    expect(applyKey(typing, key, CONTEXT).effect).toBe(key === 'q' ? 'none' : effect)
  })

  it('keeps a filter within bounds', () => {
    const view = press(`/ ${'x '.repeat(200).trim()}`)
    expect([view.filter.length, view.message]).toEqual([80, 'the filter is long enough'])
  })
})
