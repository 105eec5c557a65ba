/**
 * `--engine connect`: a scan without any privilege. TCP ports by connecting to them, so many at a time; ICMP echo through
 * interplot's own sender and reader over the kernel's echo sockets. Slower, and blind for what only raw packets show (TTL,
 * window, ICMP errors). Targets, pace, limits and the results file are those of any scan.
 */

import { networkInterfaces } from 'node:os'
import { InterplotError } from '../../core/errors.ts'
import { formatIpv4, type Ipv4 } from '../../core/ip.ts'
import type { LinkSpec } from '../../link/contract.ts'
import { pingLink } from '../../link/ping-link.ts'
import type { ProbeModule } from '../../probe/modules/contract.ts'
import { runConnections } from './connection-scan.ts'
import { dryRunRoute } from './dry-run-route.ts'
import { nativeEngine } from './native-engine.ts'
import type { EngineChoice, ScanEngine } from './scan-engine.ts'

const ECHO_MODULES: readonly string[] = ['icmp-echo', 'icmp-echo-time']

export interface ConnectOptions {
  interface?: string
  sourceIp?: readonly Ipv4[]
  sourcePort?: { first: number; last: number }
  probeTtl?: number
  probeArgs?: string
  gatewayMac?: string
  rate?: number | 'auto'
  canaries?: boolean
}

/** @throws InterplotError ERR_USAGE for what connections cannot do. */
export const checkConnect = (options: ConnectOptions, module: ProbeModule): void => {
  const isEcho = ECHO_MODULES.includes(module.name)
  const refuse = (what: string): never => {
    throw new InterplotError('ERR_USAGE', `the connect engine has no ${what}`, {
      advice: `It does ${['tcp-syn', ...ECHO_MODULES].join(', ')} without privileges; for the rest run with sudo.`,
    })
  }
  if (!isEcho && module.name !== 'tcp-syn') refuse(`probe module ${module.name}`)
  if (options.sourcePort !== undefined) refuse('--source-port')
  if (options.gatewayMac !== undefined) refuse('--gateway-mac')
  if (options.rate === 'auto') refuse('--rate auto')
  if (options.canaries === true) refuse('--canaries')
  if ((options.sourceIp?.length ?? 0) > 1) refuse('several source addresses')
  if (isEcho) return
  if (options.probeTtl !== undefined) refuse('--probe-ttl for TCP')
  if (options.probeArgs !== undefined) refuse('--probe-args')
}

const interfaceOf = (address: Ipv4): string => {
  const text = formatIpv4(address)
  const found = Object.entries(networkInterfaces()).find(([, list]) => list?.some((each) => each.address === text))
  return found?.[0] ?? 'any'
}

/** @throws InterplotError ERR_USAGE for what it cannot do; ERR_RAW_PRIVILEGE when echo sockets are not open to the user. */
export const connectEngine = async (
  options: ConnectOptions,
  module: ProbeModule,
  sample: Ipv4,
): Promise<EngineChoice> => {
  checkConnect(options, module)
  const { route } = await dryRunRoute(options, sample)
  const { sourceAddress, mtu } = route
  const interfaceName = options.interface ?? interfaceOf(sourceAddress)
  const description = `connections of the operating system, from ${formatIpv4(sourceAddress)}`
  if (ECHO_MODULES.includes(module.name)) {
    const spec = await pingLink.resolve({ sourceAddress, interfaceName })
    const engine = { ...nativeEngine({ kind: pingLink, spec, specs: [spec], notes: [] }), name: 'connect' }
    return {
      engine,
      spec,
      specs: [spec],
      route,
      notes: [],
      description: description.replace('connections', 'echo sockets'),
    }
  }
  const chosen = options.sourceIp !== undefined || options.interface !== undefined
  const spec: LinkSpec = { link: 'connect', sourceAddress, interfaceName, mtu, details: {} }
  const engine: ScanEngine = {
    name: 'connect',
    oneSender: '',
    isSteerable: true,
    canResume: true,
    isSimulation: false,
    run: (run) => runConnections(run, chosen ? formatIpv4(sourceAddress) : undefined),
  }
  return { engine, spec, specs: [spec], route, notes: [], description }
}
