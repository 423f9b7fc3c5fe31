import { bounds, validate } from './validation.generated';

/** What is wrong with one field of a job's specification. */
export interface ISchemaError {
  /** Dotted path of the field: `inputs.0.path`. */
  path: string;
  /** The rule of the schema that is broken, such as `pattern`. */
  keyword: string;
  /** Least and most of a whole number. */
  bounds: readonly [number, number] | null;
}

/** An error as ajv reports it. */
interface IAjvError {
  instancePath: string;
  keyword: string;
  params: { missingProperty?: string; propertyName?: string };
  /** Of errors about a name, of which another one follows about its object. */
  propertyName?: string;
}

type Validate = {
  (value: unknown): boolean;
  errors?: IAjvError[] | null;
};

/** What the schema of the wire format finds wrong with a job's specification. */
export function schemaErrors(spec: object): ISchemaError[] {
  const check = validate as unknown as Validate;
  check(withoutNulls(spec));
  return (check.errors ?? [])
    .filter(error => error.propertyName === undefined)
    .map(({ instancePath, keyword, params }) => {
      const name = params.missingProperty ?? params.propertyName;
      const parts = instancePath.split('/').slice(1).map(unescaped);
      const path = name === undefined ? parts : [...parts, name];
      return {
        path: path.join('.'),
        keyword,
        bounds: boundsOf(path[path.length - 1] ?? '')
      };
    });
}

function boundsOf(name: string): readonly [number, number] | null {
  const all = bounds as unknown as Record<string, [number, number]>;
  return all[name] ?? null;
}

/** Null stands for a default, which a schema without it says by leaving it out. */
function withoutNulls(value: object): object {
  const plain = Object.getPrototypeOf(value) === Object.prototype;
  if (Array.isArray(value)) {
    return value.map(each => (isObject(each) ? withoutNulls(each) : each));
  }
  if (!plain) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== null)
      .map(([name, each]) => [name, isObject(each) ? withoutNulls(each) : each])
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A step of a JSON pointer as it was. */
function unescaped(step: string): string {
  return step.replace(/~1/g, '/').replace(/~0/g, '~');
}
