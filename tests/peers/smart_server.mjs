// An EMR that opens apps by SMART App Launch, for tests: panva's oidc-provider as its authorization
// server, and around it what SMART adds: its discovery, the launch context beside the token, and
// fhirUser. A test puts accounts, clients and launches in over /control. It listens on a free port
// of the loopback, prints it as JSON on its first line, and ends when its standard input is closed.
import http from 'node:http';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import Provider from 'oidc-provider';

const accounts = new Map();
const clients = [];
const launches = new Map();
/** What the person chose or the launch brought, by the nonce of the request that asked for it. */
const contexts = new Map();
let discovery = {};
let provider;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: randomUUID() };

function build(issuer) {
  provider = new Provider(issuer, {
    clients,
    jwks: { keys: [key] },
    cookies: { keys: ['for tests only'] },
    scopes: ['openid', 'fhirUser', 'launch', 'launch/patient'],
    claims: { openid: ['sub'], fhirUser: ['fhirUser'] },
    conformIdTokenClaims: false,
    extraParams: ['launch', 'aud'],
    features: { devInteractions: { enabled: true } },
    responseTypes: ['code'],
    pkce: { required: () => true },
    async findAccount(_context, id) {
      if (!accounts.has(id)) return undefined;
      return { accountId: id, claims: async () => ({ sub: id, ...accounts.get(id) }) };
    },
    async loadExistingGrant(context) {
      const { params } = context.oidc;
      if (params.aud !== `${issuer}/fhir`) throw new Error('aud is not this EMR');
      const known = params.launch ? launches.get(params.launch) : accounts.get('chosen');
      if (params.launch && !known) throw new Error('no such launch');
      contexts.set(params.nonce, known ?? {});
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope('openid fhirUser launch launch/patient');
      await grant.save();
      return grant;
    },
    renderError: async (context, out) => {
      context.type = 'json';
      context.body = out;
    },
  });
  provider.use(async (context, next) => {
    await next();
    if (context.oidc?.route === 'token' && context.status === 200) {
      const nonce = JSON.parse(
        Buffer.from(context.body.id_token.split('.')[1], 'base64url').toString()
      ).nonce;
      context.body = { ...context.body, ...contexts.get(nonce) };
    }
  });
}

function smartConfiguration(issuer) {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    grant_types_supported: ['authorization_code'],
    code_challenge_methods_supported: ['S256'],
    capabilities: ['launch-ehr', 'launch-standalone', 'sso-openid-connect',
      'context-ehr-patient', 'client-confidential-symmetric'],
    ...discovery,
  };
}

async function control(request, response, issuer) {
  let text = '';
  for await (const part of request) text += part;
  const body = text ? JSON.parse(text) : {};
  if (request.url === '/control/client') {
    clients.push(body);
    build(issuer);
  } else if (request.url === '/control/account') accounts.set(body.sub, body.claims);
  else if (request.url === '/control/launch') launches.set(body.launch, body.context);
  else if (request.url === '/control/discovery') discovery = body;
  response.setHeader('content-type', 'application/json');
  response.end('{}');
}

const server = http.createServer((request, response) => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  if (request.url.startsWith('/control/')) return void control(request, response, issuer);
  if (request.url === '/fhir/.well-known/smart-configuration') {
    response.setHeader('content-type', 'application/json');
    return void response.end(JSON.stringify(smartConfiguration(issuer)));
  }
  provider.callback()(request, response);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  build(`http://127.0.0.1:${port}`);
  console.log(JSON.stringify({ port }));
});
process.stdin.on('end', () => process.exit(0)).resume();
