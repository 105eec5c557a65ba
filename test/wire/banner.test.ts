import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bannerProtocol } from '../../src/wire/banner-protocol.ts'
import { httpTitle } from '../../src/wire/http-title.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

describe('the protocol of first bytes', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\n', 'http'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'ssh'],
    ['220 mail.test ESMTP Postfix\r\n', 'smtp'],
    ['220 (vsFTPd 3.0.3)\r\n', 'ftp'],
    ['220 ProFTPD Server\r\n', 'ftp'],
    ['220 FTP Server ready\r\n', 'ftp'],
    ['+OK ready\r\n', 'pop3'],
    ['* OK IMAP4\r\n', 'imap'],
    ['RFB 003.008\n', 'vnc'],
    ['-ERR wrong number of arguments\r\n', 'redis'],
    ['\x4a\0\0\0\n8.0.36\0', 'mysql'],
    ['\xff\xfd\x18', 'telnet'],
    ['', null],
    ['hello', null],
  ])('%j is %s', (text, protocol) => {
    expect(bannerProtocol(bytes(text))).toBe(protocol)
  })
})

const page = (title: string): Uint8Array => Buffer.from(`HTTP/1.1 200 OK\r\n\r\n<html><head>${title}</head>`)

describe('the title of a page', () => {
  it.each([
    ['<title>Hello</title>', 'Hello'],
    ['<TITLE lang="en">\n  Two \t words\n</TITLE>', 'Two words'],
    ['<title>a &amp; b &#65;&#x42; &nope;</title>', 'a & b AB &nope;'],
    ['<title>Gr\u00fc\u00dfe</title>', 'Gr\u00fc\u00dfe'],
    ['<title>\u001b[31mred\u202e</title>', '[31mred'],
    ['<title>&#27;[31mred</title>', '[31mred'],
    ['<title>cut', 'cut'],
    ['<title>  </title>', null],
    ['<titles>x</titles>', null],
    ['', null],
    [`<title>${'x'.repeat(5000)}</title>`, 'x'.repeat(200)],
  ])('%j is %j', (html, title) => {
    expect(httpTitle(page(html))).toBe(title)
  })

  it('is nothing that is no HTTP', () => {
    expect(httpTitle(bytes('<title>Hello</title>'))).toBeNull()
  })

  it('takes any bytes, and is quick about the worst', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (any) => {
        httpTitle(any)
        bannerProtocol(any)
      }),
    )
    const startedMs = performance.now()
    expect(httpTitle(page('<title '.repeat(2300)))).toBeNull()
    expect(httpTitle(page('<title'.repeat(2700)))).toBeNull()
    expect(performance.now() - startedMs).toBeLessThan(500)
  })
})
