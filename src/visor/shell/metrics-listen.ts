// A loopback TCP port that answers GET /metrics and nothing else, for a Prometheus that cannot ask a unix socket. Only where it is asked for:
// every user of the machine can read it.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseTarget } from '../../client/http.ts';
import { isLoopback } from '../../model/address.ts';
import { VisorRefused } from './refused.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface MetricsPort { readonly address: string; close(): Promise<void> }

/** `127.0.0.1:9469`, `[::1]:9469`; port 0: any that is free. @throws VisorRefused */
export async function listenMetrics(text: string, metrics: () => string): Promise<MetricsPort> {
  const { host, port } = loopback(text);
  const server = createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/metrics';
    try {
      const body = found ? metrics() : 'GET /metrics is all that is here\n';
      response.writeHead(found ? 200 : 404, { 'content-type': found ? METRICS_TYPE : 'text/plain' }).end(body);
    } catch (e) {
      response.writeHead(503, { 'content-type': 'text/plain' }).end(`${(e as Error).message}\n`);
    }
  });
  await new Promise<void>((ready, fail) => {
    server.once('error', e => { fail(new VisorRefused(`cannot listen on ${text}: ${e.message}`, 'give another --metrics')); });
    server.listen(port, host, ready);
  });
  const at = server.address() as AddressInfo;
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${at.port}/metrics`,
    close: () => new Promise(done => { server.closeAllConnections(); server.close(() => done()); }),
  };
}

function loopback(text: string): { readonly host: string; readonly port: number } {
  let target: ReturnType<typeof parseTarget> | undefined;
  try { target = parseTarget(text); } catch { /* it is no address at all */ }
  if (!target || !('host' in target) || target.port > 65535) throw new VisorRefused(`'${text}' is not an address for metrics`, 'give 127.0.0.1:PORT or [::1]:PORT');
  if (!isLoopback(target.host)) {
    throw new VisorRefused(`${target.host} can be reached from other machines, and this version has no authentication`, 'give --metrics 127.0.0.1:PORT, and let an agent of this machine collect it');
  }
  return target;
}
