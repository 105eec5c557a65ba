/** Traceroutes over a scenario, in virtual time. */

import { formatIp, type IpAddress, type Ipv4, isIpv4, parseIp, parseIpv4 } from '../../src/core/ip.ts'
import type { Trace } from '../../src/core/trace.ts'
import { makeInternet } from '../../src/lab/internet.ts'
import { twinOf } from '../../src/lab/ipv6-twin.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'
import type { Link } from '../../src/link/contract.ts'
import { simLinkKind } from '../../src/link/sim-link.ts'
import { type Exchange, type ExchangeOptions, openExchange } from '../../src/probe/trace/exchange.ts'
import type { FlightOptions } from '../../src/probe/trace/flight.ts'
import type { ProbeSettings } from '../../src/probe/trace/kinds/contract.ts'
import { traceKinds } from '../../src/probe/trace/kinds/index.ts'
import { traceOne } from '../../src/probe/trace/tracer.ts'
import { cidrSet } from '../../src/targets/cidr-set.ts'
import { makeTargetSet, mintTarget } from '../../src/targets/target-set.ts'
import { makeTargetSet6, mintTarget6 } from '../../src/targets/target-set6.ts'
import { parseTargetArguments } from '../../src/targets/target-syntax.ts'

type RouterInput = NonNullable<ScenarioInput['routers']>[number]

export const VANTAGE = '10.77.0.1'
export const TARGET = '10.64.0.9'

export const router = (name: string, last: number, more: Partial<RouterInput> = {}): RouterInput => ({
  name,
  address: `10.9.0.${last}`,
  delayMs: 5,
  ...more,
})

export const chain = (length: number, more: Partial<RouterInput> = {}): RouterInput[] =>
  Array.from({ length }, (_, i) => router(`r${i + 1}`, i + 1, more))

export const scenario = (
  routers: RouterInput[],
  network: Partial<ScenarioInput['networks'][number]> = {},
  more: Partial<ScenarioInput> = {},
): ScenarioInput => ({
  name: 'trace',
  seed: 'trace-test',
  vantage: { address: VANTAGE },
  routers,
  networks: [{ prefix: '10.64.0.0/24', path: routers.map(({ name }) => name), ...network }],
  ...more,
})

export interface SimulatedOptions {
  kind?: string
  /** Over the twins of all addresses. */
  ipv6?: boolean
  settings?: Partial<ProbeSettings>
  exchange?: Partial<ExchangeOptions>
  /** Stands between the exchange and the simulation. */
  change?: (link: Link) => Link
}

export const simulatedExchange = async (input: ScenarioInput, options: SimulatedOptions = {}): Promise<Exchange> => {
  const network = makeInternet(parseScenario(input, 'test'))
  const vantage = parseIpv4(VANTAGE) as Ipv4
  const linkKind = simLinkKind(network, { sourceAddress: vantage, sourceAddress6: twinOf(vantage) })
  const target6 = twinOf(parseIpv4(TARGET) as Ipv4)
  const spec = await linkKind.resolve(options.ipv6 === true ? { sampleTarget6: target6 } : {})
  const link = (options.change ?? ((same) => same))(linkKind.open(spec, { mayBlock: true }))
  const targets = makeTargetSet(cidrSet(parseTargetArguments(['10.64.0.0/16']).ranges), Uint16Array.of(0))
  const kind = traceKinds.get(options.kind ?? 'icmp')
  return openExchange({
    link,
    kind,
    settings: { rule: 'paris', destinationPort: kind.defaultPort, ...options.settings },
    mint: (address: IpAddress) =>
      isIpv4(address) ? mintTarget(targets, address) : mintTarget6(makeTargetSet6([address], []), address),
    seed: 'seed',
    ratePps: 2000,
    ...options.exchange,
  })
}

export const simulatedTrace = async (
  input: ScenarioInput,
  flight: Partial<FlightOptions> = {},
  options: SimulatedOptions & { target?: string } = {},
): Promise<Trace> => {
  const exchange = await simulatedExchange(input, options)
  const target = parseIp(options.target ?? TARGET)!
  const trace = await traceOne(exchange, options.ipv6 === true && isIpv4(target) ? twinOf(target) : target, flight)
  await exchange.close()
  return trace
}

/** Addresses by TTL, one for each attempt, `*` for silence. */
export const pathOf = ({ hops }: Trace): string[][] => {
  const byTtl: string[][] = []
  for (const hop of hops) {
    byTtl[hop.ttl - 1] ??= []
    byTtl[hop.ttl - 1]?.push(hop.address === null ? '*' : formatIp(hop.address))
  }
  return byTtl
}
