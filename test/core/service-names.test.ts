import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { serviceName } from '../../src/core/service-names.ts'

const PROTOCOL: Readonly<Record<string, number>> = { tcp: 6, udp: 17 }
const all = [6, 17]
  .flatMap((protocol) =>
    Array.from({ length: 65536 }, (_, port) => ({ protocol, port, name: serviceName(protocol, port) })),
  )
  .filter(({ name }) => name !== null)

describe('service names', () => {
  it.each([
    [6, 22, 'ssh'],
    [6, 443, 'https'],
    [17, 443, 'https'],
    [6, 514, 'shell'],
    [17, 514, 'syslog'],
    [17, 5353, 'mdns'],
    [6, 67, null],
    [1, 22, null],
    [6, 0, null],
    [6, 49_999, null],
  ])('protocol %i, port %i: %s', (protocol, port, name) => {
    expect(serviceName(protocol, port)).toBe(name)
  })

  it('are short words, some hundreds', () => {
    expect(all.length).toBeGreaterThan(350)
    for (const { name } of all) expect(name).toMatch(/^[a-z0-9][a-z0-9.-]{1,24}$/)
  })

  // The machine's own list has the official names; ours are those in common use where the two differ.
  it.skipIf(!existsSync('/etc/services'))('mostly agree with the list of this machine', () => {
    const official = new Map<string, string[]>()
    for (const line of readFileSync('/etc/services', 'utf8').split('\n')) {
      const [, name, port, protocol, aliases = ''] = /^(\S+)\s+(\d+)\/(tcp|udp)\s*([^#]*)/.exec(line) ?? []
      if (name === undefined) continue
      const key = `${PROTOCOL[protocol!]}/${port}`
      official.set(key, [...(official.get(key) ?? []), name, ...aliases.trim().split(/\s+/)])
    }
    const shared = all.filter(({ protocol, port }) => official.has(`${protocol}/${port}`))
    const alike = shared.filter(({ protocol, port, name }) => official.get(`${protocol}/${port}`)!.includes(name!))
    expect(shared.length).toBeGreaterThan(100)
    expect(alike.length / shared.length).toBeGreaterThan(0.6)
  })
})
