/** Jails of hosts by number: the names that a guard has for them, which strangers may have had a hand in. */

import type Database from 'better-sqlite3'

/** Longer names are cut: no guard has such. */
const NAME_MAX = 255

export interface Jails {
  /** The jail's number, made if need be. */
  idFor(host: string, name: string): number
  /** For when rows made since did not come to be. */
  forget(): void
}

export const makeJails = (database: Database.Database): Jails => {
  const find = database.prepare<[string, string], number>('SELECT id FROM jails WHERE host = ? AND name = ?').pluck()
  const insert = database.prepare('INSERT INTO jails (host, name) VALUES (?, ?)')
  const hosts = new Map<string, Map<string, number>>()
  const add = (host: string, name: string): number => {
    const [cutHost, cutName] = [host.slice(0, NAME_MAX), name.slice(0, NAME_MAX)]
    const id = find.get(cutHost, cutName) ?? Number(insert.run(cutHost, cutName).lastInsertRowid)
    const known = hosts.get(host)
    if (known === undefined) hosts.set(host, new Map([[name, id]]))
    else known.set(name, id)
    return id
  }
  return {
    idFor: (host, name) => hosts.get(host)?.get(name) ?? add(host, name),
    forget: () => hosts.clear(),
  }
}
