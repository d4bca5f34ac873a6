// What servers.yaml and tenants.yaml name, for those that run them: the demo, and the page in a browser.

export const TENANTS = ['red', 'blue'] as const;
export const SERVERS = ['s1', 's2'] as const;
export type Tenant = (typeof TENANTS)[number];
export type ServerName = (typeof SERVERS)[number];

/** As it was attached; the addresses are the Director's. */
export interface Workload {
  /** `red-1` */
  readonly name: string;
  readonly tenant: Tenant;
  readonly server: ServerName;
  readonly mac: string;
  readonly ip4: string;
}
