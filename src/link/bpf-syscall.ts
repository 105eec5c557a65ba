/**
 * The bpf(2) system call as far as a packet generator needs it: one array map that is mapped into this process, one XDP
 * program, and runs of that program on live frames (BPF_PROG_TEST_RUN with BPF_F_TEST_XDP_LIVE_FRAMES, Linux 5.18; the
 * kernel's Documentation/bpf/bpf_prog_run.rst). Linux has no such function in its C library: it goes through syscall(2).
 */

import { constants } from 'node:os'
import { InterplotError } from '../core/errors.ts'
import { INSTRUCTION_BYTES } from './ebpf-assembler.ts'
import { MAP_SHARED, PROT_READ_WRITE } from './kernel-constants.ts'
import { BPF_MAP_CREATE_ATTR, BPF_PROG_LOAD_ATTR, BPF_TEST_RUN_ATTR, type Structure } from './kernel-structures.ts'
import { errnoText, libc } from './libc.ts'

const { EACCES, EINTR, EPERM } = constants.errno

/** Number of the system call on each machine. */
export const SYS_BPF: Readonly<Record<string, number>> = { x64: 321, arm64: 280 }
const COMMAND = { mapCreate: 0, programLoad: 5, testRun: 10 } as const
const MAP_TYPE_ARRAY = 2
const MAP_MMAPABLE = 1 << 10
const PROGRAM_TYPE_XDP = 6
const TEST_RUN_LIVE_FRAMES = 1 << 1
const LOG_BYTES = 1 << 20
const PAGE_BYTES = 4096
const MAP_FAILED = 0xffffffffffffffffn
/** Of the kernel functions that the program calls, none asks for a licence; the kernel wants one all the same. */
const LICENSE = 'Apache-2.0'

const PRIVILEGE_ADVICE = 'It takes root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON beside CAP_NET_RAW.'

/** Fills the fields that are named; the others stay 0. */
const attribute = <Name extends string>(
  layout: Structure<Name>,
  numbers: Partial<Record<Name, number>>,
  addresses: Partial<Record<Name, bigint>> = {},
): Uint8Array => {
  const bytes = new Uint8Array(layout.sizeBytes)
  const view = new DataView(bytes.buffer)
  for (const name of Object.keys(numbers) as Name[]) view.setUint32(layout.offset[name], numbers[name]!, true)
  for (const name of Object.keys(addresses) as Name[]) view.setBigUint64(layout.offset[name], addresses[name]!, true)
  return bytes
}

const bpf = (command: number, attributes: Uint8Array): number =>
  Number(libc().syscall(SYS_BPF[process.arch]!, command, attributes, attributes.byteLength))

const refused = (what: string, errno: number, detail = ''): InterplotError =>
  new InterplotError(
    'ERR_LINK_UNAVAILABLE',
    `${what}: ${errnoText(errno)}${detail}`,
    errno === EPERM || errno === EACCES ? { advice: PRIVILEGE_ADVICE } : {},
  )

export interface SharedMap {
  readonly fd: number
  /** The map's only value, as this process sees it. */
  readonly memory: ArrayBuffer
  /** The program that uses it keeps the map alive; its memory stays mapped as long as this process lives. */
  close(): void
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE with the kernel's reason. */
export const createSharedMap = (bytes: number): SharedMap => {
  const attributes = attribute(BPF_MAP_CREATE_ATTR, {
    type: MAP_TYPE_ARRAY,
    keyBytes: 4,
    valueBytes: bytes,
    entries: 1,
    flags: MAP_MMAPABLE,
  })
  const fd = bpf(COMMAND.mapCreate, attributes)
  if (fd < 0) throw refused('the kernel makes no map for BPF programs', libc().errno())
  const mapped = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES
  const address = libc().mmap(null, mapped, PROT_READ_WRITE, MAP_SHARED, fd, 0)
  if (address === MAP_FAILED) {
    const errno = libc().errno()
    libc().close(fd)
    throw refused("a BPF program's memory can't be mapped", errno)
  }
  return { fd, memory: libc().viewOf(address, mapped), close: () => void libc().close(fd) }
}

/** The last lines of what the verifier said: the reason is at the end. */
const lastLines = (log: Uint8Array): string => {
  const text = new TextDecoder().decode(log.subarray(0, log.indexOf(0)))
  const lines = text.trim().split('\n')
  return lines
    .slice(-8)
    .map((line) => `\n  ${line}`)
    .join('')
}

/** @throws InterplotError ERR_LINK_UNAVAILABLE with the end of the verifier's log when it refuses the program. */
export const loadProgram = (code: Uint8Array): number => {
  const license = new TextEncoder().encode(`${LICENSE}\0`)
  const load = (log: Uint8Array | null): number => {
    const numbers = { type: PROGRAM_TYPE_XDP, instructions: code.length / INSTRUCTION_BYTES }
    const logging = log === null ? {} : { logLevel: 1, logBytes: log.length }
    const addresses = { code: libc().addressOf(code), license: libc().addressOf(license) }
    const logAddress = log === null ? {} : { log: libc().addressOf(log) }
    return bpf(
      COMMAND.programLoad,
      attribute(BPF_PROG_LOAD_ATTR, { ...numbers, ...logging }, { ...addresses, ...logAddress }),
    )
  }
  const fd = load(null)
  if (fd >= 0) return fd
  const errno = libc().errno()
  if (errno === EPERM) throw refused('the kernel takes no BPF program', errno)
  const log = new Uint8Array(LOG_BYTES)
  const again = load(log)
  if (again >= 0) return again
  throw refused('the kernel refuses the BPF program', errno, lastLines(log))
}

export interface LiveRun {
  program: number
  /** Bytes of a frame. */
  frameBytes: number
  /** Runs of the program in this call. */
  runs: number
  /** Frames between two flushes, 1 … 256. */
  batchFrames: number
}

const testRun = ({
  program,
  frameBytes,
  runs,
  batchFrames,
}: LiveRun): { attributes: Uint8Array; frame: Uint8Array } => {
  const frame = new Uint8Array(frameBytes)
  const attributes = attribute(
    BPF_TEST_RUN_ATTR,
    { program, dataBytes: frameBytes, repeat: runs, flags: TEST_RUN_LIVE_FRAMES, batchFrames },
    { data: libc().addressOf(frame) },
  )
  return { attributes, frame }
}

/**
 * Runs the program on live frames; a signal may end it early.
 * @throws InterplotError ERR_LINK_UNAVAILABLE with the kernel's reason.
 */
export const runLive = (run: LiveRun): void => {
  const { attributes } = testRun(run)
  if (bpf(COMMAND.testRun, attributes) >= 0) return
  const errno = libc().errno()
  if (errno !== EINTR) throw refused('the kernel makes no live frames', errno)
}

/** The same in another thread, so that this one can give orders meanwhile. */
export const runLiveAside = async (run: LiveRun): Promise<void> => {
  const { attributes, frame } = testRun(run)
  const call = libc().syscallAside(SYS_BPF[process.arch]!, COMMAND.testRun, attributes, attributes.byteLength)
  // The other thread's error number is out of reach: a failed call is made again here, for one frame.
  if ((await call) < 0) runLive({ ...run, runs: 1 })
  // Until here the kernel knows both by their addresses alone, and writes into the attributes at the end.
  void [attributes.length, frame.length]
}
