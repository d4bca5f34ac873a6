// The OpenAPI document that the Director serves: what all operations have in common. Each route says its own in its schema; there are no paths here.

import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errorSchema } from '../../model/api.ts';
import { MAX_REQUESTS_PER_SECOND } from './trust/guard.ts';

const TAGS = {
  resources: 'What shall be: written by people, whole or not at all.',
  servers: 'What is: what visors are told, and what they say.',
  history: 'What was: events, the audit log, a copy of the store.',
  modules: "Modules of people's own, and images of all.",
  trust: 'How visors come to certificates.',
  service: 'The Director itself.',
} as const;

/** What an answer of this status means, where an operation says nothing else. */
const ANSWERS: Readonly<Record<string, string>> = {
  200: 'As it was asked for.', 201: 'It is there now, as it is shown here.', 204: 'It was heard.',
  400: 'The request is not as it must be, or what it wants cannot be: each problem has its place.', 401: 'Who asks is nobody that the Director knows.', 403: 'Who asks may not.',
  404: 'There is no such thing.', 409: 'It has changed since, or is there already.', 410: 'That is too old: list again.', 413: 'The request is too large.',
  429: `More than ${MAX_REQUESTS_PER_SECOND} requests of one caller in a second.`, 500: 'A fault of the Director, which is in its log.', 503: 'Not now: ask again later.',
};

/** Answers that no operation has a say in: of the door (guard.ts). */
const AT_THE_DOOR = [401, 403, 429], AT_AN_OPEN_DOOR = [429];

/** Read by the code that reads files, so that the messages are the same; shown as what it has to be. */
export const resourceBody = z.unknown().meta({ $ref: '#/components/schemas/ResourceInput' });
export const patchBody = z.unknown().meta({ type: 'object', description: 'the fields to change; null takes one away', examples: [{ spec: { mtu: 1400 } }] });

const errorRef = { description: '', content: { 'application/json': { schema: errorSchema } } };

export function openApi(version: string): FastifyDynamicSwaggerOptions {
  const toJson = createJsonSchemaTransform({ skipList: [] });
  const withSchemas = createJsonSchemaTransformObject({});
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'IO Visor Director', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        description: 'Programmable virtual networks: what shall be, and what is. People show a token, visors a certificate; on the unix socket, root and who runs the Director need neither.',
      },
      servers: [{ url: '/', description: 'this Director' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'of a User: `iov token create`' }, certificate: { type: 'mutualTLS', description: 'of a visor: it joins with a token of its own, `iov server token`' } as never } },
      security: [{ token: [] }, { certificate: [] }],
    },
    transform: document => {
      const { schema, url } = document;
      const { response = {}, security } = schema as { response?: Record<string, object>; security?: readonly unknown[] };
      const answers = Object.fromEntries((security?.length === 0 ? AT_AN_OPEN_DOOR : AT_THE_DOOR).map(status => [status, errorRef]));
      const shown = toJson({ ...document, schema: { ...schema, response: { ...answers, ...response } } }) as { schema: { response: Record<string, Answer> }; url: string };
      return { url, schema: { ...shown.schema, response: Object.fromEntries(Object.entries(shown.schema.response).map(([status, answer]) => [status, described(status, answer)])) } };
    },
    transformObject: document => used(withSchemas(document) as Document),
  };
}

interface Answer { readonly description?: string; readonly content?: object; readonly type?: string }

function described(status: string, answer: Answer): object {
  const description = answer.description || ANSWERS[status];
  if (answer.content) return { ...answer, description };
  return answer.type === 'null' ? { ...answer, description } : { description, content: { 'application/json': { schema: answer } } };
}

interface Document { readonly components: { readonly schemas: Readonly<Record<string, object>> } }

/** Each schema is there as it is asked for and as it is answered: of most, one of the two is nobody's. */
function used(document: Document): Document {
  const { schemas } = document.components;
  const text = JSON.stringify(document);
  const kept = Object.entries(schemas).filter(([name]) => text.includes(`"#/components/schemas/${name}"`));
  const less = { ...document, components: { ...document.components, schemas: Object.fromEntries(kept) } };
  return kept.length === Object.keys(schemas).length ? less : used(less);
}
