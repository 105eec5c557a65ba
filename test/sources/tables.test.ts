import { describe, expect, it } from 'vitest'
import { connectionTables } from '../../src/sources/tables/index.ts'
import { errorCode } from '../error-code.ts'

const options = { clock: { nowUs: () => 1_760_000_000e6 }, isLocal: () => false }

describe.each(connectionTables.entries.map((kind) => [kind.name, kind] as const))('%s', (name, kind) => {
  it('describes itself', () => {
    expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/)
    for (const words of [kind.help, kind.needs, kind.title]) expect(words).toMatch(/^\S.*[^.\s]$/)
  })

  it('opens, or says in a coded error why not', () => {
    const failure = errorCode(() => {
      const table = kind.open(options)
      const { open, ended } = table.poll()
      expect(Array.isArray(open)).toBe(true)
      expect(ended).toEqual([])
      expect(new Set(open.map(({ id }) => id)).size).toBe(open.length)
      table.close?.()
    })
    expect(['no error', 'ERR_RAW_PRIVILEGE', 'ERR_LINK_UNAVAILABLE']).toContain(failure)
  })
})

it('lists the known ones for another name', () => {
  expect(() => connectionTables.get('arp')).toThrow(/arp/)
})
