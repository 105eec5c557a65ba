import { constants } from 'node:os'
import koffi from 'koffi'
import { describe, expect, it } from 'vitest'
import * as structures from '../../src/link/kernel-structures.ts'
import { errnoText, libc, libcUnavailable } from '../../src/link/libc.ts'
import { clockReader, linkClock, roughEpochOffsetUs } from '../../src/link/link-clock.ts'
import { packetDetails } from '../../src/link/packet-details.ts'

const onLinux = describe.skipIf(process.platform !== 'linux')

describe('kernel structures', () => {
  // The same structures as C declarations: koffi lays them out by the C rules of the machine it runs on.
  const sockaddrLl = koffi.struct({
    family: 'uint16',
    protocol: 'uint16',
    interfaceIndex: 'int',
    hardwareType: 'uint16',
    packetType: 'uint8',
    addressBytes: 'uint8',
    address: koffi.array('uint8', 8),
  })
  const msghdr = koffi.struct({
    name: 'void *',
    nameBytes: 'uint',
    vectors: 'void *',
    vectorCount: 'size_t',
    control: 'void *',
    controlBytes: 'size_t',
    flags: 'int',
  })
  const rows = [
    ['SOCKADDR_LL', structures.SOCKADDR_LL, sockaddrLl],
    [
      'PACKET_MREQ',
      structures.PACKET_MREQ,
      koffi.struct({
        interfaceIndex: 'int',
        type: 'ushort',
        addressBytes: 'ushort',
        address: koffi.array('uint8', 8),
      }),
    ],
    ['IOVEC', structures.IOVEC, koffi.struct({ base: 'void *', length: 'size_t' })],
    ['MSGHDR', structures.MSGHDR, msghdr],
    ['MMSGHDR', structures.MMSGHDR, koffi.struct({ header: msghdr, sentBytes: 'uint' })],
    ['SOCK_FPROG', structures.SOCK_FPROG, koffi.struct({ length: 'ushort', program: 'void *' })],
    ['POLLFD', structures.POLLFD, koffi.struct({ fd: 'int', events: 'short', returned: 'short' })],
    ['TIMESPEC', structures.TIMESPEC, koffi.struct({ seconds: 'long', nanoseconds: 'long' })],
  ] as const
  it.each(rows)('%s is laid out as a C compiler does', (_name, ours, theirs) => {
    expect(ours.sizeBytes).toBe(koffi.sizeof(theirs))
    for (const [field, offset] of Object.entries(ours.offset)) expect(offset).toBe(koffi.offsetof(theirs, field))
  })

  it('stops at a field that does not fit the stated size', () => {
    expect(() => structures.structure('wrong', 8, { only: structures.IOVEC })).toThrow(
      expect.objectContaining({ code: 'ERR_INTERNAL' }),
    )
  })
})

onLinux('the C library', () => {
  it('is there, and reports failures by number', () => {
    expect(libcUnavailable()).toBeNull()
    expect(libc().close(-1)).toBe(-1)
    expect(libc().errno()).toBe(constants.errno.EBADF)
    expect(errnoText(constants.errno.EPERM)).toMatch(/^EPERM: /)
    expect(errnoText(9999)).toBe('error 9999')
  })

  it('sees the memory that JavaScript sees', () => {
    const buffer = new ArrayBuffer(64)
    new Uint8Array(buffer)[5] = 77
    expect(new Uint8Array(libc().viewOf(libc().addressOf(buffer), 64))[5]).toBe(77)
  })
})

onLinux('the link clock', () => {
  it('keeps one scale in every instance, and it is the wall clock at the time of opening', () => {
    const { offsetUs } = clockReader()()
    const a = linkClock(offsetUs, true)
    const b = linkClock(offsetUs, false)
    const before = a.nowUs()
    const between = b.nowUs()
    const after = a.nowUs()
    expect(between - before).toBeGreaterThanOrEqual(-2)
    expect(after - between).toBeGreaterThanOrEqual(-2)
    expect(Math.abs(roughEpochOffsetUs() - offsetUs)).toBeLessThan(50_000)
  })

  it('does not wait for a time that is past', () => {
    const clock = linkClock(0, true)
    expect(clock.sleepUntilUs(clock.nowUs() - 1)).toBeUndefined()
  })
})

describe('link specs', () => {
  it('of another link are refused', () => {
    const spec = { link: 'sim', sourceAddress: 1 as never, interfaceName: 'x', mtu: 1500, details: {} }
    expect(() => packetDetails(spec)).toThrow(expect.objectContaining({ code: 'ERR_INTERNAL' }))
  })
})
