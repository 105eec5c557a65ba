import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ImportedTrace, JsonObject } from '../../../../src/commands/trace/import/contract.ts'
import { traceFormats } from '../../../../src/commands/trace/import/index.ts'
import { jsonValues } from '../../../../src/commands/trace/import/json-values.ts'
import { formatIp } from '../../../../src/core/ip.ts'

const CONTEXT = { writtenUs: 1.7e15 }

const SCAMPER = {
  ...{
    type: 'trace',
    version: '0.1',
    method: 'icmp-echo-paris',
    src: '10.0.0.2',
    dst: '192.0.2.9',
    stop_reason: 'COMPLETED',
  },
  start: { sec: 1_527_904_800, usec: 342_731, ftime: '2018-06-02 03:00:00' },
  ...{ hop_count: 3, attempts: 2, firsthop: 1 },
  hops: [
    {
      addr: '10.0.0.1',
      probe_ttl: 1,
      probe_id: 1,
      rtt: 0.449,
      reply_ttl: 255,
      icmp_type: 11,
      icmp_code: 0,
      icmp_q_ttl: 1,
    },
    { addr: '192.0.2.9', probe_ttl: 3, probe_id: 1, rtt: 9.1, reply_ttl: 62, icmp_type: 0, icmp_code: 0 },
  ],
}

const ATLAS = {
  ...{
    fw: 5080,
    type: 'traceroute',
    af: 4,
    proto: 'ICMP',
    dst_name: 'target',
    dst_addr: '192.0.2.9',
    from: '198.51.100.7',
  },
  ...{ msm_id: 5, prb_id: 7, timestamp: 1_665_720_293, endtime: 1_665_720_303, paris_id: 3 },
  result: [
    {
      hop: 1,
      result: [
        { from: '10.0.0.1', rtt: 0.519, ttl: 64, size: 76 },
        { x: '*' },
        { late: 2, from: '10.0.0.1', size: 76, ttl: 64 },
        { from: '10.0.0.1', rtt: 0.6, ttl: 64, err: 'H' },
      ],
    },
    { hop: 2, result: [{ x: '*' }] },
    { hop: 3, result: [{ from: '192.0.2.9', rtt: 9.5, ttl: 60 }, { error: 'sendto failed' }] },
    { hop: 255, error: 'no route' },
  ],
}

const MTR = {
  report: {
    mtr: { src: 'here', dst: '192.0.2.9', tos: 0, tests: 10, psize: '64', bitpattern: '0x00' },
    hubs: [
      { count: 1, host: 'gateway (10.0.0.1)', 'Loss%': 0, Snt: 3, Last: 2, Avg: 2.1, Best: 1.5, Wrst: 3, StDev: 0.1 },
      { count: '2', host: '???', 'Loss%': 100, Snt: 3, Last: 0, Avg: 0, Best: 0, Wrst: 0, StDev: 0 },
      { count: 3, host: '192.0.2.9', 'Loss%': '66.67%', Snt: 3, Last: 9, Avg: 9, Best: 9, Wrst: 9, StDev: 0 },
    ],
  },
}

const EXAMPLES: Readonly<Record<string, JsonObject>> = { scamper: SCAMPER, atlas: ATLAS, mtr: MTR }

const read = (name: string, value: JsonObject): ImportedTrace => {
  const found = traceFormats.get(name).read(value, CONTEXT)
  if (typeof found === 'string' || found === null) throw new Error(`refused: ${found}`)
  return found
}

/** `ttl.attempt address rtt type/code` */
const lines = ({ trace }: ImportedTrace): string[] =>
  trace.hops.map(
    ({ ttl, attempt, address, rttUs, icmpType, icmpCode }) =>
      `${ttl}.${attempt} ${address === null ? '*' : formatIp(address)} ${rttUs} ${icmpType}/${icmpCode}`,
  )

describe('formats of traces', () => {
  it.each<[string, string[]]>([
    ['scamper', ['1.0 10.0.0.1 449 11/0', '2.0 * null null/null', '3.0 192.0.2.9 9100 0/0']],
    [
      'atlas',
      [
        ...['1.0 10.0.0.1 519 11/0', '1.1 * null null/null', '1.2 10.0.0.1 600 3/1', '2.0 * null null/null'],
        '3.0 192.0.2.9 9500 0/0',
      ],
    ],
    [
      'mtr',
      [
        ...['1.0 10.0.0.1 1500 null/null', '1.1 10.0.0.1 3000 null/null', '1.2 10.0.0.1 2000 null/null'],
        ...['2.0 * null null/null', '2.1 * null null/null', '2.2 * null null/null'],
        ...['3.0 * null null/null', '3.1 * null null/null', '3.2 * null null/null'],
      ],
    ],
  ])('%s: hops by TTL, silence where nobody answered', (name, hops) => {
    expect(lines(read(name, EXAMPLES[name]!))).toEqual(hops)
  })

  it('Atlas: late answers and errors of the sender are counted, and are no probes', () => {
    expect(read('atlas', ATLAS).leftOut).toBe(3)
  })

  it('mtr: the name beside an address is a name, and the time that of the file', () => {
    const { names, trace } = read('mtr', MTR)
    expect([...names!.values()]).toEqual(['gateway'])
    expect(trace.startedUs).toBe(CONTEXT.writtenUs)
  })

  it.each<[string, JsonObject, string]>([
    ['scamper', { ...SCAMPER, type: 'tracelb' }, '"tracelb" is no trace'],
    ['scamper', { ...SCAMPER, dst: 'nobody' }, 'no destination'],
    ['scamper', { ...SCAMPER, start: { sec: 1e300, usec: 'x' } }, 'no time of its start'],
    ['atlas', { ...ATLAS, result: 'traceroute to …' }, 'a result of firmware 1, which is text'],
    ['atlas', { ...ATLAS, result: [{ hop: 1, error: 'x' }] }, 'no hop was probed'],
    ['atlas', { ...ATLAS, timestamp: 'yesterday' }, 'no timestamp'],
    ['mtr', { report: { hubs: [] } }, 'the target is a name, and the last hop has no address'],
  ])('%s refuses what is no trace, and says why', (name, value, why) => {
    expect(traceFormats.get(name).read(value, CONTEXT)).toBe(why)
  })
})

describe.each(traceFormats.entries)('$name, as any format', (format) => {
  const example = EXAMPLES[format.name]!

  it('knows its own example, and no other format does', () => {
    const knowing = traceFormats.entries.filter((each) => each.recognizes(example))
    expect(knowing.map(({ name }) => name)).toEqual([format.name])
  })

  it('gives a trace the same id each time, and another trace another', () => {
    const id = (value: JsonObject): string => read(format.name, value).trace.id
    expect(id(example)).toBe(id(structuredClone(example)))
    const text = JSON.stringify(example).replaceAll('192.0.2.9', '192.0.2.8')
    expect(id(JSON.parse(text))).not.toBe(id(example))
  })

  /** The example with one value, wherever it is, replaced by another. */
  const damaged = fc.tuple(fc.nat(), fc.jsonValue()).map(([which, value]) => {
    const copy = structuredClone(example) as Record<string, unknown>
    const places: [Record<string, unknown>, string][] = []
    const visit = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key])
        visit((node as Record<string, unknown>)[key])
      }
    }
    visit(copy)
    const [holder, key] = places[which % places.length]!
    holder[key] = value
    return copy
  })

  it('throws at nothing, and what it lets through is a trace', () => {
    const check = (value: JsonObject): void => {
      if (!format.recognizes(value)) return
      const found = format.read(value, CONTEXT)
      if (typeof found === 'string' || found === null) return
      const { hops, startedUs } = found.trace
      expect(Number.isInteger(startedUs)).toBe(true)
      expect(new Set(hops.map(({ ttl, attempt }) => `${ttl} ${attempt}`)).size).toBe(hops.length)
      for (const { ttl, rttUs } of hops) {
        expect(Number.isInteger(ttl) && ttl >= 1 && ttl <= 255).toBe(true)
        expect(rttUs === null || (Number.isInteger(rttUs) && rttUs >= 0)).toBe(true)
      }
    }
    // What JSON may hold and JavaScript trips over: no conversion to text or number, names of Object's own.
    for (const odd of [{ toString: 1 }, { valueOf: null, toString: null }, 'constructor', '__proto__', -0, 1e308]) {
      for (const key of Object.keys(example)) check({ ...structuredClone(example), [key]: odd })
    }
    fc.assert(fc.property(damaged, check), { numRuns: 500 })
    fc.assert(fc.property(fc.dictionary(fc.constantFrom(...Object.keys(example)), fc.jsonValue()), check))
  })
})

const valuesOf = async (text: string, chunkLength: number): Promise<string[]> => {
  const chunks = async function* () {
    for (let at = 0; at < text.length; at += chunkLength) yield text.slice(at, at + chunkLength)
  }
  const found: string[] = []
  for await (const { text: value, cut } of jsonValues(chunks())) found.push(cut ? `cut ${value}` : value)
  return found
}

describe('JSON values of a file', () => {
  it.each<[string, string, string[]]>([
    ['lines', '{"a":1}\n{"b":[2]}\n', ['{"a":1}', '{"b":[2]}']],
    ['an array', '[ {"a":"]}"}, {"b":{}} ]', ['{"a":"]}"}', '{"b":{}}']],
    ['one over several lines', '{\n "a": "\\"{"\n}', ['{\n "a": "\\"{"\n}']],
    ['an end in the middle', '[{"a":1},{"b":', ['{"a":1}', 'cut {"b":']],
    ['nothing', ' \n', []],
  ])('%s', async (_name, text, values) => {
    for (const length of [1, 3, 1000]) expect(await valuesOf(text, length)).toEqual(values)
  })
})
