import { describe, expect, it } from 'vitest'
import { planNamespaces } from '../../src/lab/namespace-plan.ts'
import { filterScript, nodeScript, openPorts, qualityScript } from '../../src/lab/namespace-script.ts'
import { parseScenario, type ScenarioInput } from '../../src/lab/scenario.ts'

const scenario = (change: Partial<ScenarioInput> = {}) =>
  parseScenario(
    {
      name: 'test',
      seed: '1',
      vantage: { address: '10.99.0.1' },
      networks: [{ prefix: '10.64.0.0/12', tcp: { '80': 'open', '*': 'closed' } }],
      ...change,
    },
    'test',
  )

const network = (change: object) => ({ networks: [{ prefix: '10.64.0.0/12', ...change }] })
const routers = (...names: string[]) => names.map((name, index) => ({ name, address: `10.${index + 1}.0.1` }))

describe('the plan of namespaces', () => {
  it('joins one network directly to the vantage point', () => {
    const plan = planNamespaces(scenario())
    expect(plan.nodes.map(({ role }) => role)).toEqual(['vantage', 'hosts'])
    expect(plan.lines).toHaveLength(1)
    expect(plan.lines[0]).toMatchObject({ near: 0, far: 1, nearInterface: 'lab0' })
    expect(openPorts(plan.nodes[1]!)).toEqual([80])
    expect(nodeScript(plan, 1)).toContain('ip route add local 10.64.0.0/12 dev lo')
  })

  it('gives every router a namespace, shares common ways, and knows the first way back', () => {
    const plan = planNamespaces(
      scenario({
        routers: routers('a', 'b', 'c'),
        networks: [
          { prefix: '10.64.0.0/16', path: ['a', 'b'] },
          { prefix: '10.65.0.0/16', path: ['a', 'b'] },
          { prefix: '10.66.0.0/16', path: ['a', 'c', 'b'] },
        ],
      }),
    )
    expect(plan.nodes.map(({ name }) => name)).toEqual(['vantage', 'a', 'b', '10.64.0.0/16', 'c', '10.66.0.0/16'])
    const b = plan.nodes.findIndex(({ name }) => name === 'b')
    expect(plan.lines.filter(({ far }) => far === b).map(({ near }) => plan.nodes[near]!.name)).toEqual(['a', 'c'])
    expect(nodeScript(plan, b)).toContain(
      'ip route add 10.99.0.1/32 via 10.1.0.1 dev up1 onlink src 10.2.0.1 table local',
    )
    expect(plan.lines[0]!.beyond).toEqual(expect.arrayContaining(['10.64.0.0/16', '10.65.0.0/16', '10.66.0.0/16']))
    expect(plan.notes).toEqual([])
  })

  it('puts one router more where the ways part at once, and says so', () => {
    const plan = planNamespaces(
      scenario({ networks: [{ prefix: '10.64.0.0/16' }, { prefix: '10.65.0.0/16', echo: false }] }),
    )
    expect(plan.nodes.map(({ name }) => name)).toEqual(['vantage', 'edge', '10.64.0.0/16', '10.65.0.0/16'])
    expect(plan.notes).toHaveLength(1)
    expect(nodeScript(plan, 3)).toContain('echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all')
  })

  it('notes that the vantage point cannot answer itself', () => {
    const { notes } = planNamespaces(scenario({ vantage: { address: '10.79.255.255' } }))
    expect(notes).toEqual([expect.stringContaining('10.79.255.255 lies in 10.64.0.0/12')])
    expect(planNamespaces(scenario({ vantage: { address: '10.80.0.0' } })).notes).toEqual([])
  })

  it.each([
    ['density', network({ density: 0.5 })],
    ['middlebox', network({ answersForAll: true })],
    ['every TCP port open', network({ tcp: { '*': 'open' } })],
    ['open UDP port', network({ udp: { '53': 'open' } })],
    ['longer way back', network({ returnExtraMs: 5 })],
    [
      'load balancer',
      { ...network({ path: [{ balance: 'flow', branches: [['a'], ['b']] }] }), routers: routers('a', 'b') },
    ],
    ['address translation', { routers: [{ name: 'n', address: '10.1.0.1', nat: true }] }],
    ['silent router', { routers: [{ name: 'n', address: '10.1.0.1', silent: true }] }],
    ['rate limit', { routers: [{ name: 'n', address: '10.1.0.1', icmpRatePps: 5 }] }],
    ['refuses packets', { routers: [{ name: 'n', address: '10.1.0.1', unreachable: 'host' }] }],
    ['extension', { routers: [{ name: 'n', address: '10.1.0.1', mpls: [{ label: 3 }] }] }],
    ['extension', { routers: [{ name: 'n', address: '10.1.0.1', interfaceInformation: { role: 'incoming' } }] }],
    ['MTU', { routers: [{ name: 'n', address: '10.1.0.1', mtu: 1400 }] }],
    ['another interface', { routers: [{ name: 'n', address: '10.1.0.1', answersFrom: '10.1.0.2' }] }],
    ['length of quotations', { routers: [{ name: 'n', address: '10.1.0.1', quotedBytes: 8 }] }],
    ['TTL of 0', { routers: [{ name: 'n', address: '10.1.0.1', zeroTtlForward: true }] }],
    ['without echo', { routers: [{ name: 'n', address: '10.1.0.1', echo: false }] }],
    ['a loop', { ...network({ path: [{ loop: ['a', 'b'] }] }), routers: routers('a', 'b') }],
    ['path that changes', { ...network({ paths: [{ fromMs: 5, path: ['a'] }] }), routers: routers('a') }],
    ['forged reply', { spoofedReplies: [{ share: 0.1, kind: 'unreachable', source: 'target' }] }],
    ['fault "loss"', { faults: { loss: 0.1 } }],
    [
      'more than 64',
      { networks: Array.from({ length: 70 }, (_, i) => ({ prefix: `10.${i}.0.0/16`, tcp: { [i + 1]: 'open' } })) },
    ],
  ] as [string, Partial<ScenarioInput>][])('refuses what a kernel cannot do: %s', (feature, change) => {
    expect(() => planNamespaces(scenario(change))).toThrow(
      expect.objectContaining({ code: 'ERR_SCENARIO', message: expect.stringContaining(feature) }),
    )
  })

  it('writes filters, delay and loss for nft and tc', () => {
    const tcp = { '80': 'open', '81': 'filtered', '82': 'prohibited', '*': 'filtered' } as const
    const [, hosts] = planNamespaces(scenario(network({ tcp }))).nodes
    expect(filterScript(hosts!)).toContain(
      'tcp dport { 81 } drop\ntcp dport { 82 } reject with icmp type admin-prohibited',
    )
    expect(filterScript(hosts!)).toContain('tcp dport != { 80, 81, 82 } drop')
    expect(filterScript(planNamespaces(scenario()).nodes[1]!)).toBeNull()
    expect(qualityScript('up1', { delayMs: 5, jitterMs: 1, loss: 0.02 })).toBe(
      'tc qdisc add dev up1 root netem limit 200000 delay 5ms 1ms loss 2%',
    )
  })
})
