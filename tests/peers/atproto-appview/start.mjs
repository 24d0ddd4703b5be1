// A small Bluesky network on this machine: a directory of identities (PLC, in memory), a PDS (SQLite), bsync and an AppView (both in
// PostgreSQL; where none is given, the directory and the PDS alone, which is enough to link and to post). It prints one JSON line when it
// answers, and ends when its standard input does, so that it never outlives a test.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TestBsky, TestBsync, TestPds, TestPlc, mockNetworkUtilities } from '@atproto/dev-env'

const port = (name) => {
  const written = process.env[name]
  if (!written) throw new Error(`${name} is not set: it takes a free port`)
  return Number(written)
}
const dbUrl = process.env.DB_POSTGRES_URL
const [plcPort, pdsPort] = ['PLC_PORT', 'PDS_PORT'].map(port)
// Names of schemas may hold letters and underscores only.
const schema = Array.from(randomBytes(8), (byte) => 'abcdefghijklmnop'[byte & 15]).join('')
const apiKey = 'bsync-api-key'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'peer-appview-'))
process.env.TMPDIR = dir // the PDS makes its data folder there, and would leave it
process.on('exit', () => fs.rmSync(dir, { recursive: true, force: true }))

const running = []
let stopping = false
const stop = async () => {
  if (stopping) return
  stopping = true
  setTimeout(process.exit, 5000).unref()
  await Promise.allSettled(running.toReversed().map((server) => server.close()))
  process.exit()
}
process.stdin.on('end', stop).resume()
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

const plc = await TestPlc.create({ port: plcPort })
running.push(plc)
const appView = async () => {
  const bsync = await TestBsync.create({ apiKeys: [apiKey], dbUrl, dbSchema: `bsync_${schema}` })
  running.push(bsync)
  const bsky = await TestBsky.create({
    port: port('APPVIEW_PORT'),
    plcUrl: plc.url,
    pdsPort,
    bsyncApiKey: apiKey,
    bsyncUrl: bsync.url,
    repoProvider: `ws://localhost:${pdsPort}`,
    dbPostgresUrl: dbUrl,
    dbPostgresSchema: `appview_${schema}`,
  })
  running.push(bsky)
  bsync.ctx.dataplaneClients = [bsky.ctx.dataplane]
  return bsky
}
const bsky = dbUrl && (await appView())
const pds = await TestPds.create({
  port: pdsPort,
  didPlcUrl: plc.url,
  ...(bsky && { bskyAppViewUrl: bsky.url, bskyAppViewDid: bsky.ctx.cfg.serverDid }),
})
running.push(pds)
if (bsky) mockNetworkUtilities(pds, bsky)

const accounts = []
for (const name of ['alice', 'bob', 'carol']) {
  const password = `${name}-pass`
  const response = await fetch(`${pds.url}/xrpc/com.atproto.server.createAccount`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ handle: `${name}.test`, email: `${name}@example.com`, password }),
  })
  const made = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(made))
  accounts.push({ name: made.handle, id: made.did, password })
}
console.log(JSON.stringify({ url: pds.url, directory: plc.url, accounts }))
