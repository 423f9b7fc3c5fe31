/**
 * Sentences for what the schema of the wire format finds wrong with a job, by the path
 * of the field in the request.
 */
import { schemaErrors, type IJobSpec, type ISchemaError } from '@mofang/shared';

import type { ITranslate } from './jobForm';

const MAX_NAME = 63;

/** Sentences by path; empty where the schema finds nothing wrong. */
export function schemaMessages(
  spec: IJobSpec,
  trans: ITranslate
): Record<string, string> {
  const messages: Record<string, string> = {};
  for (const error of schemaErrors(spec)) {
    messages[error.path] ??= messageOf(error, spec, trans);
  }
  return messages;
}

function messageOf(
  error: ISchemaError,
  spec: IJobSpec,
  trans: ITranslate
): string {
  const { path, keyword, bounds } = error;
  if (bounds) {
    const [least, most] = bounds;
    return trans.__(
      'A whole number from %1 to %2.',
      String(least),
      String(most)
    );
  }
  const [field, second, last] = path.split('.');
  switch (field) {
    case 'name':
      return keyword === 'maxLength'
        ? trans.__('At most %1 characters.', String(MAX_NAME))
        : trans.__('Give the job a name.');
    case 'image':
      return /\s/.test(spec.image)
        ? trans.__('An image has no spaces.')
        : trans.__('Write its full reference: registry/name:tag.');
    case 'script':
      return spec.script.endsWith('/')
        ? trans.__('That is a folder.')
        : trans.__('Choose the file to run.');
    case 'hyperparameters':
      return trans.__(
        'Letters, digits, underscores, dots and dashes, a letter first.'
      );
    case 'flags':
      return trans.__(
        'Not the name of a flag: “%1”.',
        spec.flags[Number(second)] ?? ''
      );
    case 'working_directory':
    case 'code':
      return absolute(trans);
    case 'inputs':
    case 'outputs':
      if (last === 'name') {
        return trans.__(
          'A name such as data_url: letters, digits, underscores.'
        );
      }
      return spec[field][Number(second)]?.path
        ? trans.__(
            'Write it from the root, or a data source: source://name/path.'
          )
        : trans.__('Write its path.');
    case 'secrets':
      if (last === 'secret' || last === 'key') {
        return secretMessage(spec.secrets[second]?.[last], trans);
      }
      return variableName(trans);
    case 'env':
      return variableName(trans);
    default:
      return trans.__('This cannot be sent.');
  }
}

function absolute(trans: ITranslate): string {
  return trans.__('Write it from the root: /home/jovyan/experiment.');
}

function variableName(trans: ITranslate): string {
  return trans.__('Letters, digits and underscores, no digit first.');
}

function secretMessage(value: string | undefined, trans: ITranslate): string {
  return value
    ? trans.__('Letters, digits, dots and dashes.')
    : trans.__('Name both: the secret and its key.');
}
