// Policies, and what firewalls keep of the connections that they allow: the schemas.

import { z } from 'zod';
import { isWithin } from './address.ts';
import { DEFAULT_CONNECTIONS, MAX_CONNECTIONS, MAX_LIFETIME_SECONDS, MAX_PRIORITY, MAX_RULE_PORTS, MAX_RULE_PREFIXES, MAX_RULES, labels, prefix } from './fields.ts';
import { apiVersion, domainMetadata, status } from './metadata.ts';
import { parsePorts, PORT_HINT } from './ports.ts';

/** In the order in which they are asked. */
export const TIERS = ['admin', 'application', 'baseline'] as const;
export type Tier = (typeof TIERS)[number];

const lifetime = z.int().min(1).max(MAX_LIFETIME_SECONDS).optional();

export const connectionsSchema = z.strictObject({
  most: z.int().min(1).max(MAX_CONNECTIONS).optional().meta({ description: `of one endpoint; ${DEFAULT_CONNECTIONS} if absent. What it has goes on, what it would have more is refused` }),
  openingSeconds: lifetime.meta({ description: 'TCP that is not answered; 30' }),
  openSeconds: lifetime.meta({ description: 'TCP that is silent; 7440' }),
  closingSeconds: lifetime.meta({ description: 'TCP that one end has closed; 240' }),
  closedSeconds: lifetime.meta({ description: 'TCP that both have; 10' }),
  datagramSeconds: lifetime.meta({ description: 'all else, not answered; 30' }),
  dialogueSeconds: lifetime.meta({ description: 'all else; 300' }),
}).optional().meta({ description: 'what the firewalls of its endpoints keep, where policies are' });

const ports = z.array(z.string().refine(t => parsePorts(t) !== undefined, PORT_HINT)).min(1).max(MAX_RULE_PORTS).optional()
  .meta({ description: 'tcp/443, udp/8000-8999, tcp, icmp; absent: everything' });
const action = z.enum(['allow', 'deny', 'reject', 'pass']).optional()
  .meta({ description: 'allow if absent; deny: dropped; reject: answered with a TCP reset or an ICMP error; pass: the next tier decides' });
const cidr = z.array(prefix).min(1).max(MAX_RULE_PREFIXES).optional().meta({ description: 'addresses outside of the domain' });
const except = z.array(prefix).min(1).max(MAX_RULE_PREFIXES).optional().meta({ description: 'parts of cidr that it is not about' });
const outside = { cidr, except };
const isPart = ({ cidr = [], except = [] }: { readonly cidr?: readonly string[] | undefined; readonly except?: readonly string[] | undefined }): boolean => except.every(e => cidr.some(c => isWithin(e, c)));
const NOT_PART = "has an 'except' that is not within its 'cidr'";
const group = labels.optional().meta({ description: 'a group; without it and cidr, everyone' });

export const policySchema = z.strictObject({
  apiVersion, kind: z.literal('Policy'), metadata: domainMetadata,
  spec: z.strictObject({
    group: labels.meta({ description: 'the endpoints that it is about: those with all of these labels; {} is all of the domain' }),
    tier: z.enum(TIERS).optional().meta({ description: 'admin before application before baseline; application if absent. Only an application policy closes a way, and where one does, baseline is not asked' }),
    priority: z.int().min(0).max(MAX_PRIORITY).optional().meta({ description: 'within its tier, the lowest first; 0 if absent. Among equals by name' }),
    ingress: z.array(z.strictObject({ action, from: group, ...outside, ports }).refine(isPart, NOT_PART)).max(MAX_RULES).optional()
      .meta({ description: 'what may come to the group, the first that matches decides; absent: this policy says nothing of it, []: nothing may' }),
    egress: z.array(z.strictObject({ action, to: group, ...outside, ports }).refine(isPart, NOT_PART)).max(MAX_RULES).optional()
      .meta({ description: 'what the group may open, the first that matches decides; absent: this policy says nothing of it, []: nothing' }),
  }),
  status,
}).meta({ id: 'Policy', description: 'Says which connections a group of endpoints has. A way that some application policy speaks of is closed but for what a rule allows; answers always pass.' });
