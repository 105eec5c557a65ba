/** What a trace found out besides its hops, as JSON: in `--json`, in exports and in the results file. */

import { formatIp, type IpAddress, parseIp } from '../../core/ip.ts'
import type { PathMtu } from '../../probe/trace/path-mtu.ts'
import type { MultipathFinding, TraceFinding } from './shown-trace.ts'

const text = (address: IpAddress | null): string | null => (address === null ? null : formatIp(address))
const address = (written: string | null): IpAddress | null => (written === null ? null : parseIp(written))

interface FindingsJson {
  multipath?: {
    confidence: number
    probes: number
    nodes: {
      ttl: number
      address: string | null
      balance: MultipathFinding['nodes'][number]['balance']
      rtt_us: number | null
    }[]
    links: { ttl: number; from: string | null; to: string | null; certain: boolean }[]
  }
  path_mtu?: {
    mtu: number
    interface_mtu: number
    ttl: number | null
    address: string | null
    steps: { ttl: number | null; address: string | null; mtu: number; said: number | null }[]
    probes: number
  }
}

const multipathJson = ({ confidence, probes, nodes, links }: MultipathFinding): FindingsJson['multipath'] & object => ({
  confidence,
  probes,
  nodes: nodes.map((node) => ({
    ttl: node.ttl,
    address: text(node.address),
    balance: node.balance,
    rtt_us: node.rttUs,
  })),
  links: links.map(({ ttl, from, to, certain }) => ({ ttl, from: text(from), to: text(to), certain })),
})

const pathMtuJson = ({
  mtu,
  interfaceMtu,
  ttl,
  address: end,
  steps,
  probes,
}: PathMtu): FindingsJson['path_mtu'] & object => ({
  mtu,
  interface_mtu: interfaceMtu,
  ttl,
  address: text(end),
  steps: steps.map((step) => ({ ...step, address: text(step.address) })),
  probes,
})

export const findingsJson = ({ multipath, pathMtu }: Pick<TraceFinding, 'multipath' | 'pathMtu'>): FindingsJson => ({
  ...(multipath === undefined ? {} : { multipath: multipathJson(multipath) }),
  ...(pathMtu === undefined ? {} : { path_mtu: pathMtuJson(pathMtu) }),
})

/** @param stored what findingsJson made. */
export const findingsFrom = (stored: unknown): Pick<TraceFinding, 'multipath' | 'pathMtu'> => {
  const { multipath, path_mtu: mtu } = (stored ?? {}) as FindingsJson
  return {
    ...(multipath === undefined
      ? {}
      : {
          multipath: {
            confidence: multipath.confidence,
            probes: multipath.probes,
            nodes: multipath.nodes.map(({ rtt_us, ...node }) => ({
              ...node,
              address: address(node.address),
              rttUs: rtt_us,
            })),
            links: multipath.links.map((link) => ({ ...link, from: address(link.from), to: address(link.to) })),
          },
        }),
    ...(mtu === undefined
      ? {}
      : {
          pathMtu: {
            mtu: mtu.mtu,
            interfaceMtu: mtu.interface_mtu,
            ttl: mtu.ttl,
            address: address(mtu.address),
            steps: mtu.steps.map((step) => ({ ...step, address: address(step.address) })),
            probes: mtu.probes,
          },
        }),
  }
}
