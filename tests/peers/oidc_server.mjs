// A hospital's OpenID Connect provider, for tests: panva's oidc-provider with accounts, clients and
// keys that a test puts in over /control. It listens on a free port of the loopback, prints it as
// JSON on its first line, and ends when its standard input is closed.
import http from "node:http";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

/** Everything that the provider keeps, so that one with new keys goes on where the former was. */
const kept = new Map();
const accounts = new Map();
let keys = [newKey()];
let handler;

class Store {
  constructor(model) {
    this.model = model;
  }
  key(id) {
    return `${this.model}:${id}`;
  }
  async find(id) {
    return kept.get(this.key(id));
  }
  async findByUid(uid) {
    return [...kept.values()].find((value) => value.uid === uid && value.kind === "Session");
  }
  async upsert(id, payload) {
    kept.set(this.key(id), payload);
  }
  async consume(id) {
    kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    kept.delete(this.key(id));
  }
  async revokeByGrantId(grant) {
    for (const [key, value] of kept) if (value.grantId === grant) kept.delete(key);
  }
}

function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: randomUUID() };
}

function configuration() {
  return {
    adapter: Store,
    jwks: { keys },
    cookies: { keys: ["for tests only"] },
    conformIdTokenClaims: true,
    claims: {
      openid: ["sub", "sid"],
      profile: ["name", "preferred_username", "roles", "departments", "practitioner"],
    },
    features: {
      devInteractions: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    responseTypes: ["code"],
    pkce: { required: () => true },
    async findAccount(_context, id) {
      if (!accounts.has(id)) return undefined;
      return { accountId: id, claims: async () => ({ sub: id, ...accounts.get(id) }) };
    },
    // Whoever signs in lets the hospital's own client know who they are: no page asks for it.
    async loadExistingGrant(context) {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
    renderError: async (context, out) => {
      context.type = "json";
      context.body = out;
    },
    // The default refuses addresses of the loopback, as a protection of real providers.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  };
}

function renew(issuer) {
  const provider = new Provider(issuer, configuration());
  for (const name of ["backchannel.error", "server_error"]) {
    provider.on(name, (_context, error) => console.error(name, error.message));
  }
  handler = provider.callback();
}

async function control(request, response) {
  let text = "";
  for await (const part of request) text += part;
  const body = text ? JSON.parse(text) : {};
  const issuer = `http://127.0.0.1:${server.address().port}`;
  if (request.url === "/control/client") {
    kept.set(`Client:${body.client_id}`, body);
  } else if (request.url === "/control/account") {
    accounts.set(body.sub, body.claims);
  } else if (request.url === "/control/rotate") {
    // The former key stays published only where asked, as providers do for a while.
    keys = body.keep ? [newKey(), ...keys] : [newKey()];
    renew(issuer);
  } else if (request.url === "/control/down") {
    down = body.down;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ keys: keys.map((key) => key.kid) }));
}

let down = false;
const server = http.createServer((request, response) => {
  if (request.url.startsWith("/control/")) return void control(request, response);
  if (down) return void request.socket.destroy();
  handler(request, response);
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  renew(`http://127.0.0.1:${port}`);
  console.log(JSON.stringify({ port }));
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
