import { describe, expect, it } from 'vitest'
import {
  addressesOption,
  coresOption,
  macOption,
  percentOption,
  switchOption,
  vlanOption,
} from '../../src/commands/option-parsers.ts'
import { formatIpv4 } from '../../src/core/ip.ts'
import { errorCode } from '../error-code.ts'

const PARSERS = {
  addresses: (text: string) => addressesOption('--x')(text).map(formatIpv4),
  cores: coresOption('--x'),
  mac: macOption('--x'),
  percent: percentOption('--x'),
  switch: switchOption('--x'),
  vlan: vlanOption('--x'),
} as const

describe('option values', () => {
  it.each<[keyof typeof PARSERS, string, unknown]>([
    ['addresses', '192.0.2.1', ['192.0.2.1']],
    ['addresses', '192.0.2.254-192.0.3.1', ['192.0.2.254', '192.0.2.255', '192.0.3.0', '192.0.3.1']],
    ['addresses', '192.0.2.9, 192.0.2.1-192.0.2.2,192.0.2.1', ['192.0.2.9', '192.0.2.1', '192.0.2.2']],
    ['cores', '0,2, 3', [0, 2, 3]],
    ['mac', '02-AB-00-00-00-0B', '02:ab:00:00:00:0b'],
    ['percent', '0.5', 0.5],
    ['percent', '100%', 100],
    ['switch', 'enable', true],
    ['vlan', '5', { id: 5, priority: 0 }],
    ['vlan', '4094:7', { id: 4094, priority: 7 }],
    ['switch', 'disable', false],
  ])('%s %s', (parser, text, value) => {
    expect(PARSERS[parser](text)).toEqual(value)
  })

  it.each<[keyof typeof PARSERS, string]>([
    ['addresses', ''],
    ['addresses', '192.0.2.1,'],
    ['addresses', '192.0.2.2-192.0.2.1'],
    ['addresses', '192.0.2.1-192.0.2.2-192.0.2.3'],
    ['addresses', '10.0.0.0-10.0.16.0'],
    ['addresses', '10.0.0.0-10.0.15.255,192.0.2.1'],
    ['cores', ''],
    ['cores', '0-3'],
    ['mac', '02:ab'],
    ['percent', '-1'],
    ['percent', '1e1'],
    ['switch', '1'],
    ['vlan', '4095'],
    ['vlan', '5:8'],
    ['vlan', 'five'],
  ])('%s does not take "%s"', (parser, text) => {
    expect(errorCode(() => PARSERS[parser](text))).toBe('ERR_USAGE')
  })
})
