import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Grouping } from '../../../../src/commands/watch/live/connection-groups.ts'
import {
  makeRowOrder,
  orderRows,
  type RowQuery,
  rowKey,
  type Sorting,
} from '../../../../src/commands/watch/live/row-order.ts'
import { topRows } from '../../../../src/commands/watch/live/top-rows.ts'
import { BERLIN, START_US, TOKYO, watched } from './watched.ts'

const QUERY: RowQuery = { grouping: 'connections', sorting: 'rate', filter: '' }

const SOME = [
  watched(1, { name: 'b.example', rateIn: 10, place: BERLIN, process: 'firefox' }),
  watched(2, { rateIn: 5, rateOut: 10, bytesIn: 9e6, place: TOKYO, protocol: 17, remotePort: 53 }),
  watched(3, { name: 'a.example', firstUs: START_US + 50e6, place: BERLIN, ended: true }),
  watched(4, { initiator: 'remote', localPort: 22, remotePort: 51_000, process: 'sshd', lastUs: START_US + 70e6 }),
]

const keys = (query: Partial<RowQuery>): string[] => orderRows(SOME, { ...QUERY, ...query }).rows.map(rowKey)

describe('the order of rows', () => {
  it.each<[Sorting, number[]]>([
    ['rate', [2, 1, 4, 3]],
    ['bytes', [2, 4, 1, 3]],
    ['newest', [3, 4, 2, 1]],
    ['name', [2, 4, 3, 1]],
  ])('by %s', (sorting, ids) => {
    expect(keys({ sorting })).toEqual(ids.map((id) => `connection ${id}`))
  })

  it.each<[Grouping, string[]]>([
    ['hosts', ['198.51.100.2', '198.51.100.1', '198.51.100.4', '198.51.100.3']],
    ['countries', ['JP', 'DE', '(no country known)']],
    ['networks', ['AS64501', 'AS64500', '(no network known)']],
    ['services', ['udp domain', 'tcp https', 'tcp ssh']],
    ['programs', ['', 'firefox', 'sshd']],
  ])('of %s', (grouping, expected) => {
    expect(keys({ grouping })).toEqual(expected.map((key) => `group ${key}`))
  })

  it('adds up what is taken together', () => {
    const { rows, total } = orderRows(SOME, { ...QUERY, grouping: 'countries' })
    expect(total).toBe(3)
    expect(rows[1]).toMatchObject({
      label: 'Germany',
      flows: 2,
      bytesIn: 6000,
      bytesOut: 400,
      rateIn: 10,
      ended: false,
    })
    expect(rows[1]).toMatchObject({ firstUs: START_US + 50e6, packetsIn: 6, packetsOut: 4 })
  })

  it.each<[string, number[]]>([
    ['berlin', [1, 3]],
    ['  BERLIN   a.exa ', [3]],
    ['as64501', [2]],
    [':22', [4]],
    ['ssh', [4]],
    ['198.51.100.', [2, 1, 4, 3]],
    ['japan firefox', []],
    ['東京', [2]],
    ['(.*', []],
  ])('of those with %j', (filter, ids) => {
    expect(keys({ filter })).toEqual(ids.map((id) => `connection ${id}`))
  })

  it('counts what it leaves out', () => {
    const many = Array.from({ length: 2500 }, (_, i) => watched(i + 1, { rateIn: i }))
    const ordered = orderRows(many, QUERY)
    expect([ordered.rows.length, ordered.total, ordered.withoutPlace]).toEqual([1000, 2500, 2500])
    expect([ordered.rows[0], ordered.rows[999]]).toMatchObject([{ id: 2500 }, { id: 1501 }])
  })

  it('is held for a second, and no longer than twenty times what finding it took', () => {
    let [timeUs, costUs, asked] = [0, 0, 0]
    const order = makeRowOrder(() => timeUs)
    const connections = () => {
      asked += 1
      timeUs += costUs
      return SOME
    }
    const at = (now: number, query = QUERY): number => {
      timeUs = now
      order.rows(query, connections)
      return asked
    }
    expect([at(0), at(999_999), at(1e6)]).toEqual([1, 1, 2])
    // Another question, another answer.
    expect([at(1.1e6, { ...QUERY, sorting: 'name' }), at(1.2e6)]).toEqual([3, 4])
    costUs = 2e5
    expect([at(3e6), at(6.9e6), at(7.1e6)]).toEqual([5, 5, 6])
    order.forget()
    expect(at(7.4e6)).toBe(7)
  })

  it('takes the first few as a whole sort would', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.nat({ max: 20 }), (values, most) => {
        const sorted = [...values].sort((one, other) => one - other)
        expect(topRows(values, most, (one, other) => one < other)).toEqual(sorted.slice(0, most))
      }),
    )
  })
})
