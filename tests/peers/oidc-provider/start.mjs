// An authorization server that is certified for OpenID Connect, on this machine, its state in memory: the code flow with PKCE required, refresh
// tokens that rotate at every use, pushed requests, DPoP with nonces, revocation. It prints one JSON line when it answers, and ends when its
// standard input does, so that it never outlives a test.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const port = Number(process.env.PORT ?? 0)
if (!port) throw new Error('PORT is not set: it takes a free port')
const url = `http://127.0.0.1:${port}`
const seconds = (name, usual) => Number(process.env[name] ?? usual)
const jwks = JSON.parse(process.env.SIGNING_JWKS ?? '{"keys":[]}') // public keys that the signed clients sign with

const client = (id, method, more = {}) => ({
  client_id: `gigcast-${id}`,
  token_endpoint_auth_method: method,
  application_type: 'native',
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [process.env.REDIRECT_URI ?? 'http://127.0.0.1:7777/callback'],
  ...(method.startsWith('client_secret') && { client_secret: 'a secret+/of:any%kind' }),
  ...(method === 'private_key_jwt' && { jwks, token_endpoint_auth_signing_alg: 'ES256' }),
  ...more,
})
const bound = { dpop_bound_access_tokens: true }
const clients = [
  client('public', 'none'),
  client('basic', 'client_secret_basic'),
  client('post', 'client_secret_post'),
  client('bound', 'none', bound),
  client('pushed', 'none', { require_pushed_authorization_requests: true }),
]
if (jwks.keys.length) {
  clients.push(client('signed', 'private_key_jwt'))
  clients.push(client('all', 'private_key_jwt', { ...bound, require_pushed_authorization_requests: true }))
}

const provider = new Provider(url, {
  clients,
  clockTolerance: 0, // what has ended has ended, and what is from the future is wrong
  pkce: { required: () => true },
  rotateRefreshToken: () => true,
  issueRefreshToken: async (ctx, client, code) =>
    client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  scopes: ['openid', 'offline_access', 'profile', 'post', 'read'],
  claims: { profile: ['name'] },
  ttl: {
    AccessToken: seconds('ACCESS_TTL', 3600),
    RefreshToken: seconds('REFRESH_TTL', 86400),
    AuthorizationCode: 60,
    Grant: 86400,
    Session: 86400,
    Interaction: 600,
    IdToken: 3600,
  },
  features: {
    devInteractions: { enabled: true }, // a login form that takes any name and password
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    pushedAuthorizationRequests: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: async (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, name: id }) }),
})

const server = createServer(provider.callback())
server.listen(port, '127.0.0.1', () => {
  const accounts = ['alice', 'bob'].map((name) => ({ name, id: name, password: 'any' }))
  console.log(JSON.stringify({ url, accounts }))
})
const stop = () => {
  server.closeAllConnections()
  server.close(() => process.exit())
}
process.stdin.on('end', stop).resume()
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop)
