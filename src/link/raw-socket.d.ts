/** The part of the npm package `raw-socket` 1.8 that raw-link.ts uses; the package brings no types. */
declare module 'raw-socket' {
  import type { EventEmitter } from 'node:events'

  export interface Socket extends EventEmitter {
    /** Sends when the socket takes it; the callback tells how many bytes went. */
    send(
      buffer: Buffer,
      offset: number,
      length: number,
      address: string,
      afterCallback: (error: Error | null, bytes: number) => void,
    ): Socket
    setOption(level: number, option: number, value: number): void
    setOption(level: number, option: number, value: Buffer, length: number): void
    pauseRecv(): Socket
    resumeRecv(): Socket
    close(): Socket
    on(event: 'message', listener: (packet: Buffer, source: string) => void): this
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'close', listener: () => void): this
  }

  export interface SocketOptions {
    addressFamily?: number
    protocol?: number
    bufferSize?: number
  }

  export function createSocket(options?: SocketOptions): Socket
  export const AddressFamily: Readonly<Record<'IPv4' | 'IPv6', number>>
  export const SocketLevel: Readonly<Record<'SOL_SOCKET' | 'IPPROTO_IP' | 'IPPROTO_IPV6', number>>
  export const SocketOption: Readonly<Record<'SO_BROADCAST' | 'SO_RCVBUF' | 'SO_SNDBUF' | 'IP_HDRINCL', number>> & {
    /** Linux only. */
    readonly SO_BINDTODEVICE?: number
  }
}
