/**
 * Switches generic receive offload (GRO) of an interface on or off, as `ethtool -K NAME gro on` does: one end of a veth takes
 * frames from XDP only when the other has it. Run as a program inside the namespace: NAME on|off. Source: the kernel's
 * linux/ethtool.h, linux/sockios.h, netdevice(7).
 */

import koffi from 'koffi'

const SIOCETHTOOL = 0x8946
const ETHTOOL_SGRO = 0x2c
const NAME_BYTES = 16
const AF_INET = 2
const SOCK_DGRAM = 2

const [name = '', state = 'on'] = process.argv.slice(2)
const libc = koffi.load(null)
const socket = libc.func('int socket(int, int, int)')
const ioctl = libc.func('int ioctl(int, ulong, void *)')
const value = Uint32Array.of(ETHTOOL_SGRO, state === 'on' ? 1 : 0)
const request = Buffer.alloc(40)
request.write(name.slice(0, NAME_BYTES - 1))
request.writeBigUInt64LE(koffi.address(value), NAME_BYTES)
if (ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCETHTOOL, request) !== 0) {
  throw new Error(`GRO of ${name} cannot be switched ${state}: errno ${koffi.errno()}`)
}
