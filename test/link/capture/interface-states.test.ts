import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeInterfaceStates } from '../../../src/link/capture/interface-states.ts'
import { IFF_LOWER_UP, IFF_UP } from '../../../src/link/kernel-constants.ts'

const UP = IFF_UP | IFF_LOWER_UP
type Step = [index: number, name: string, what: number | 'deleted']

const run = (watched: readonly string[], start: readonly Step[], steps: readonly Step[], listens = true) => {
  const said: string[] = []
  const table = start.map(([index, name, flags]) => ({ index, name, flags: flags as number }))
  const states = makeInterfaceStates(watched, table, {
    reopen(name, index) {
      said.push(`listen ${name} ${index}`)
      return listens
    },
    onState: (name, change) => void said.push(`${name} ${change}`),
  })
  for (const [index, name, what] of steps) {
    states.observe({ index, name, flags: what === 'deleted' ? 0 : what, gone: what === 'deleted' })
  }
  return { said, states, outages: states.outages() }
}

const ETH0: Step = [2, 'eth0', UP]

describe('the states of captured interfaces', () => {
  it.each<[string, Step[], Step[], string[], number]>([
    ['nothing new', [ETH0], [ETH0, ETH0], [], 0],
    ['down at the start', [[2, 'eth0', 0]], [ETH0], ['eth0 down', 'eth0 up'], 0],
    ['down and up', [ETH0], [[2, 'eth0', 0], [2, 'eth0', 0], ETH0], ['eth0 down', 'eth0 up'], 1],
    ['unplugged', [ETH0], [[2, 'eth0', IFF_UP]], ['eth0 down'], 1],
    [
      'another interface',
      [ETH0],
      [
        [3, 'eth1', 0],
        [3, 'eth1', 'deleted'],
      ],
      [],
      0,
    ],
    [
      'deleted',
      [ETH0],
      [
        [2, 'eth0', 'deleted'],
        [2, 'eth0', 'deleted'],
      ],
      ['eth0 gone'],
      1,
    ],
    [
      'down, then deleted',
      [ETH0],
      [
        [2, 'eth0', 0],
        [2, 'eth0', 'deleted'],
      ],
      ['eth0 down', 'eth0 gone'],
      1,
    ],
    [
      'made again',
      [ETH0],
      [
        [2, 'eth0', 'deleted'],
        [7, 'eth0', 0],
        [7, 'eth0', UP],
      ],
      ['eth0 gone', 'listen eth0 7', 'eth0 back', 'eth0 down', 'eth0 up'],
      1,
    ],
    [
      'made again, and up',
      [ETH0],
      [
        [2, 'eth0', 'deleted'],
        [7, 'eth0', UP],
      ],
      ['eth0 gone', 'listen eth0 7', 'eth0 back'],
      1,
    ],
    [
      'renamed: listened to all the same',
      [ETH0],
      [
        [2, 'wan', UP],
        [2, 'wan', 0],
      ],
      ['eth0 down'],
      1,
    ],
    [
      'another of its former name',
      [ETH0],
      [
        [2, 'wan', UP],
        [9, 'eth0', UP],
      ],
      [],
      0,
    ],
  ])('%s', (_name, start, steps, expected, outages) => {
    const { said, outages: counted } = run(['eth0'], start, steps)
    expect(said).toEqual(expected)
    expect(counted).toEqual({ eth0: outages })
  })

  it('tries again when one that came back cannot be listened to', () => {
    const steps: Step[] = [
      [2, 'eth0', 'deleted'],
      [7, 'eth0', UP],
      [8, 'eth0', UP],
    ]
    expect(run(['eth0'], [ETH0], steps, false).said).toEqual(['eth0 gone', 'listen eth0 7', 'listen eth0 8'])
  })

  it('finds out from the whole table what it was not told', () => {
    const { said, states } = run(['eth0', 'eth1'], [ETH0, [3, 'eth1', UP]], [])
    states.compare([{ index: 3, name: 'eth1', flags: 0 }])
    states.compare([
      { index: 3, name: 'eth1', flags: UP },
      { index: 4, name: 'eth0', flags: UP },
    ])
    expect(said).toEqual(['eth0 gone', 'eth1 down', 'eth1 up', 'listen eth0 4', 'eth0 back'])
    expect(states.outages()).toEqual({ eth0: 1, eth1: 1 })
  })

  it('knows names of what is and of what was, and not of ever more', () => {
    const { states } = run([], [ETH0], [[2, 'eth0', 'deleted']])
    expect([states.nameOf(2), states.nameOf(3)]).toEqual(['eth0', null])
    for (let index = 10; index < 5000; index += 1)
      states.observe({ index, name: `veth${index}`, flags: UP, gone: false })
    expect([states.nameOf(2), states.nameOf(4999)]).toEqual([null, 'veth4999'])
  })

  it('says each change once, and only one that can follow, whatever the kernel tells', () => {
    const AFTER: Readonly<Record<string, readonly string[]>> = {
      up: ['down', 'gone'],
      down: ['up', 'gone'],
      gone: ['back'],
      back: ['down', 'gone'],
    }
    const step = fc.tuple(
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('eth0', 'eth1'),
      fc.constantFrom<number | 'deleted'>(UP, IFF_UP, 0, 'deleted'),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { said, outages } = run(['eth0'], [[1, 'eth0', UP]], steps)
        const changes = said.filter((line) => line.startsWith('eth0')).map((line) => line.slice(5))
        for (const [i, change] of changes.entries()) expect(AFTER[i === 0 ? 'up' : changes[i - 1]!]).toContain(change)
        const lost = changes.filter(
          (change, i) => ['down', 'gone'].includes(change) && ['up', undefined].includes(changes[i - 1]),
        )
        expect(outages['eth0']).toBeGreaterThanOrEqual(lost.length)
      }),
    )
  })
})
