import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lookUp } from './lookup.ts'
import { json, serve } from './server.ts'
import { answerOf, askedFor, ONLINE, type Online } from './shapes.ts'

/** An answer in which any field, at any depth, may be anything. */
const spoiled = (value: unknown): fc.Arbitrary<unknown> => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('', '1e400', '-0', '\u0000', '__proto__', -1, 1e300, [], {}),
  )
  if (typeof value !== 'object' || value === null)
    return fc.oneof({ weight: 9, arbitrary: fc.constant(value) }, anything)
  const fields = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spoiled(inner)]))
  return fc.oneof({ weight: 9, arbitrary: fc.record(fields, { requiredKeys: [] }) }, anything)
}

describe('whatever a server says, there is a valid place, none, or a failure', () => {
  it.each(ONLINE)('%s', async (name: Online) => {
    const ips = Array.from({ length: 400 }, (_, i) => `11.0.${i >> 8}.${i & 255}`)
    // One answer an address, the same at each try.
    const answers = new Map(
      ips.map((ip, i) => [ip, fc.sample(spoiled(answerOf(name, ip)), { numRuns: 1, seed: i })[0]]),
    )
    const server = await serve((asked, response) => {
      const said = askedFor(asked).map((ip) => answers.get(ip))
      json(response, said.length === 1 ? said[0] : said)
    })
    for (const ip of ips) {
      const { found, error, failures } = await lookUp(name, server.url, [ip])
      const place = found.get(ip)
      const failed = error === null ? Object.values(failures).reduce((sum, count) => sum + count, 0) : 1
      expect(failed + found.size, JSON.stringify(answers.get(ip))).toBe(1)
      if (place === undefined || place === null) continue
      expect((place.latitude === undefined) === (place.longitude === undefined)).toBe(true)
      expect(Math.abs(place.latitude ?? 0)).toBeLessThanOrEqual(90)
      expect(Math.abs(place.longitude ?? 0)).toBeLessThanOrEqual(180)
      expect(place.latitude === 0 && place.longitude === 0).toBe(false)
      if (place.countryCode !== undefined) expect(place.countryCode).toMatch(/^[A-Z]{2}$/)
      for (const text of Object.values(place)) {
        if (typeof text === 'string') expect(text).not.toMatch(/[\p{Cc}]/u)
        else expect(Number.isFinite(text)).toBe(true)
      }
    }
  })
})
