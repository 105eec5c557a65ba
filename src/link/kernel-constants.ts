/**
 * Numbers of the Linux system call interface, the same on x64 and arm64. Sources: the kernel's uapi headers
 * (linux/if_packet.h, linux/if_ether.h, linux/rtnetlink.h, linux/neighbour.h, linux/if_arp.h, linux/sock_diag.h,
 * linux/inet_diag.h, linux/netlink.h, linux/netfilter/nfnetlink.h and nfnetlink_conntrack.h, asm-generic/socket.h) and
 * the manual pages socket(7), packet(7), ip(7), ipv6(7), raw(7), netlink(7), mmap(2), prctl(2), epoll_ctl(2).
 */

export const AF_INET = 2
export const AF_INET6 = 10
export const AF_NETLINK = 16
export const AF_PACKET = 17
export const AF_XDP = 44

export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const SOCK_CLOEXEC = 0o2000000

export const SOL_SOCKET = 1
export const SOL_PACKET = 263
export const SOL_XDP = 283
export const IPPROTO_IP = 0
export const IPPROTO_RAW = 255
export const IPPROTO_ICMP = 1
export const IPPROTO_IPV6 = 41
export const SOL_IP = 0
export const IP_TOS = 1
export const IP_TTL = 2
export const IP_MTU_DISCOVER = 10
export const IP_RECVTTL = 12
/** Values of IP_MTU_DISCOVER and IPV6_MTU_DISCOVER: fragments allowed; none, whatever path MTU is known. */
export const IP_PMTUDISC_DONT = 0
export const IP_PMTUDISC_PROBE = 3

export const IP_RECVERR = 11
export const IP_RECVERR_RFC4884 = 26
export const IPV6_UNICAST_HOPS = 16
export const IPV6_MTU_DISCOVER = 23
export const IPV6_RECVERR = 25
export const IPV6_RECVERR_RFC4884 = 31
export const IPV6_FLOWINFO_SEND = 33
export const IPV6_RECVHOPLIMIT = 51
export const IPV6_HOPLIMIT = 52
export const IPV6_TCLASS = 67
export const IPV6_AUTOFLOWLABEL = 70

export const SO_ERROR = 4
export const SO_BROADCAST = 6
export const SO_SNDBUF = 7
export const SO_RCVBUF = 8
export const SO_RCVTIMEO = 20
export const SO_BINDTODEVICE = 25
export const SO_ATTACH_FILTER = 26
export const SO_TIMESTAMPNS = 35
export const SO_SNDBUFFORCE = 32

export const XDP_MMAP_OFFSETS = 1
export const XDP_TX_RING = 3
export const XDP_UMEM_REG = 4
export const XDP_UMEM_FILL_RING = 5
export const XDP_UMEM_COMPLETION_RING = 6
export const XDP_COPY = 2
export const XDP_PGOFF_TX_RING = 0x80000000
export const XDP_UMEM_PGOFF_COMPLETION_RING = 0x180000000

export const PACKET_ADD_MEMBERSHIP = 1
export const PACKET_RX_RING = 5
export const PACKET_STATISTICS = 6
export const PACKET_VERSION = 10
export const PACKET_HDRLEN = 11
export const PACKET_QDISC_BYPASS = 20
export const PACKET_IGNORE_OUTGOING = 23
export const TPACKET_V3 = 2
export const PACKET_MR_PROMISC = 1
export const PACKET_MR_UNICAST = 3
/** Kind of a received packet: one that this machine sent. */
export const PACKET_OUTGOING = 4
/** Block status bit: the block belongs to user space. */
export const TP_STATUS_USER = 1
/** Packet status bit: the transport checksum is not filled in yet. */
export const TP_STATUS_CSUMNOTREADY = 8

export const MSG_DONTWAIT = 0x40
export const MSG_ERRQUEUE = 0x2000
/** Who made an error of a socket's error queue (linux/errqueue.h). */
export const SO_EE_ORIGIN_LOCAL = 1
export const SO_EE_ORIGIN_ICMP = 2
export const SO_EE_ORIGIN_ICMP6 = 3
/** The extensions of an ICMP error do not verify. */
export const SO_EE_RFC4884_FLAG_INVALID = 1
export const EPOLL_CLOEXEC = 0o2000000
export const EPOLL_CTL_ADD = 1
export const EPOLLIN = 1
export const POLLIN = 1
export const POLLERR = 8

export const PROT_READ_WRITE = 3
export const MAP_SHARED = 0x01
export const MAP_PRIVATE = 0x02
export const MAP_FIXED = 0x10
export const MAP_ANONYMOUS = 0x20
export const MAP_NORESERVE = 0x4000
export const MAP_POPULATE = 0x8000

export const PR_SET_KEEPCAPS = 8
export const PR_SET_TIMERSLACK = 29
export const PR_SET_NO_NEW_PRIVS = 38
export const CLOCK_REALTIME = 0
export const CLOCK_MONOTONIC = 1

export const ETH_P_ALL = 0x0003
export const ETH_P_IP = 0x0800
export const ETH_P_IPV6 = 0x86dd
export const ETH_P_8021Q = 0x8100
export const ETH_P_8021AD = 0x88a8
export const ETH_P_PPP_SES = 0x8864

/** Device types (ARPHRD_…). */
export const ARPHRD_ETHER = 1
export const ARPHRD_PPP = 512
export const ARPHRD_RAWIP = 519
export const ARPHRD_NONE = 0xfffe

export const IFF_UP = 0x1
export const IFF_LOOPBACK = 0x8
export const IFF_LOWER_UP = 0x10000

export const NLM_F_REQUEST = 0x1
export const NLM_F_DUMP = 0x300
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
/** Group of messages about interfaces that come and go. */
export const RTMGRP_LINK = 1
export const RTM_NEWLINK = 16
export const RTM_DELLINK = 17
export const RTM_GETLINK = 18
export const RTM_NEWADDR = 20
export const RTM_GETADDR = 22
export const RTM_NEWROUTE = 24
export const RTM_GETROUTE = 26
/** Type of a route to an address of this machine. */
export const RTN_LOCAL = 2
export const RTM_NEWNEIGH = 28
export const RTM_GETNEIGH = 30
/** Answer with the entry of the table that matched, and fail when none did. */
export const RTM_F_FIB_MATCH = 0x2000

export const IFLA_ADDRESS = 1
export const IFLA_IFNAME = 3
export const IFLA_MTU = 4
export const IFLA_LINKINFO = 18
export const IFLA_STATS64 = 23
export const IFLA_INFO_KIND = 1
export const IFA_ADDRESS = 1
export const IFA_LOCAL = 2
export const RTA_DST = 1
export const RTA_OIF = 4
export const RTA_GATEWAY = 5
export const RTA_PREFSRC = 7
export const NDA_DST = 1
export const NDA_LLADDR = 2

/** Neighbour states in which the stored hardware address may be used. */
export const NUD_USABLE = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80

export const NETLINK_ROUTE = 0
export const NETLINK_SOCK_DIAG = 4
export const NETLINK_NETFILTER = 12
export const SOCK_DIAG_BY_FAMILY = 20
/** Attribute with struct tcp_info. */
export const INET_DIAG_INFO = 2
/** Bit of tcpi_options: segments carry timestamps. */
export const TCPI_OPT_TIMESTAMPS = 1

export const NFNL_SUBSYS_CTNETLINK = 1
export const IPCTNL_MSG_CT_NEW = 0
export const IPCTNL_MSG_CT_GET = 1
export const IPCTNL_MSG_CT_DELETE = 2
export const NFNLGRP_CONNTRACK_NEW = 1
export const NFNLGRP_CONNTRACK_DESTROY = 3
export const CTA_TUPLE_ORIG = 1
export const CTA_TUPLE_REPLY = 2
export const CTA_PROTOINFO = 4
export const CTA_COUNTERS_ORIG = 9
export const CTA_COUNTERS_REPLY = 10
export const CTA_ID = 12
export const CTA_TIMESTAMP = 20
export const CTA_TUPLE_IP = 1
export const CTA_TUPLE_PROTO = 2
export const CTA_IP_V4_SRC = 1
export const CTA_IP_V4_DST = 2
export const CTA_IP_V6_SRC = 3
export const CTA_IP_V6_DST = 4
export const CTA_PROTO_NUM = 1
export const CTA_PROTO_SRC_PORT = 2
export const CTA_PROTO_DST_PORT = 3
export const CTA_PROTOINFO_TCP = 1
export const CTA_PROTOINFO_TCP_STATE = 1
export const CTA_COUNTERS_PACKETS = 1
export const CTA_COUNTERS_BYTES = 2
export const CTA_TIMESTAMP_START = 1
