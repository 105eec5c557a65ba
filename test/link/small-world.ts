/** A small network for tests of links: 64 hosts a few milliseconds away. */

import { ipv4, parseIpv4 } from '../../src/core/ip.ts'
import { type Internet, makeInternet } from '../../src/lab/internet.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'

export const VANTAGE = ipv4(parseIpv4('251.0.0.1') ?? 0)
export const FIRST_HOST = ipv4(parseIpv4('240.0.0.0') ?? 0)
export const HOSTS = Array.from({ length: 64 }, (_, index) => FIRST_HOST + index)

export const smallWorld = (changes: Partial<ScenarioInput> = {}): Internet =>
  makeInternet(
    parseScenario(
      {
        name: 'small',
        seed: 'small',
        vantage: { address: '251.0.0.1' },
        networks: [{ prefix: '240.0.0.0/26', tcp: { 80: 'open', '*': 'closed' }, delayMs: 5 }],
        ...changes,
      },
      'small world',
    ),
  )
