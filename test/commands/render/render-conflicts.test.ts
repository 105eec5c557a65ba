import { describe, expect, it } from 'vitest'
import { checkConflicts } from '../../../src/commands/render/render-conflicts.ts'
import { caught } from '../../error-code.ts'

const BASE = {
  projection: 'natural-earth',
  style: 'dark',
  tone: 'log',
  graticule: true,
  outputFile: 'map.png',
} as const

describe('options that cannot stand together', () => {
  it.each([
    [{ outputFile: '-', statsJson: '-' }, 'earth', /both want standard output/],
    [{ outputFile: '-', open: true }, 'earth', /--open needs a file/],
    [{ bbox: '0,0,1,1', center: { latitude: 0, longitude: 0 } }, 'earth', /--bbox and --center/],
    [{ prefix: '10.0.0.0/8' }, 'earth', /--prefix is for maps of the address space/],
    [{ per: 'address' }, 'earth', /--per is for countries/],
    [{ per: 'allocated' }, 'earth', /--per is for countries/],
    [{ zoom: 2, labels: true, accuracy: true }, 'ipv4', /^--zoom, --labels, --accuracy: a map of the address space/],
    [{ animate: 'day' }, 'ipv4', /^--animate: /],
    [{ colorBy: 'port' }, 'ipv4', /^--color-by: /],
    [{ colorBy: 'port' }, 'earth', /^--color-by: the colours of hexbin/, 'hexbin'],
    [{ colorBy: 'rtt' }, 'earth', /^--color-by: the colours of choropleth/, 'choropleth'],
    [{ tone: 'equal' }, 'earth', /^--tone is for/, 'markers'],
    [{ colors: 'viridis' }, 'earth', /^--colors is for/, 'pins'],
    [{ colors: 'viridis', colorBy: 'asn' }, 'earth', /^--colors is for/],
    [{ bans: true, connections: true }, 'earth', /^--bans and --connections are two maps/],
    [{ bans: true, run: 1, port: 22 }, 'earth', /^--run, --port: bans have no such thing/],
    [{ connections: true, where: 'ttl < 3' }, 'earth', /^--where: connections have no such thing/],
    [{ connections: true, colorBy: 'jail' }, 'earth', /^--color-by jail is not about connections/],
    [{ bans: true, colorBy: 'service' }, 'earth', /^--color-by service is not about bans/],
    [{ connections: true }, 'ipv4', /^connections are drawn on maps of the Earth/],
  ] as const)('%j on a map of %s', (options, space, message, layer?: string) => {
    const error = caught(() => checkConflicts({ ...BASE, ...options }, space, layer ?? 'density'))
    expect([error.code, error.message]).toEqual(['ERR_USAGE', expect.stringMatching(message)])
  })

  it.each([
    [{ per: 'allocated' }, 'earth', 'choropleth'],
    [{ colors: 'viridis', colorBy: 'rtt' }, 'earth', 'pins'],
    [{ tone: 'equal', colorBy: 'port' }, 'earth', 'density'],
    [{ prefix: '10.0.0.0/8', outputFile: '-' }, 'ipv4', 'density'],
    [{ connections: true, run: 1, port: 443, colorBy: 'direction', arcs: 'home' }, 'earth', 'density'],
    [{ center: { latitude: 0, longitude: 0 }, zoom: 2, statsJson: '-' }, 'earth', 'density'],
  ] as const)('leaves %j on a map of %s', (options, space, layer) => {
    expect(() => checkConflicts({ ...BASE, ...options }, space, layer)).not.toThrow()
  })
})
