/** Names of addresses by reverse DNS. */

import type Database from 'better-sqlite3'
import type { IpAddress } from '../core/ip.ts'
import { type AddressValue, addressFrom, addressValue } from './address-value.ts'

export interface HostName {
  address: IpAddress
  /** Null: asked, and there is none. */
  name: string | null
}

export const putHostNames = (database: Database.Database, names: readonly HostName[], askedUs: number): void => {
  const insert = database.prepare(
    `INSERT INTO host_names (address, name, asked_us) VALUES (?, ?, ?)
     ON CONFLICT (address) DO UPDATE SET name = coalesce(excluded.name, name), asked_us = excluded.asked_us`,
  )
  database
    .transaction(() => {
      for (const { address, name } of names) insert.run(addressValue(address), name, Math.round(askedUs))
    })
    .immediate()
}

/** Those that have one. */
export const readHostNames = (database: Database.Database): Map<IpAddress, string> =>
  new Map(
    database
      .prepare<[], { address: AddressValue; name: string }>(
        'SELECT address, name FROM host_names WHERE name IS NOT NULL',
      )
      .all()
      .map(({ address, name }) => [addressFrom(address), name]),
  )
