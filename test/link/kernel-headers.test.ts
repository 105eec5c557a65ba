/**
 * Our structures and numbers beside the C compiler's, from the kernel's own headers, on whatever machine this runs: a program
 * prints each size, offset and value. Needs a C compiler and the headers of Linux; skipped otherwise.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SYS_BPF } from '../../src/link/bpf-syscall.ts'
import * as constants from '../../src/link/kernel-constants.ts'
import * as structures from '../../src/link/kernel-structures.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const HEADERS = [
  'stddef.h',
  'stdio.h',
  'poll.h',
  'time.h',
  'sys/mman.h',
  'sys/prctl.h',
  'sys/socket.h',
  'sys/syscall.h',
  'netinet/in.h',
  'linux/if_packet.h',
  'linux/if_ether.h',
  'linux/if_arp.h',
  'linux/filter.h',
  'linux/rtnetlink.h',
  'linux/neighbour.h',
  'linux/if_link.h',
  'linux/bpf.h',
  'linux/if_xdp.h',
  'linux/capability.h',
  'linux/errqueue.h',
  'sys/epoll.h',
  'linux/sock_diag.h',
  'linux/inet_diag.h',
  'linux/tcp.h',
  'linux/netfilter/nfnetlink.h',
  'linux/netfilter/nfnetlink_conntrack.h',
]
const EXTRA = `
#ifndef SOL_XDP
#define SOL_XDP 283
#endif
#ifndef IPV6_FLOWINFO_SEND
#define IPV6_FLOWINFO_SEND 33
#endif
#ifndef IPV6_AUTOFLOWLABEL
#define IPV6_AUTOFLOWLABEL 70
#endif
#define IFF_UP 1
#define IFF_LOOPBACK 8
#define IFF_LOWER_UP 0x10000
#define SOL_PACKET 263
#define PROT_READ_WRITE (PROT_READ | PROT_WRITE)
#define NUD_USABLE (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_NOARP | NUD_PERMANENT)
struct __user_cap_header_struct caph; struct __user_cap_data_struct capd;
`

/** Our names of fields → the kernel's; a size stands alone where the rest is a matter of course. */
const C: Readonly<Record<string, readonly [type: string, fields: Readonly<Record<string, string>>]>> = {
  SOCKADDR_LL: [
    'struct sockaddr_ll',
    {
      family: 'sll_family',
      protocol: 'sll_protocol',
      interfaceIndex: 'sll_ifindex',
      hardwareType: 'sll_hatype',
      packetType: 'sll_pkttype',
      addressBytes: 'sll_halen',
      address: 'sll_addr',
    },
  ],
  PACKET_MREQ: [
    'struct packet_mreq',
    { interfaceIndex: 'mr_ifindex', type: 'mr_type', addressBytes: 'mr_alen', address: 'mr_address' },
  ],
  SOCKADDR_IN: ['struct sockaddr_in', { family: 'sin_family', port: 'sin_port', address: 'sin_addr' }],
  SOCKADDR_IN6: [
    'struct sockaddr_in6',
    {
      family: 'sin6_family',
      port: 'sin6_port',
      flowInfo: 'sin6_flowinfo',
      address: 'sin6_addr',
      scope: 'sin6_scope_id',
    },
  ],
  IOVEC: ['struct iovec', { base: 'iov_base', length: 'iov_len' }],
  MSGHDR: [
    'struct msghdr',
    {
      name: 'msg_name',
      nameBytes: 'msg_namelen',
      vectors: 'msg_iov',
      vectorCount: 'msg_iovlen',
      control: 'msg_control',
      controlBytes: 'msg_controllen',
      flags: 'msg_flags',
    },
  ],
  MMSGHDR: ['struct mmsghdr', { header: 'msg_hdr', sentBytes: 'msg_len' }],
  CMSGHDR: ['struct cmsghdr', { length: 'cmsg_len', level: 'cmsg_level', type: 'cmsg_type' }],
  SOCK_EXTENDED_ERR: [
    'struct sock_extended_err',
    {
      errno: 'ee_errno',
      origin: 'ee_origin',
      type: 'ee_type',
      code: 'ee_code',
      info: 'ee_info',
      extensionsAt: 'ee_rfc4884.len',
      extensionFlags: 'ee_rfc4884.flags',
    },
  ],
  SOCK_FILTER: ['struct sock_filter', { code: 'code', jumpTrue: 'jt', jumpFalse: 'jf', operand: 'k' }],
  SOCK_FPROG: ['struct sock_fprog', { length: 'len', program: 'filter' }],
  TPACKET_REQ3: [
    'struct tpacket_req3',
    {
      blockBytes: 'tp_block_size',
      blocks: 'tp_block_nr',
      frameBytes: 'tp_frame_size',
      frames: 'tp_frame_nr',
      retireMs: 'tp_retire_blk_tov',
      privateBytes: 'tp_sizeof_priv',
      features: 'tp_feature_req_word',
    },
  ],
  TPACKET_BLOCK: [
    'struct tpacket_block_desc',
    {
      version: 'version',
      privateOffset: 'offset_to_priv',
      status: 'hdr.bh1.block_status',
      packets: 'hdr.bh1.num_pkts',
      firstPacketOffset: 'hdr.bh1.offset_to_first_pkt',
      blockLength: 'hdr.bh1.blk_len',
      sequence: 'hdr.bh1.seq_num',
    },
  ],
  TPACKET3_HDR: [
    'struct tpacket3_hdr',
    {
      nextOffset: 'tp_next_offset',
      seconds: 'tp_sec',
      nanoseconds: 'tp_nsec',
      snapLength: 'tp_snaplen',
      length: 'tp_len',
      status: 'tp_status',
      linkOffset: 'tp_mac',
      networkOffset: 'tp_net',
      receiveHash: 'hv1.tp_rxhash',
      vlanTag: 'hv1.tp_vlan_tci',
      vlanProtocol: 'hv1.tp_vlan_tpid',
    },
  ],
  TPACKET_STATS_V3: [
    'struct tpacket_stats_v3',
    { packets: 'tp_packets', drops: 'tp_drops', freezes: 'tp_freeze_q_cnt' },
  ],
  POLLFD: ['struct pollfd', { fd: 'fd', events: 'events', returned: 'revents' }],
  TIMESPEC: ['struct timespec', { seconds: 'tv_sec', nanoseconds: 'tv_nsec' }],
  SOCKADDR_XDP: [
    'struct sockaddr_xdp',
    {
      family: 'sxdp_family',
      flags: 'sxdp_flags',
      interfaceIndex: 'sxdp_ifindex',
      queue: 'sxdp_queue_id',
      sharedMemoryFd: 'sxdp_shared_umem_fd',
    },
  ],
  XDP_UMEM_REG: [
    'struct xdp_umem_reg',
    { address: 'addr', length: 'len', chunkBytes: 'chunk_size', headroom: 'headroom', flags: 'flags' },
  ],
  XDP_RING_OFFSET: [
    'struct xdp_ring_offset',
    { producer: 'producer', consumer: 'consumer', entries: 'desc', flags: 'flags' },
  ],
  XDP_MMAP_OFFSETS: ['struct xdp_mmap_offsets', { receive: 'rx', transmit: 'tx', fill: 'fr', completion: 'cr' }],
  XDP_DESC: ['struct xdp_desc', { address: 'addr', length: 'len', options: 'options' }],
  CAP_HEADER: ['struct __user_cap_header_struct', { version: 'version', thread: 'pid' }],
  CAP_DATA: [
    'struct __user_cap_data_struct',
    { effective: 'effective', permitted: 'permitted', inheritable: 'inheritable' },
  ],
  SOCKADDR_NL: ['struct sockaddr_nl', { family: 'nl_family', portId: 'nl_pid', groups: 'nl_groups' }],
  NLMSGHDR: [
    'struct nlmsghdr',
    { length: 'nlmsg_len', type: 'nlmsg_type', flags: 'nlmsg_flags', sequence: 'nlmsg_seq', portId: 'nlmsg_pid' },
  ],
  RTATTR: ['struct rtattr', { length: 'rta_len', type: 'rta_type' }],
  RTMSG: ['struct rtmsg', { family: 'rtm_family', destinationBits: 'rtm_dst_len', flags: 'rtm_flags' }],
  IFINFOMSG: ['struct ifinfomsg', { family: 'ifi_family', type: 'ifi_type', index: 'ifi_index', flags: 'ifi_flags' }],
  RTNL_LINK_STATS64: [
    'struct rtnl_link_stats64',
    { receivedPackets: 'rx_packets', sentPackets: 'tx_packets', receiveDrops: 'rx_dropped', sendDrops: 'tx_dropped' },
  ],
  IFADDRMSG: ['struct ifaddrmsg', { family: 'ifa_family', index: 'ifa_index' }],
  NDMSG: ['struct ndmsg', { family: 'ndm_family', index: 'ndm_ifindex', state: 'ndm_state', flags: 'ndm_flags' }],
  INET_DIAG_REQ_V2: [
    'struct inet_diag_req_v2',
    { family: 'sdiag_family', protocol: 'sdiag_protocol', extensions: 'idiag_ext', states: 'idiag_states' },
  ],
  INET_DIAG_MSG: [
    'struct inet_diag_msg',
    {
      family: 'idiag_family',
      state: 'idiag_state',
      sourcePort: 'id.idiag_sport',
      destinationPort: 'id.idiag_dport',
      source: 'id.idiag_src',
      destination: 'id.idiag_dst',
      inode: 'idiag_inode',
    },
  ],
  TCP_INFO: [
    'struct tcp_info',
    {
      options: 'tcpi_options',
      bytesAcked: 'tcpi_bytes_acked',
      bytesReceived: 'tcpi_bytes_received',
      segmentsOut: 'tcpi_segs_out',
      segmentsIn: 'tcpi_segs_in',
      rttMinUs: 'tcpi_min_rtt',
      bytesSent: 'tcpi_bytes_sent',
    },
  ],
  NFGENMSG: ['struct nfgenmsg', { family: 'nfgen_family', version: 'version', resource: 'res_id' }],
  BPF_MAP_CREATE_ATTR: [
    'union bpf_attr',
    { type: 'map_type', keyBytes: 'key_size', valueBytes: 'value_size', entries: 'max_entries', flags: 'map_flags' },
  ],
  BPF_PROG_LOAD_ATTR: [
    'union bpf_attr',
    {
      type: 'prog_type',
      instructions: 'insn_cnt',
      code: 'insns',
      license: 'license',
      logLevel: 'log_level',
      log: 'log_buf',
    },
  ],
  BPF_TEST_RUN_ATTR: [
    'union bpf_attr',
    {
      program: 'test.prog_fd',
      returned: 'test.retval',
      dataBytes: 'test.data_size_in',
      data: 'test.data_in',
      repeat: 'test.repeat',
      durationNs: 'test.duration',
      flags: 'test.flags',
      cpu: 'test.cpu',
    },
  ],
}
/** Parts of larger ones: their sizes are ours alone. */
const PARTS = new Set([
  'RTNL_LINK_STATS64',
  'TCP_INFO',
  'BPF_MAP_CREATE_ATTR',
  'BPF_PROG_LOAD_ATTR',
  'BPF_TEST_RUN_ATTR',
])

type Layouts = Record<string, structures.Structure<string>>
const layouts = Object.fromEntries(Object.entries(structures).filter(([name]) => name !== 'structure')) as Layouts
const numbers = Object.entries(constants) as [string, number][]

/** What the compiler says, by name: `struct SOCKADDR_LL`, `struct SOCKADDR_LL.family`, `AF_INET`. */
const compiled = (folder: string): Map<string, number> => {
  const lines = Object.entries(C).flatMap(([name, [type, fields]]) => [
    `P("struct ${name}", sizeof(${type}))`,
    ...Object.entries(fields).map(([field, member]) => `P("struct ${name}.${field}", offsetof(${type}, ${member}))`),
  ])
  const values = [...numbers.map(([name]) => `P("${name}", ${name})`), 'P("SYS_bpf", SYS_bpf)']
  const includes = HEADERS.map((header) => `#include <${header}>`).join('\n')
  const print = '#define P(name, value) printf("%s %lld\\n", name, (long long)(value));'
  writeFileSync(
    join(folder, 'layout.c'),
    `#define _GNU_SOURCE\n${includes}\n${EXTRA}\n${print}\nint main(void) {\n${[...lines, ...values].join('\n')}\n}\n`,
  )
  execFileSync('cc', ['-o', join(folder, 'layout'), join(folder, 'layout.c')], { stdio: 'pipe' })
  const output = execFileSync(join(folder, 'layout'), { encoding: 'utf8' })
  return new Map(
    output
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )
}

const usable = process.platform === 'linux' && existsSync('/usr/bin/cc') && existsSync('/usr/include/linux/bpf.h')

describe.skipIf(!usable)("the kernel's headers agree", () => {
  const folder = temporaryFolder('kernel-headers')

  it('on the size of every structure, its fields, and every number', () => {
    const theirs = compiled(folder)
    expect(Object.keys(C).sort()).toEqual(Object.keys(layouts).sort())
    const ours = new Map<string, number>(numbers).set('SYS_bpf', SYS_BPF[process.arch]!)
    for (const [name, [, fields]] of Object.entries(C)) {
      const { sizeBytes, offset } = layouts[name]!
      ours.set(`struct ${name}`, PARTS.has(name) ? theirs.get(`struct ${name}`)! : sizeBytes)
      for (const field of Object.keys(fields)) ours.set(`struct ${name}.${field}`, offset[field]!)
    }
    const wrong = [...ours].filter(([name, value]) => theirs.get(name) !== value)
    expect(wrong.map(([name, value]) => `${name}: ${value}, not ${theirs.get(name)}`)).toEqual([])
  })
})
