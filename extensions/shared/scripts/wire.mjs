/**
 * Write the types of the wire format from its JSON schema, `schema/wire.json`; with
 * --check, only compare.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { compile } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';

const SCHEMA = new URL('../schema/wire.json', import.meta.url);
const TYPES = new URL('../src/wire.generated.ts', import.meta.url);

/** Enumerations that a newer service may extend: what is unknown is shown as it is. */
const OPEN = ['Engine', 'Framework', 'ReplicaState'];

const BANNER = `/**
 * The wire format of training jobs, as mofang_api.models defines it.
 *
 * Made from schema/wire.json by scripts/wire.mjs; \`make wire\` writes both.
 */
import type { Parameter } from './parameter';`;

function isParameter({ anyOf = [] }) {
  const types = anyOf.map(({ type }) => type);
  return ['boolean', 'number', 'string'].every(each => types.includes(each));
}

/** The part of a schema below a definition, as the types want it. */
function typed(schema, names) {
  if (Array.isArray(schema)) {
    return schema.map(each => typed(each, names));
  }
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  if (isParameter(schema)) {
    return { tsType: 'Parameter' };
  }
  if (schema.$ref) {
    const tsType = names.get(schema.$ref.split('/').pop());
    return { tsType, description: schema.description };
  }
  // Each titled schema would become a type.
  const { title: _title, properties, ...rest } = schema;
  const entries = Object.entries(rest).map(([key, part]) => [
    key,
    typed(part, names)
  ]);
  if (properties) {
    const parts = Object.entries(properties).map(([name, part]) => [
      name,
      typed(part, names)
    ]);
    entries.push(['properties', Object.fromEntries(parts)]);
    // What has a default is always there in answers, and the form sends it.
    entries.push(['required', Object.keys(properties)]);
  }
  return Object.fromEntries(entries);
}

async function wireTypes({ $defs: definitions }) {
  const names = new Map(
    Object.entries(definitions).map(([name, { type }]) => [
      name,
      OPEN.includes(name) ? 'string' : type === 'object' ? `I${name}` : name
    ])
  );
  const types = [...names]
    .filter(([, type]) => type !== 'string')
    .map(([name, type]) =>
      compile({ ...typed(definitions[name], names), title: type }, type, {
        additionalProperties: false,
        bannerComment: '',
        format: false
      })
    );
  const text = [BANNER, ...(await Promise.all(types))].join('\n\n');
  const config = await resolveConfig(fileURLToPath(TYPES));
  return format(text, { ...config, parser: 'typescript' });
}

const text = await wireTypes(JSON.parse(readFileSync(SCHEMA, 'utf8')));
if (process.argv.includes('--check')) {
  if (readFileSync(TYPES, 'utf8') !== text) {
    console.error(`${TYPES.pathname} is out of date: run \`make wire\`.`);
    process.exit(1);
  }
} else {
  writeFileSync(TYPES, text);
}
