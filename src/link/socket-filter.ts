/** A filter program on a packet socket (socket(7), SO_ATTACH_FILTER): the kernel runs it on each packet before anything is copied. */

import type { BpfInstruction } from './bpf-assembler.ts'
import { SO_ATTACH_FILTER, SOL_SOCKET } from './kernel-constants.ts'
import { SOCK_FILTER, SOCK_FPROG } from './kernel-structures.ts'
import { libc } from './libc.ts'
import { setSocketOption } from './socket.ts'

/** @throws InterplotError ERR_LINK_UNAVAILABLE for a program that the kernel does not take. */
export const attachFilter = (fd: number, program: readonly BpfInstruction[]): void => {
  const code = new DataView(new ArrayBuffer(program.length * SOCK_FILTER.sizeBytes))
  for (const [index, { code: operation, jumpTrue, jumpFalse, operand }] of program.entries()) {
    const at = index * SOCK_FILTER.sizeBytes
    code.setUint16(at + SOCK_FILTER.offset.code, operation, true)
    code.setUint8(at + SOCK_FILTER.offset.jumpTrue, jumpTrue)
    code.setUint8(at + SOCK_FILTER.offset.jumpFalse, jumpFalse)
    code.setUint32(at + SOCK_FILTER.offset.operand, operand, true)
  }
  const header = new Uint8Array(SOCK_FPROG.sizeBytes)
  const view = new DataView(header.buffer)
  view.setUint16(SOCK_FPROG.offset.length, program.length, true)
  view.setBigUint64(SOCK_FPROG.offset.program, libc().addressOf(code.buffer), true)
  setSocketOption(fd, SOL_SOCKET, SO_ATTACH_FILTER, header, 'the capture filter')
}
