// biome-ignore-all lint/suspicious/noTemplateCurlyInString: payload templates look like that
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listProbeModules } from '../../../src/commands/scan/probe-module-list.ts'
import { makePlan, type PlanOptions, portsOf, probeModuleOf } from '../../../src/commands/scan/scan-plan-options.ts'
import { ipv4 } from '../../../src/core/ip.ts'
import { probeModules } from '../../../src/probe/modules/index.ts'
import { prepareProbe } from '../../../src/probe/scan-plan.ts'
import { receiverOptionsFor } from '../../../src/probe/scanner.ts'
import { cidrSet } from '../../../src/targets/cidr-set.ts'
import { makeTargetSet } from '../../../src/targets/target-set.ts'
import { errorCode } from '../../error-code.ts'
import { folderFor, temporaryFolder } from '../../temporary-folder.ts'

const folder = temporaryFolder('plan-options')
const NO_ROUTE = { sourceAddress: ipv4(0), mtu: 1500 }

const planOf = (probeModule: string, options: PlanOptions = {}) => {
  const targets = makeTargetSet(cidrSet([{ first: ipv4(0x0a000001), last: ipv4(0x0a000001) }]), Uint16Array.of(53, 80))
  return makePlan({ probeModule, ...options }, probeModule, targets, NO_ROUTE)
}

describe('probe arguments in a plan', () => {
  it('that name a file carry its bytes, also over to another thread', () => {
    const path = join(folderFor(folder, 'template'), 'payload')
    writeFileSync(path, Buffer.from('to ${DADDR} \xff', 'latin1'))
    for (const [module, kind, payload] of [
      ['udp', 'template', 'to 10.0.0.1 \xff'],
      ['udp', 'file', 'to ${DADDR} \xff'],
      ['icmp-echo', 'file', 'to ${DADDR} \xff'],
    ] as const) {
      const probe = prepareProbe(structuredClone(planOf(module, { probeArgs: `${kind}:${path}` })))
      const packet = new Uint8Array(probe.packetBytes)
      probe.writeTemplate(packet, 0)
      const length = probe.writeTarget(packet, 0, 0x0a000001, module === 'udp' ? 53 : 0, 0)
      expect(Buffer.from(packet.subarray(28, length)).toString('latin1')).toBe(payload)
    }
  })

  it('that name a file which is not there, or too large, say so', () => {
    const path = join(folderFor(folder, 'large'), 'payload')
    expect(errorCode(() => planOf('udp', { probeArgs: `file:${path}` }))).toBe('ERR_INPUT_FILE')
    writeFileSync(path, new Uint8Array(1473))
    expect(() => planOf('udp', { probeArgs: `file:${path}` })).toThrow('does not fit into one packet')
    writeFileSync(path, new Uint8Array(65_536))
    expect(() => planOf('udp', { probeArgs: `template:${path}` })).toThrow('too many for one packet')
  })

  it.each([
    ['dns', 'A,a;AAAA,a', undefined, 2],
    ['dns', 'A,a;AAAA,a', 4, 4],
    ['dns', 'A,a', undefined, 1],
    ['udp', 'text:a;b', undefined, 1],
  ])('of %s %s make probes to each target', (module, probeArgs, probes, copies) => {
    expect(planOf(module, { probeArgs, ...(probes === undefined ? {} : { probes }) }).copies).toBe(copies)
  })

  it('that ask more than the probes say are wrong', () => {
    expect(errorCode(() => planOf('dns', { probeArgs: 'A,a;AAAA,a', probes: 3 }))).toBe('ERR_USAGE')
  })
})

describe('the capture of a scan', () => {
  it.each([
    ['icmp-echo', { protocols: ['icmp'] }],
    ['tcp-syn', { protocols: ['icmp', 'tcp'], ports: { first: 32768, last: 61000 } }],
    ['dns', { protocols: ['icmp', 'udp'], ports: { first: 32768, last: 61000 } }],
    ['ipip', { protocols: ['icmp', 'udp'], ports: { first: 53, last: 80 } }],
  ])('with %s lets through what answers it', (module, filter) => {
    const options = receiverOptionsFor(planOf(module))
    expect(options.filter).toMatchObject(filter)
    expect(options.snapBytes).toBe(128 + probeModules.get(module).keepsBytes)
  })
})

describe('the list of probe modules', () => {
  it('has a line for each, and all about one', () => {
    const lines = listProbeModules(undefined).trim().split('\n')
    expect(lines.length).toBe(probeModules.entries.length + 1)
    expect(lines.at(-1)).toMatch(/^banner +no module but a second stage/)
    expect(listProbeModules('banner')).toBe(lines.at(-1)?.replace(/ {2,}/, ': ').concat('\n'))
    expect(errorCode(() => probeModuleOf({ probeModule: 'banner' }, false))).toBe('ERR_USAGE')
    const about = listProbeModules('dns')
    expect(about).toMatch(
      /^dns: DNS query[\s\S]*needs --target-ports[\s\S]*TYPE:rn,NAME[\s\S]*dns_answers +answers, decoded/,
    )
    expect(listProbeModules('tcp_synscan')).toContain('tcp-syn: ')
    expect(listProbeModules('icmp_echo_time')).toContain('takes no --probe-args')
    expect(listProbeModules('udp')).toMatch(/\$\{RAND_ALPHANUM\} {2}random letters and digits/)
    expect(errorCode(() => listProbeModules('tcp'))).toBe('ERR_UNKNOWN_NAME')
  })

  it('leads from a module without ports to one that has', () => {
    const echo = { probeModule: 'icmp_echo_time', targetPorts: '80' }
    expect(errorCode(() => portsOf(probeModuleOf(echo, false), echo))).toBe('ERR_USAGE')
    expect(probeModuleOf({ probeModule: 'tcp_synscan', targetPorts: '80' }, false).name).toBe('tcp-syn')
  })
})
