import { describe, expect, it } from 'vitest'
import { banReport } from '../../../src/commands/bans/ban-report.ts'
import { parseIp } from '../../../src/core/ip.ts'
import type { Place } from '../../../src/core/place.ts'
import type { Ban } from '../../../src/store/ban-reader.ts'

const ban = (address: string, place: number, run = 1): Ban => ({
  ...{ address: parseIp(address)!, prefixBits: 32, host: 'a', jail: 'sshd', beganUs: 0, endsUs: null },
  ...{ failures: null, restored: false, increased: false, listed: false, run, place },
})
const PLACES: readonly Place[] = [
  { countryCode: 'NL', country: 'Netherlands', asn: 64500, asOrganization: 'Example' },
  { countryCode: 'NL', country: 'The Netherlands', asn: 64500, asOrganization: 'Example B.V.' },
  { countryCode: 'NL' },
  { country: 'Somewhere' },
]
const reportOf = (bans: readonly Ban[], reportedRun = 0, lastRun = 9) =>
  banReport({
    ...{ bans, attempts: [], reportedRun, lastRun, top: 10, prefixOf: () => undefined },
    placeOf: ({ place }) => PLACES[place!],
  })

describe('rankings', () => {
  it('a country and an autonomous system are one, whatever databases call them', () => {
    const { countries, asns } = reportOf(
      ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map((address, place) => ban(address, place)),
    )
    expect(countries).toEqual([
      { label: 'Netherlands', bans: 3, addresses: 3 },
      { label: 'Somewhere', bans: 1, addresses: 1 },
    ])
    expect(asns).toEqual([{ label: 'AS64500 Example', bans: 2, addresses: 2 }])
  })
})

it('the same address again is one address', () => {
  const bans = ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.1'].map((address) => ban(address, 0))
  expect(reportOf(bans).topNetworks).toEqual([{ label: '192.0.2.0/24', bans: 4, addresses: 2 }])
  expect(reportOf(bans.slice(0, 2)).topNetworks).toEqual([{ label: '192.0.2.0/24', bans: 2, addresses: 1 }])
})

describe('what is new', () => {
  it('came after the last report and before this one', () => {
    const bans = [1, 2, 3, 4].map((run) => ban(`192.0.2.${run}`, 0, run))
    expect(reportOf(bans, 1, 3).new).toEqual({ bans: 2, addresses: 2 })
    expect(reportOf(bans, 0).new).toBeNull()
  })
})
