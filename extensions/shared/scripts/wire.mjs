/**
 * Write the types of the wire format, and the validation of a job's specification, from
 * their JSON schema, `schema/wire.json`; with --check, only compare.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import Ajv from 'ajv/dist/2020.js';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';

const SCHEMA = new URL('../schema/wire.json', import.meta.url);
const TYPES = new URL('../src/wire.generated.ts', import.meta.url);
const VALIDATION = new URL('../src/validation.generated.ts', import.meta.url);

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
  return formatted(text, TYPES);
}

const VALIDATION_BANNER = `// @ts-nocheck
/**
 * Whether a value is a job's specification, compiled by ajv; a null is left out.
 *
 * Made from schema/wire.json by scripts/wire.mjs; \`make wire\` writes both.
 */`;

/** A schema as the validation wants it: without nulls, and open where types are. */
function validated(schema) {
  if (Array.isArray(schema)) {
    return schema.map(validated);
  }
  if (typeof schema !== 'object' || schema === null) {
    return schema;
  }
  // Numbers of parameters may be objects that keep how they are written.
  if (isParameter(schema)) {
    return {};
  }
  if (OPEN.includes(schema.$ref?.split('/').pop())) {
    return { type: 'string' };
  }
  const some = schema.anyOf?.filter(({ type }) => type !== 'null');
  if (some?.length === 1) {
    return validated(some[0]);
  }
  const entries = Object.entries(schema)
    .filter(([key]) => !['default', 'description', 'title'].includes(key))
    .map(([key, part]) => [
      key,
      key === 'properties' || key === '$defs'
        ? mapValues(part, validated)
        : validated(part)
    ]);
  return Object.fromEntries(entries);
}

function mapValues(object, change) {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, change(value)])
  );
}

async function validation({ $defs }) {
  const ajv = new Ajv.default({
    allErrors: true,
    messages: false,
    strict: false,
    unicodeRegExp: false,
    unicode: false,
    logger: false,
    code: { source: true, esm: true }
  });
  const names = ['JobSpec', ...referenced($defs, 'JobSpec')];
  const definitions = names.map(name => [name, validated($defs[name])]);
  const validate = ajv.compile({
    $ref: '#/$defs/JobSpec',
    $defs: Object.fromEntries(definitions)
  });
  const code = standaloneCode
    .default(ajv, validate)
    .replace('"use strict";', '')
    .replace(/export default \w+;/, '');
  const limits = JSON.stringify(Object.fromEntries(bounds(validate.schema)));
  return formatted(
    `${VALIDATION_BANNER}\nexport const bounds = ${limits};\n${code}`,
    VALIDATION
  );
}

/** Least and most of each whole number, by the name of its property. */
function bounds(schema, name = '') {
  if (typeof schema !== 'object' || schema === null) {
    return [];
  }
  return 'minimum' in schema && 'maximum' in schema
    ? [[name, [schema.minimum, schema.maximum]]]
    : Object.entries(schema).flatMap(([key, part]) => bounds(part, key));
}

/** Names of the definitions that one needs, directly or not. */
function referenced(definitions, name, found = new Set()) {
  const text = JSON.stringify(definitions[name]);
  for (const [, other] of text.matchAll(/"#\/\$defs\/(\w+)"/g)) {
    if (!found.has(other) && !OPEN.includes(other)) {
      found.add(other);
      referenced(definitions, other, found);
    }
  }
  return found;
}

async function formatted(text, url) {
  const config = await resolveConfig(fileURLToPath(url));
  return format(text, { ...config, parser: 'typescript' });
}

const wire = JSON.parse(readFileSync(SCHEMA, 'utf8'));
for (const [url, text] of [
  [TYPES, await wireTypes(wire)],
  [VALIDATION, await validation(wire)]
]) {
  if (!process.argv.includes('--check')) {
    writeFileSync(url, text);
  } else if (readFileSync(url, 'utf8') !== text) {
    console.error(`${url.pathname} is out of date: run \`make wire\`.`);
    process.exitCode = 1;
  }
}
