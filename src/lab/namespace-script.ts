/**
 * The plan's nodes and lines as shell scripts for `ip`, `tc`, `nft` and /proc/sys, each run inside the node's own
 * namespace. Pure text; nothing in it comes from outside the scenario's checked fields.
 */

import type { LineQuality, NamespacePlan, PlannedLine, PlannedNode, PortStates } from './namespace-plan.ts'

/** Packets that a delayed line holds. */
const NETEM_LIMIT = 200_000

/** Writes a kernel setting where it exists: some came later than others. */
const setting = (name: string, value: number): string =>
  `if [ -w /proc/sys/net/${name} ]; then echo ${value} > /proc/sys/net/${name}; fi`

const settings = (node: PlannedNode): string[] => [
  setting('ipv6/conf/all/disable_ipv6', 1),
  setting('ipv4/conf/all/rp_filter', 0),
  setting('ipv4/conf/default/rp_filter', 0),
  // No limit on ICMP answers, neither per peer nor in all: the lab must answer everything.
  setting('ipv4/icmp_ratelimit', 0),
  setting('ipv4/icmp_ratemask', 0),
  // Every SYN is answered with a cookie, so no listener's queue limits anything.
  setting('ipv4/tcp_syncookies', 2),
  setting('ipv4/icmp_echo_ignore_all', node.echo ? 0 : 1),
  setting('ipv4/ip_forward', node.role === 'router' ? 1 : 0),
]

const portsIn = (states: PortStates, wanted: string): string[] =>
  Object.entries(states).flatMap(([port, state]) => (port !== '*' && state === wanted ? [port] : []))

const filterRules = (protocol: 'tcp' | 'udp', states: PortStates): string[] => {
  const rules: string[] = []
  const verdicts = { filtered: 'drop', prohibited: 'reject with icmp type admin-prohibited' } as const
  for (const state of ['filtered', 'prohibited'] as const) {
    const ports = portsIn(states, state)
    if (ports.length > 0) rules.push(`${protocol} dport { ${ports.join(', ')} } ${verdicts[state]}`)
  }
  const rest = states['*']
  if (rest === 'filtered' || rest === 'prohibited') {
    const named = Object.keys(states).filter((port) => port !== '*')
    const others = named.length > 0 ? `${protocol} dport != { ${named.join(', ')} }` : `meta l4proto ${protocol}`
    rules.push(`${others} ${verdicts[rest]}`)
  }
  return rules
}

/** Rules for nft that keep a node's filtered and prohibited ports; null when it has none. */
export const filterScript = (node: PlannedNode): string | null => {
  const rules = [...filterRules('tcp', node.tcp), ...filterRules('udp', node.udp)]
  if (rules.length === 0) return null
  const head = 'type filter hook input priority 0; policy accept'
  return ["nft -f - <<'RULES'", 'table ip lab {', 'chain input {', head, ...rules, '}', '}', 'RULES'].join('\n')
}

/** TCP ports that answer SYN-ACK. */
export const openPorts = (node: PlannedNode): number[] => portsIn(node.tcp, 'open').map(Number)

/** Makes a line's two ends; runs in the nearer namespace. `farPid` is the process that holds the further one. */
export const lineScript = (line: PlannedLine, farPid: number): string => {
  const { nearInterface, nearMac, farInterface, farMac } = line
  const near = `ip link add ${nearInterface} address ${nearMac} type veth`
  return `${near} peer name ${farInterface} address ${farMac} netns ${farPid}`
}

const addLine = (mine: string, peerAddress: string, peerMac: string): string[] => [
  `ip link set ${mine} up`,
  `ip neigh replace ${peerAddress} lladdr ${peerMac} dev ${mine} nud permanent`,
]

/** Addresses, neighbours and routes of a node, once its lines exist. */
export const nodeScript = (plan: NamespacePlan, index: number): string => {
  const node = plan.nodes[index]!
  const script = ['set -e', ...settings(node), 'ip link set lo up']
  for (const prefix of node.prefixes) script.push(`ip route add local ${prefix} dev lo`)
  const up = plan.lines.filter((line) => line.far === index)
  const down = plan.lines.filter((line) => line.near === index)
  const own = up[0]?.farInterface ?? down[0]!.nearInterface
  script.push(`ip addr add ${node.address}/32 dev ${own}`)
  for (const { farInterface, near, nearMac } of up) {
    script.push(...addLine(farInterface, plan.nodes[near]!.address, nearMac))
  }
  const wayBack = up[0]
  if (wayBack !== undefined) {
    // In the local table: the vantage point's address may lie inside a prefix that is answered for.
    const via = plan.nodes[wayBack.near]!
    const gateway = via.role === 'vantage' ? '' : `via ${via.address} `
    const target = `${plan.vantageAddress}/32 ${gateway}dev ${wayBack.farInterface}`
    script.push(`ip route add ${target}${gateway === '' ? '' : ' onlink'} src ${node.address} table local`)
  }
  for (const { nearInterface, far, farMac, beyond } of down) {
    const next = plan.nodes[far]!.address
    script.push(...addLine(nearInterface, next, farMac))
    const source = node.role === 'vantage' ? ` src ${node.address}` : ''
    script.push(`ip route replace ${next}/32 dev ${nearInterface}${source}`)
    for (const target of beyond) {
      if (target !== `${next}/32`)
        script.push(`ip route replace ${target} via ${next} dev ${nearInterface} onlink${source}`)
    }
  }
  return script.join('\n')
}

/** True when the line needs netem at all. */
export const isImperfect = ({ delayMs, jitterMs, loss }: LineQuality): boolean =>
  delayMs > 0 || jitterMs > 0 || loss > 0

/** Delay and loss of one end of a line. */
export const qualityScript = (interfaceName: string, { delayMs, jitterMs, loss }: LineQuality): string => {
  const delay = delayMs > 0 || jitterMs > 0 ? ` delay ${delayMs}ms${jitterMs > 0 ? ` ${jitterMs}ms` : ''}` : ''
  const lost = loss > 0 ? ` loss ${loss * 100}%` : ''
  return `tc qdisc add dev ${interfaceName} root netem limit ${NETEM_LIMIT}${delay}${lost}`
}
