import { describe, expect, it } from 'vitest'
import { watchNetworks } from '../../src/probe/answering-networks.ts'
import { makeCanaryTable } from '../../src/probe/canary-table.ts'

describe('canary table', () => {
  it('follows each canary from the question to its fate, across threads', () => {
    const main = makeCanaryTable()
    const sender = makeCanaryTable(main.buffer)
    const receiver = makeCanaryTable(main.buffer)
    expect(sender.next()).toBeNull()
    main.ask(1, 80)
    main.ask(2, 80)
    main.ask(3, 443)
    for (const [address, nowUs] of [
      [1, 100],
      [2, 200],
    ] as const) {
      expect(sender.next()?.address).toBe(address)
      sender.sent(nowUs)
    }
    expect(receiver.answered(1, 80, 350, true)).toBe(true)
    expect(receiver.answered(1, 443, 350, true)).toBe(false)
    expect(receiver.answered(9, 80, 350, true)).toBe(false)
    expect(main.judge(400)).toMatchObject([{ address: 1, port: 80, rttUs: 250, success: true }])
    expect(main.judge(400)).toEqual([])
    expect(main.judge(200 + 1_000_000)).toMatchObject([{ address: 2, rttUs: null, success: false }])
    // The third was never sent: nothing can be said about it.
    expect(main.judge(9e9)).toEqual([])
  })

  it('takes no more questions than it can follow, and goes on when they are judged', () => {
    const table = makeCanaryTable()
    let asked = 0
    while (table.ask(asked, 1) >= 0) asked += 1
    expect(asked).toBe(4096)
    table.sent(0)
    expect(table.judge(2e6).length).toBe(1)
    expect(table.ask(5, 1)).toBe(4096)
    expect(table.ask(6, 1)).toBe(-1)
    expect(table.answered(0, 1, 1, true)).toBe(false)
    expect(table.answered(5, 1, 1, true)).toBe(true)
    // The others are still followed.
    expect(table.answered(1, 1, 1, true)).toBe(true)
    expect(table.answered(4095, 1, 1, true)).toBe(true)
  })
})

describe('networks where everything answers', () => {
  const random = (): number => 0.5
  it('asks a /24 with several hits on ports of no interest, once, and flags it when they answer', () => {
    const networks = watchNetworks(new Set([33_280]), () => Math.random())
    const asked = [7, 7, 8, 9, 10].flatMap((host) => networks.hit(0x0a000000 + host))
    expect(asked.length).toBe(4)
    expect(asked.every(({ port }) => port >= 1024 && port !== 33_280)).toBe(true)
    for (const canary of asked) networks.judge({ ...canary, slot: 0, rttUs: 5, success: true })
    expect(networks.flagged()).toEqual([{ network: 0x0a000000, asked: 4, answered: 4 }])
  })

  it('does not flag a network of honest hosts, nor take scan ports for random ones', () => {
    const networks = watchNetworks(new Set([80]), random)
    const asked = [1, 2, 3].flatMap((host) => networks.hit(host))
    for (const [i, canary] of asked.entries()) {
      expect(networks.judge({ ...canary, slot: i, rttUs: 5, success: i < 2 })).toBe(true)
    }
    expect(networks.judge({ address: 1, port: 80, slot: 9, rttUs: 5, success: true })).toBe(false)
    expect(networks.flagged()).toEqual([])
  })

  it('has no question when all ports are scanned', () => {
    const networks = watchNetworks(new Set(Array.from({ length: 65_536 }, (_, port) => port)), random)
    expect([1, 2, 3, 4].flatMap((host) => networks.hit(host))).toEqual([])
  })
})
