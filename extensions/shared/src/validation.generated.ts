// @ts-nocheck
/**
 * Whether a value is a job's specification, compiled by ajv; a null is left out.
 *
 * Made from schema/wire.json by scripts/wire.mjs; `make wire` writes both.
 */
export const bounds = {
  replicas: [0, 64],
  processes_per_replica: [1, 256],
  run_as_user: [1, 65535],
  hold_on_failure_minutes: [0, 1440],
  gpu: [0, 16],
  limit: [1, 128]
};
export const validate = validate20;
const schema31 = {
  $ref: '#/$defs/JobSpec',
  $defs: {
    JobSpec: {
      additionalProperties: false,
      properties: {
        name: { maxLength: 63, pattern: '\\S', type: 'string' },
        framework: { type: 'string' },
        engine: { type: 'string' },
        image: {
          maxLength: 512,
          pattern:
            '^$|^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$',
          type: 'string'
        },
        script: { pattern: '^$|^(?!-).*[^/]$', type: 'string' },
        command: { items: { type: 'string' }, type: 'array' },
        arguments: { items: { type: 'string' }, type: 'array' },
        hyperparameters: {
          additionalProperties: {},
          maxProperties: 256,
          propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$' },
          type: 'object'
        },
        flags: {
          items: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$', type: 'string' },
          type: 'array'
        },
        working_directory: { pattern: '^/', type: 'string' },
        code: { $ref: '#/$defs/CodeSource' },
        requirements: { type: 'string' },
        inputs: { items: { $ref: '#/$defs/Input' }, type: 'array' },
        outputs: { items: { $ref: '#/$defs/Output' }, type: 'array' },
        replicas: { maximum: 64, minimum: 1, type: 'integer' },
        resources: { $ref: '#/$defs/Resources' },
        roles: {
          additionalProperties: { $ref: '#/$defs/RoleSpec' },
          type: 'object'
        },
        processes_per_replica: { maximum: 256, minimum: 1, type: 'integer' },
        env: {
          additionalProperties: { type: 'string' },
          maxProperties: 256,
          propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
          type: 'object'
        },
        secrets: {
          additionalProperties: { $ref: '#/$defs/SecretKey' },
          maxProperties: 256,
          propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
          type: 'object'
        },
        run_as_user: { maximum: 65535, minimum: 1, type: 'integer' },
        priority: { $ref: '#/$defs/Priority' },
        restart: { $ref: '#/$defs/Restart' },
        hang_policy: { $ref: '#/$defs/HangPolicy' },
        hold_on_failure_minutes: { maximum: 1440, minimum: 0, type: 'integer' },
        environment: { type: 'string' },
        rerun_of: {
          pattern: '^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?-[a-z0-9]{6}$',
          type: 'string'
        }
      },
      required: ['name'],
      type: 'object'
    },
    CodeSource: {
      additionalProperties: false,
      properties: {
        directory: { pattern: '^/', type: 'string' },
        snapshot: { pattern: '^[0-9a-f]{64}$', type: 'string' }
      },
      required: ['directory', 'snapshot'],
      type: 'object'
    },
    Input: {
      additionalProperties: false,
      properties: {
        name: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$', type: 'string' },
        path: { pattern: '^(/|source://[^/]|s3://[^/])', type: 'string' },
        pass_as: { $ref: '#/$defs/PassAs' }
      },
      required: ['name', 'path'],
      type: 'object'
    },
    PassAs: { enum: ['parameter', 'environment'], type: 'string' },
    Output: {
      additionalProperties: false,
      properties: {
        name: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$', type: 'string' },
        path: { pattern: '^(/|source://[^/]|s3://[^/])', type: 'string' },
        pass_as: { $ref: '#/$defs/PassAs' },
        staged: { type: 'boolean' },
        preload: { type: 'boolean' }
      },
      required: ['name', 'path'],
      type: 'object'
    },
    Resources: {
      additionalProperties: false,
      properties: {
        cpu: { type: 'string' },
        memory: { type: 'string' },
        gpu: { maximum: 16, minimum: 0, type: 'integer' }
      },
      type: 'object'
    },
    RoleSpec: {
      additionalProperties: false,
      properties: {
        replicas: { maximum: 64, minimum: 0, type: 'integer' },
        resources: { $ref: '#/$defs/Resources' }
      },
      type: 'object'
    },
    SecretKey: {
      additionalProperties: false,
      properties: {
        secret: {
          pattern: '^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$',
          type: 'string'
        },
        key: { pattern: '^[A-Za-z0-9._-]{1,253}$', type: 'string' }
      },
      required: ['secret', 'key'],
      type: 'object'
    },
    Priority: { enum: ['low', 'normal', 'high'], type: 'string' },
    Restart: {
      additionalProperties: false,
      properties: {
        limit: { maximum: 128, minimum: 1, type: 'integer' },
        include_script_failures: { type: 'boolean' }
      },
      type: 'object'
    },
    HangPolicy: { enum: ['off', 'notify', 'restart'], type: 'string' }
  }
};
const schema32 = {
  additionalProperties: false,
  properties: {
    name: { maxLength: 63, pattern: '\\S', type: 'string' },
    framework: { type: 'string' },
    engine: { type: 'string' },
    image: {
      maxLength: 512,
      pattern:
        '^$|^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$',
      type: 'string'
    },
    script: { pattern: '^$|^(?!-).*[^/]$', type: 'string' },
    command: { items: { type: 'string' }, type: 'array' },
    arguments: { items: { type: 'string' }, type: 'array' },
    hyperparameters: {
      additionalProperties: {},
      maxProperties: 256,
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$' },
      type: 'object'
    },
    flags: {
      items: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$', type: 'string' },
      type: 'array'
    },
    working_directory: { pattern: '^/', type: 'string' },
    code: { $ref: '#/$defs/CodeSource' },
    requirements: { type: 'string' },
    inputs: { items: { $ref: '#/$defs/Input' }, type: 'array' },
    outputs: { items: { $ref: '#/$defs/Output' }, type: 'array' },
    replicas: { maximum: 64, minimum: 1, type: 'integer' },
    resources: { $ref: '#/$defs/Resources' },
    roles: {
      additionalProperties: { $ref: '#/$defs/RoleSpec' },
      type: 'object'
    },
    processes_per_replica: { maximum: 256, minimum: 1, type: 'integer' },
    env: {
      additionalProperties: { type: 'string' },
      maxProperties: 256,
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
      type: 'object'
    },
    secrets: {
      additionalProperties: { $ref: '#/$defs/SecretKey' },
      maxProperties: 256,
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
      type: 'object'
    },
    run_as_user: { maximum: 65535, minimum: 1, type: 'integer' },
    priority: { $ref: '#/$defs/Priority' },
    restart: { $ref: '#/$defs/Restart' },
    hang_policy: { $ref: '#/$defs/HangPolicy' },
    hold_on_failure_minutes: { maximum: 1440, minimum: 0, type: 'integer' },
    environment: { type: 'string' },
    rerun_of: {
      pattern: '^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?-[a-z0-9]{6}$',
      type: 'string'
    }
  },
  required: ['name'],
  type: 'object'
};
const schema33 = {
  additionalProperties: false,
  properties: {
    directory: { pattern: '^/', type: 'string' },
    snapshot: { pattern: '^[0-9a-f]{64}$', type: 'string' }
  },
  required: ['directory', 'snapshot'],
  type: 'object'
};
const schema38 = {
  additionalProperties: false,
  properties: {
    cpu: { type: 'string' },
    memory: { type: 'string' },
    gpu: { maximum: 16, minimum: 0, type: 'integer' }
  },
  type: 'object'
};
const schema41 = {
  additionalProperties: false,
  properties: {
    secret: {
      pattern: '^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$',
      type: 'string'
    },
    key: { pattern: '^[A-Za-z0-9._-]{1,253}$', type: 'string' }
  },
  required: ['secret', 'key'],
  type: 'object'
};
const schema42 = { enum: ['low', 'normal', 'high'], type: 'string' };
const schema43 = {
  additionalProperties: false,
  properties: {
    limit: { maximum: 128, minimum: 1, type: 'integer' },
    include_script_failures: { type: 'boolean' }
  },
  type: 'object'
};
const schema44 = { enum: ['off', 'notify', 'restart'], type: 'string' };
const func1 = Object.prototype.hasOwnProperty;
const pattern4 = new RegExp('\\S', '');
const pattern5 = new RegExp(
  '^$|^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$',
  ''
);
const pattern6 = new RegExp('^$|^(?!-).*[^/]$', '');
const pattern7 = new RegExp('^[A-Za-z_][A-Za-z0-9_.-]{0,63}$', '');
const pattern9 = new RegExp('^/', '');
const pattern11 = new RegExp('^[0-9a-f]{64}$', '');
const pattern16 = new RegExp('^[A-Za-z_][A-Za-z0-9_]*$', '');
const pattern18 = new RegExp('^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$', '');
const pattern19 = new RegExp('^[A-Za-z0-9._-]{1,253}$', '');
const pattern20 = new RegExp(
  '^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?-[a-z0-9]{6}$',
  ''
);
const schema34 = {
  additionalProperties: false,
  properties: {
    name: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$', type: 'string' },
    path: { pattern: '^(/|source://[^/]|s3://[^/])', type: 'string' },
    pass_as: { $ref: '#/$defs/PassAs' }
  },
  required: ['name', 'path'],
  type: 'object'
};
const schema35 = { enum: ['parameter', 'environment'], type: 'string' };
const pattern12 = new RegExp('^[A-Za-z_][A-Za-z0-9_]{0,63}$', '');
const pattern13 = new RegExp('^(/|source://[^/]|s3://[^/])', '');
function validate22(
  data,
  {
    instancePath = '',
    parentData,
    parentDataProperty,
    rootData = data,
    dynamicAnchors = {}
  } = {}
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate22.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.name === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'name' }
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.path === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'path' }
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(key0 === 'name' || key0 === 'path' || key0 === 'pass_as')) {
        const err2 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 }
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data.name !== undefined) {
      let data0 = data.name;
      if (typeof data0 === 'string') {
        if (!pattern12.test(data0)) {
          const err3 = {
            instancePath: instancePath + '/name',
            schemaPath: '#/properties/name/pattern',
            keyword: 'pattern',
            params: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = {
          instancePath: instancePath + '/name',
          schemaPath: '#/properties/name/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.path !== undefined) {
      let data1 = data.path;
      if (typeof data1 === 'string') {
        if (!pattern13.test(data1)) {
          const err5 = {
            instancePath: instancePath + '/path',
            schemaPath: '#/properties/path/pattern',
            keyword: 'pattern',
            params: { pattern: '^(/|source://[^/]|s3://[^/])' }
          };
          if (vErrors === null) {
            vErrors = [err5];
          } else {
            vErrors.push(err5);
          }
          errors++;
        }
      } else {
        const err6 = {
          instancePath: instancePath + '/path',
          schemaPath: '#/properties/path/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
    }
    if (data.pass_as !== undefined) {
      let data2 = data.pass_as;
      if (typeof data2 !== 'string') {
        const err7 = {
          instancePath: instancePath + '/pass_as',
          schemaPath: '#/$defs/PassAs/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err7];
        } else {
          vErrors.push(err7);
        }
        errors++;
      }
      if (!(data2 === 'parameter' || data2 === 'environment')) {
        const err8 = {
          instancePath: instancePath + '/pass_as',
          schemaPath: '#/$defs/PassAs/enum',
          keyword: 'enum',
          params: { allowedValues: schema35.enum }
        };
        if (vErrors === null) {
          vErrors = [err8];
        } else {
          vErrors.push(err8);
        }
        errors++;
      }
    }
  } else {
    const err9 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' }
    };
    if (vErrors === null) {
      vErrors = [err9];
    } else {
      vErrors.push(err9);
    }
    errors++;
  }
  validate22.errors = vErrors;
  return errors === 0;
}
validate22.evaluated = {
  props: true,
  dynamicProps: false,
  dynamicItems: false
};
const schema36 = {
  additionalProperties: false,
  properties: {
    name: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$', type: 'string' },
    path: { pattern: '^(/|source://[^/]|s3://[^/])', type: 'string' },
    pass_as: { $ref: '#/$defs/PassAs' },
    staged: { type: 'boolean' },
    preload: { type: 'boolean' }
  },
  required: ['name', 'path'],
  type: 'object'
};
function validate24(
  data,
  {
    instancePath = '',
    parentData,
    parentDataProperty,
    rootData = data,
    dynamicAnchors = {}
  } = {}
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate24.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.name === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'name' }
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    if (data.path === undefined) {
      const err1 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'path' }
      };
      if (vErrors === null) {
        vErrors = [err1];
      } else {
        vErrors.push(err1);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!(
        key0 === 'name' ||
        key0 === 'path' ||
        key0 === 'pass_as' ||
        key0 === 'staged' ||
        key0 === 'preload'
      )) {
        const err2 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 }
        };
        if (vErrors === null) {
          vErrors = [err2];
        } else {
          vErrors.push(err2);
        }
        errors++;
      }
    }
    if (data.name !== undefined) {
      let data0 = data.name;
      if (typeof data0 === 'string') {
        if (!pattern12.test(data0)) {
          const err3 = {
            instancePath: instancePath + '/name',
            schemaPath: '#/properties/name/pattern',
            keyword: 'pattern',
            params: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = {
          instancePath: instancePath + '/name',
          schemaPath: '#/properties/name/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.path !== undefined) {
      let data1 = data.path;
      if (typeof data1 === 'string') {
        if (!pattern13.test(data1)) {
          const err5 = {
            instancePath: instancePath + '/path',
            schemaPath: '#/properties/path/pattern',
            keyword: 'pattern',
            params: { pattern: '^(/|source://[^/]|s3://[^/])' }
          };
          if (vErrors === null) {
            vErrors = [err5];
          } else {
            vErrors.push(err5);
          }
          errors++;
        }
      } else {
        const err6 = {
          instancePath: instancePath + '/path',
          schemaPath: '#/properties/path/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
    }
    if (data.pass_as !== undefined) {
      let data2 = data.pass_as;
      if (typeof data2 !== 'string') {
        const err7 = {
          instancePath: instancePath + '/pass_as',
          schemaPath: '#/$defs/PassAs/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err7];
        } else {
          vErrors.push(err7);
        }
        errors++;
      }
      if (!(data2 === 'parameter' || data2 === 'environment')) {
        const err8 = {
          instancePath: instancePath + '/pass_as',
          schemaPath: '#/$defs/PassAs/enum',
          keyword: 'enum',
          params: { allowedValues: schema35.enum }
        };
        if (vErrors === null) {
          vErrors = [err8];
        } else {
          vErrors.push(err8);
        }
        errors++;
      }
    }
    if (data.staged !== undefined) {
      if (typeof data.staged !== 'boolean') {
        const err9 = {
          instancePath: instancePath + '/staged',
          schemaPath: '#/properties/staged/type',
          keyword: 'type',
          params: { type: 'boolean' }
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data.preload !== undefined) {
      if (typeof data.preload !== 'boolean') {
        const err10 = {
          instancePath: instancePath + '/preload',
          schemaPath: '#/properties/preload/type',
          keyword: 'type',
          params: { type: 'boolean' }
        };
        if (vErrors === null) {
          vErrors = [err10];
        } else {
          vErrors.push(err10);
        }
        errors++;
      }
    }
  } else {
    const err11 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' }
    };
    if (vErrors === null) {
      vErrors = [err11];
    } else {
      vErrors.push(err11);
    }
    errors++;
  }
  validate24.errors = vErrors;
  return errors === 0;
}
validate24.evaluated = {
  props: true,
  dynamicProps: false,
  dynamicItems: false
};
const schema39 = {
  additionalProperties: false,
  properties: {
    replicas: { maximum: 64, minimum: 0, type: 'integer' },
    resources: { $ref: '#/$defs/Resources' }
  },
  type: 'object'
};
function validate26(
  data,
  {
    instancePath = '',
    parentData,
    parentDataProperty,
    rootData = data,
    dynamicAnchors = {}
  } = {}
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate26.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    for (const key0 in data) {
      if (!(key0 === 'replicas' || key0 === 'resources')) {
        const err0 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 }
        };
        if (vErrors === null) {
          vErrors = [err0];
        } else {
          vErrors.push(err0);
        }
        errors++;
      }
    }
    if (data.replicas !== undefined) {
      let data0 = data.replicas;
      if (!(typeof data0 == 'number' && !(data0 % 1) && !isNaN(data0))) {
        const err1 = {
          instancePath: instancePath + '/replicas',
          schemaPath: '#/properties/replicas/type',
          keyword: 'type',
          params: { type: 'integer' }
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
      if (typeof data0 == 'number') {
        if (data0 > 64 || isNaN(data0)) {
          const err2 = {
            instancePath: instancePath + '/replicas',
            schemaPath: '#/properties/replicas/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 64 }
          };
          if (vErrors === null) {
            vErrors = [err2];
          } else {
            vErrors.push(err2);
          }
          errors++;
        }
        if (data0 < 0 || isNaN(data0)) {
          const err3 = {
            instancePath: instancePath + '/replicas',
            schemaPath: '#/properties/replicas/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 }
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      }
    }
    if (data.resources !== undefined) {
      let data1 = data.resources;
      if (data1 && typeof data1 == 'object' && !Array.isArray(data1)) {
        for (const key1 in data1) {
          if (!(key1 === 'cpu' || key1 === 'memory' || key1 === 'gpu')) {
            const err4 = {
              instancePath: instancePath + '/resources',
              schemaPath: '#/$defs/Resources/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key1 }
            };
            if (vErrors === null) {
              vErrors = [err4];
            } else {
              vErrors.push(err4);
            }
            errors++;
          }
        }
        if (data1.cpu !== undefined) {
          if (typeof data1.cpu !== 'string') {
            const err5 = {
              instancePath: instancePath + '/resources/cpu',
              schemaPath: '#/$defs/Resources/properties/cpu/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err5];
            } else {
              vErrors.push(err5);
            }
            errors++;
          }
        }
        if (data1.memory !== undefined) {
          if (typeof data1.memory !== 'string') {
            const err6 = {
              instancePath: instancePath + '/resources/memory',
              schemaPath: '#/$defs/Resources/properties/memory/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err6];
            } else {
              vErrors.push(err6);
            }
            errors++;
          }
        }
        if (data1.gpu !== undefined) {
          let data4 = data1.gpu;
          if (!(typeof data4 == 'number' && !(data4 % 1) && !isNaN(data4))) {
            const err7 = {
              instancePath: instancePath + '/resources/gpu',
              schemaPath: '#/$defs/Resources/properties/gpu/type',
              keyword: 'type',
              params: { type: 'integer' }
            };
            if (vErrors === null) {
              vErrors = [err7];
            } else {
              vErrors.push(err7);
            }
            errors++;
          }
          if (typeof data4 == 'number') {
            if (data4 > 16 || isNaN(data4)) {
              const err8 = {
                instancePath: instancePath + '/resources/gpu',
                schemaPath: '#/$defs/Resources/properties/gpu/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 16 }
              };
              if (vErrors === null) {
                vErrors = [err8];
              } else {
                vErrors.push(err8);
              }
              errors++;
            }
            if (data4 < 0 || isNaN(data4)) {
              const err9 = {
                instancePath: instancePath + '/resources/gpu',
                schemaPath: '#/$defs/Resources/properties/gpu/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 0 }
              };
              if (vErrors === null) {
                vErrors = [err9];
              } else {
                vErrors.push(err9);
              }
              errors++;
            }
          }
        }
      } else {
        const err10 = {
          instancePath: instancePath + '/resources',
          schemaPath: '#/$defs/Resources/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err10];
        } else {
          vErrors.push(err10);
        }
        errors++;
      }
    }
  } else {
    const err11 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' }
    };
    if (vErrors === null) {
      vErrors = [err11];
    } else {
      vErrors.push(err11);
    }
    errors++;
  }
  validate26.errors = vErrors;
  return errors === 0;
}
validate26.evaluated = {
  props: true,
  dynamicProps: false,
  dynamicItems: false
};
function validate21(
  data,
  {
    instancePath = '',
    parentData,
    parentDataProperty,
    rootData = data,
    dynamicAnchors = {}
  } = {}
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate21.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (data && typeof data == 'object' && !Array.isArray(data)) {
    if (data.name === undefined) {
      const err0 = {
        instancePath,
        schemaPath: '#/required',
        keyword: 'required',
        params: { missingProperty: 'name' }
      };
      if (vErrors === null) {
        vErrors = [err0];
      } else {
        vErrors.push(err0);
      }
      errors++;
    }
    for (const key0 in data) {
      if (!func1.call(schema32.properties, key0)) {
        const err1 = {
          instancePath,
          schemaPath: '#/additionalProperties',
          keyword: 'additionalProperties',
          params: { additionalProperty: key0 }
        };
        if (vErrors === null) {
          vErrors = [err1];
        } else {
          vErrors.push(err1);
        }
        errors++;
      }
    }
    if (data.name !== undefined) {
      let data0 = data.name;
      if (typeof data0 === 'string') {
        if (data0.length > 63) {
          const err2 = {
            instancePath: instancePath + '/name',
            schemaPath: '#/properties/name/maxLength',
            keyword: 'maxLength',
            params: { limit: 63 }
          };
          if (vErrors === null) {
            vErrors = [err2];
          } else {
            vErrors.push(err2);
          }
          errors++;
        }
        if (!pattern4.test(data0)) {
          const err3 = {
            instancePath: instancePath + '/name',
            schemaPath: '#/properties/name/pattern',
            keyword: 'pattern',
            params: { pattern: '\\S' }
          };
          if (vErrors === null) {
            vErrors = [err3];
          } else {
            vErrors.push(err3);
          }
          errors++;
        }
      } else {
        const err4 = {
          instancePath: instancePath + '/name',
          schemaPath: '#/properties/name/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err4];
        } else {
          vErrors.push(err4);
        }
        errors++;
      }
    }
    if (data.framework !== undefined) {
      if (typeof data.framework !== 'string') {
        const err5 = {
          instancePath: instancePath + '/framework',
          schemaPath: '#/properties/framework/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err5];
        } else {
          vErrors.push(err5);
        }
        errors++;
      }
    }
    if (data.engine !== undefined) {
      if (typeof data.engine !== 'string') {
        const err6 = {
          instancePath: instancePath + '/engine',
          schemaPath: '#/properties/engine/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err6];
        } else {
          vErrors.push(err6);
        }
        errors++;
      }
    }
    if (data.image !== undefined) {
      let data3 = data.image;
      if (typeof data3 === 'string') {
        if (data3.length > 512) {
          const err7 = {
            instancePath: instancePath + '/image',
            schemaPath: '#/properties/image/maxLength',
            keyword: 'maxLength',
            params: { limit: 512 }
          };
          if (vErrors === null) {
            vErrors = [err7];
          } else {
            vErrors.push(err7);
          }
          errors++;
        }
        if (!pattern5.test(data3)) {
          const err8 = {
            instancePath: instancePath + '/image',
            schemaPath: '#/properties/image/pattern',
            keyword: 'pattern',
            params: {
              pattern:
                '^$|^[a-zA-Z0-9][a-zA-Z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$'
            }
          };
          if (vErrors === null) {
            vErrors = [err8];
          } else {
            vErrors.push(err8);
          }
          errors++;
        }
      } else {
        const err9 = {
          instancePath: instancePath + '/image',
          schemaPath: '#/properties/image/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err9];
        } else {
          vErrors.push(err9);
        }
        errors++;
      }
    }
    if (data.script !== undefined) {
      let data4 = data.script;
      if (typeof data4 === 'string') {
        if (!pattern6.test(data4)) {
          const err10 = {
            instancePath: instancePath + '/script',
            schemaPath: '#/properties/script/pattern',
            keyword: 'pattern',
            params: { pattern: '^$|^(?!-).*[^/]$' }
          };
          if (vErrors === null) {
            vErrors = [err10];
          } else {
            vErrors.push(err10);
          }
          errors++;
        }
      } else {
        const err11 = {
          instancePath: instancePath + '/script',
          schemaPath: '#/properties/script/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err11];
        } else {
          vErrors.push(err11);
        }
        errors++;
      }
    }
    if (data.command !== undefined) {
      let data5 = data.command;
      if (Array.isArray(data5)) {
        const len0 = data5.length;
        for (let i0 = 0; i0 < len0; i0++) {
          if (typeof data5[i0] !== 'string') {
            const err12 = {
              instancePath: instancePath + '/command/' + i0,
              schemaPath: '#/properties/command/items/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err12];
            } else {
              vErrors.push(err12);
            }
            errors++;
          }
        }
      } else {
        const err13 = {
          instancePath: instancePath + '/command',
          schemaPath: '#/properties/command/type',
          keyword: 'type',
          params: { type: 'array' }
        };
        if (vErrors === null) {
          vErrors = [err13];
        } else {
          vErrors.push(err13);
        }
        errors++;
      }
    }
    if (data.arguments !== undefined) {
      let data7 = data.arguments;
      if (Array.isArray(data7)) {
        const len1 = data7.length;
        for (let i1 = 0; i1 < len1; i1++) {
          if (typeof data7[i1] !== 'string') {
            const err14 = {
              instancePath: instancePath + '/arguments/' + i1,
              schemaPath: '#/properties/arguments/items/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err14];
            } else {
              vErrors.push(err14);
            }
            errors++;
          }
        }
      } else {
        const err15 = {
          instancePath: instancePath + '/arguments',
          schemaPath: '#/properties/arguments/type',
          keyword: 'type',
          params: { type: 'array' }
        };
        if (vErrors === null) {
          vErrors = [err15];
        } else {
          vErrors.push(err15);
        }
        errors++;
      }
    }
    if (data.hyperparameters !== undefined) {
      let data9 = data.hyperparameters;
      if (data9 && typeof data9 == 'object' && !Array.isArray(data9)) {
        if (Object.keys(data9).length > 256) {
          const err16 = {
            instancePath: instancePath + '/hyperparameters',
            schemaPath: '#/properties/hyperparameters/maxProperties',
            keyword: 'maxProperties',
            params: { limit: 256 }
          };
          if (vErrors === null) {
            vErrors = [err16];
          } else {
            vErrors.push(err16);
          }
          errors++;
        }
        for (const key1 in data9) {
          const _errs22 = errors;
          if (typeof key1 === 'string') {
            if (!pattern7.test(key1)) {
              const err17 = {
                instancePath: instancePath + '/hyperparameters',
                schemaPath:
                  '#/properties/hyperparameters/propertyNames/pattern',
                keyword: 'pattern',
                params: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$' },
                propertyName: key1
              };
              if (vErrors === null) {
                vErrors = [err17];
              } else {
                vErrors.push(err17);
              }
              errors++;
            }
          }
          var valid5 = _errs22 === errors;
          if (!valid5) {
            const err18 = {
              instancePath: instancePath + '/hyperparameters',
              schemaPath: '#/properties/hyperparameters/propertyNames',
              keyword: 'propertyNames',
              params: { propertyName: key1 }
            };
            if (vErrors === null) {
              vErrors = [err18];
            } else {
              vErrors.push(err18);
            }
            errors++;
          }
        }
      } else {
        const err19 = {
          instancePath: instancePath + '/hyperparameters',
          schemaPath: '#/properties/hyperparameters/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err19];
        } else {
          vErrors.push(err19);
        }
        errors++;
      }
    }
    if (data.flags !== undefined) {
      let data10 = data.flags;
      if (Array.isArray(data10)) {
        const len2 = data10.length;
        for (let i2 = 0; i2 < len2; i2++) {
          let data11 = data10[i2];
          if (typeof data11 === 'string') {
            if (!pattern7.test(data11)) {
              const err20 = {
                instancePath: instancePath + '/flags/' + i2,
                schemaPath: '#/properties/flags/items/pattern',
                keyword: 'pattern',
                params: { pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$' }
              };
              if (vErrors === null) {
                vErrors = [err20];
              } else {
                vErrors.push(err20);
              }
              errors++;
            }
          } else {
            const err21 = {
              instancePath: instancePath + '/flags/' + i2,
              schemaPath: '#/properties/flags/items/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err21];
            } else {
              vErrors.push(err21);
            }
            errors++;
          }
        }
      } else {
        const err22 = {
          instancePath: instancePath + '/flags',
          schemaPath: '#/properties/flags/type',
          keyword: 'type',
          params: { type: 'array' }
        };
        if (vErrors === null) {
          vErrors = [err22];
        } else {
          vErrors.push(err22);
        }
        errors++;
      }
    }
    if (data.working_directory !== undefined) {
      let data12 = data.working_directory;
      if (typeof data12 === 'string') {
        if (!pattern9.test(data12)) {
          const err23 = {
            instancePath: instancePath + '/working_directory',
            schemaPath: '#/properties/working_directory/pattern',
            keyword: 'pattern',
            params: { pattern: '^/' }
          };
          if (vErrors === null) {
            vErrors = [err23];
          } else {
            vErrors.push(err23);
          }
          errors++;
        }
      } else {
        const err24 = {
          instancePath: instancePath + '/working_directory',
          schemaPath: '#/properties/working_directory/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err24];
        } else {
          vErrors.push(err24);
        }
        errors++;
      }
    }
    if (data.code !== undefined) {
      let data13 = data.code;
      if (data13 && typeof data13 == 'object' && !Array.isArray(data13)) {
        if (data13.directory === undefined) {
          const err25 = {
            instancePath: instancePath + '/code',
            schemaPath: '#/$defs/CodeSource/required',
            keyword: 'required',
            params: { missingProperty: 'directory' }
          };
          if (vErrors === null) {
            vErrors = [err25];
          } else {
            vErrors.push(err25);
          }
          errors++;
        }
        if (data13.snapshot === undefined) {
          const err26 = {
            instancePath: instancePath + '/code',
            schemaPath: '#/$defs/CodeSource/required',
            keyword: 'required',
            params: { missingProperty: 'snapshot' }
          };
          if (vErrors === null) {
            vErrors = [err26];
          } else {
            vErrors.push(err26);
          }
          errors++;
        }
        for (const key2 in data13) {
          if (!(key2 === 'directory' || key2 === 'snapshot')) {
            const err27 = {
              instancePath: instancePath + '/code',
              schemaPath: '#/$defs/CodeSource/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key2 }
            };
            if (vErrors === null) {
              vErrors = [err27];
            } else {
              vErrors.push(err27);
            }
            errors++;
          }
        }
        if (data13.directory !== undefined) {
          let data14 = data13.directory;
          if (typeof data14 === 'string') {
            if (!pattern9.test(data14)) {
              const err28 = {
                instancePath: instancePath + '/code/directory',
                schemaPath: '#/$defs/CodeSource/properties/directory/pattern',
                keyword: 'pattern',
                params: { pattern: '^/' }
              };
              if (vErrors === null) {
                vErrors = [err28];
              } else {
                vErrors.push(err28);
              }
              errors++;
            }
          } else {
            const err29 = {
              instancePath: instancePath + '/code/directory',
              schemaPath: '#/$defs/CodeSource/properties/directory/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err29];
            } else {
              vErrors.push(err29);
            }
            errors++;
          }
        }
        if (data13.snapshot !== undefined) {
          let data15 = data13.snapshot;
          if (typeof data15 === 'string') {
            if (!pattern11.test(data15)) {
              const err30 = {
                instancePath: instancePath + '/code/snapshot',
                schemaPath: '#/$defs/CodeSource/properties/snapshot/pattern',
                keyword: 'pattern',
                params: { pattern: '^[0-9a-f]{64}$' }
              };
              if (vErrors === null) {
                vErrors = [err30];
              } else {
                vErrors.push(err30);
              }
              errors++;
            }
          } else {
            const err31 = {
              instancePath: instancePath + '/code/snapshot',
              schemaPath: '#/$defs/CodeSource/properties/snapshot/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err31];
            } else {
              vErrors.push(err31);
            }
            errors++;
          }
        }
      } else {
        const err32 = {
          instancePath: instancePath + '/code',
          schemaPath: '#/$defs/CodeSource/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err32];
        } else {
          vErrors.push(err32);
        }
        errors++;
      }
    }
    if (data.requirements !== undefined) {
      if (typeof data.requirements !== 'string') {
        const err33 = {
          instancePath: instancePath + '/requirements',
          schemaPath: '#/properties/requirements/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err33];
        } else {
          vErrors.push(err33);
        }
        errors++;
      }
    }
    if (data.inputs !== undefined) {
      let data17 = data.inputs;
      if (Array.isArray(data17)) {
        const len3 = data17.length;
        for (let i3 = 0; i3 < len3; i3++) {
          if (
            !validate22(data17[i3], {
              instancePath: instancePath + '/inputs/' + i3,
              parentData: data17,
              parentDataProperty: i3,
              rootData,
              dynamicAnchors
            })
          ) {
            vErrors =
              vErrors === null
                ? validate22.errors
                : vErrors.concat(validate22.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err34 = {
          instancePath: instancePath + '/inputs',
          schemaPath: '#/properties/inputs/type',
          keyword: 'type',
          params: { type: 'array' }
        };
        if (vErrors === null) {
          vErrors = [err34];
        } else {
          vErrors.push(err34);
        }
        errors++;
      }
    }
    if (data.outputs !== undefined) {
      let data19 = data.outputs;
      if (Array.isArray(data19)) {
        const len4 = data19.length;
        for (let i4 = 0; i4 < len4; i4++) {
          if (
            !validate24(data19[i4], {
              instancePath: instancePath + '/outputs/' + i4,
              parentData: data19,
              parentDataProperty: i4,
              rootData,
              dynamicAnchors
            })
          ) {
            vErrors =
              vErrors === null
                ? validate24.errors
                : vErrors.concat(validate24.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err35 = {
          instancePath: instancePath + '/outputs',
          schemaPath: '#/properties/outputs/type',
          keyword: 'type',
          params: { type: 'array' }
        };
        if (vErrors === null) {
          vErrors = [err35];
        } else {
          vErrors.push(err35);
        }
        errors++;
      }
    }
    if (data.replicas !== undefined) {
      let data21 = data.replicas;
      if (!(typeof data21 == 'number' && !(data21 % 1) && !isNaN(data21))) {
        const err36 = {
          instancePath: instancePath + '/replicas',
          schemaPath: '#/properties/replicas/type',
          keyword: 'type',
          params: { type: 'integer' }
        };
        if (vErrors === null) {
          vErrors = [err36];
        } else {
          vErrors.push(err36);
        }
        errors++;
      }
      if (typeof data21 == 'number') {
        if (data21 > 64 || isNaN(data21)) {
          const err37 = {
            instancePath: instancePath + '/replicas',
            schemaPath: '#/properties/replicas/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 64 }
          };
          if (vErrors === null) {
            vErrors = [err37];
          } else {
            vErrors.push(err37);
          }
          errors++;
        }
        if (data21 < 1 || isNaN(data21)) {
          const err38 = {
            instancePath: instancePath + '/replicas',
            schemaPath: '#/properties/replicas/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 }
          };
          if (vErrors === null) {
            vErrors = [err38];
          } else {
            vErrors.push(err38);
          }
          errors++;
        }
      }
    }
    if (data.resources !== undefined) {
      let data22 = data.resources;
      if (data22 && typeof data22 == 'object' && !Array.isArray(data22)) {
        for (const key3 in data22) {
          if (!(key3 === 'cpu' || key3 === 'memory' || key3 === 'gpu')) {
            const err39 = {
              instancePath: instancePath + '/resources',
              schemaPath: '#/$defs/Resources/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key3 }
            };
            if (vErrors === null) {
              vErrors = [err39];
            } else {
              vErrors.push(err39);
            }
            errors++;
          }
        }
        if (data22.cpu !== undefined) {
          if (typeof data22.cpu !== 'string') {
            const err40 = {
              instancePath: instancePath + '/resources/cpu',
              schemaPath: '#/$defs/Resources/properties/cpu/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err40];
            } else {
              vErrors.push(err40);
            }
            errors++;
          }
        }
        if (data22.memory !== undefined) {
          if (typeof data22.memory !== 'string') {
            const err41 = {
              instancePath: instancePath + '/resources/memory',
              schemaPath: '#/$defs/Resources/properties/memory/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err41];
            } else {
              vErrors.push(err41);
            }
            errors++;
          }
        }
        if (data22.gpu !== undefined) {
          let data25 = data22.gpu;
          if (!(typeof data25 == 'number' && !(data25 % 1) && !isNaN(data25))) {
            const err42 = {
              instancePath: instancePath + '/resources/gpu',
              schemaPath: '#/$defs/Resources/properties/gpu/type',
              keyword: 'type',
              params: { type: 'integer' }
            };
            if (vErrors === null) {
              vErrors = [err42];
            } else {
              vErrors.push(err42);
            }
            errors++;
          }
          if (typeof data25 == 'number') {
            if (data25 > 16 || isNaN(data25)) {
              const err43 = {
                instancePath: instancePath + '/resources/gpu',
                schemaPath: '#/$defs/Resources/properties/gpu/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 16 }
              };
              if (vErrors === null) {
                vErrors = [err43];
              } else {
                vErrors.push(err43);
              }
              errors++;
            }
            if (data25 < 0 || isNaN(data25)) {
              const err44 = {
                instancePath: instancePath + '/resources/gpu',
                schemaPath: '#/$defs/Resources/properties/gpu/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 0 }
              };
              if (vErrors === null) {
                vErrors = [err44];
              } else {
                vErrors.push(err44);
              }
              errors++;
            }
          }
        }
      } else {
        const err45 = {
          instancePath: instancePath + '/resources',
          schemaPath: '#/$defs/Resources/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err45];
        } else {
          vErrors.push(err45);
        }
        errors++;
      }
    }
    if (data.roles !== undefined) {
      let data26 = data.roles;
      if (data26 && typeof data26 == 'object' && !Array.isArray(data26)) {
        for (const key4 in data26) {
          if (
            !validate26(data26[key4], {
              instancePath:
                instancePath +
                '/roles/' +
                key4.replace(/~/g, '~0').replace(/\//g, '~1'),
              parentData: data26,
              parentDataProperty: key4,
              rootData,
              dynamicAnchors
            })
          ) {
            vErrors =
              vErrors === null
                ? validate26.errors
                : vErrors.concat(validate26.errors);
            errors = vErrors.length;
          }
        }
      } else {
        const err46 = {
          instancePath: instancePath + '/roles',
          schemaPath: '#/properties/roles/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err46];
        } else {
          vErrors.push(err46);
        }
        errors++;
      }
    }
    if (data.processes_per_replica !== undefined) {
      let data28 = data.processes_per_replica;
      if (!(typeof data28 == 'number' && !(data28 % 1) && !isNaN(data28))) {
        const err47 = {
          instancePath: instancePath + '/processes_per_replica',
          schemaPath: '#/properties/processes_per_replica/type',
          keyword: 'type',
          params: { type: 'integer' }
        };
        if (vErrors === null) {
          vErrors = [err47];
        } else {
          vErrors.push(err47);
        }
        errors++;
      }
      if (typeof data28 == 'number') {
        if (data28 > 256 || isNaN(data28)) {
          const err48 = {
            instancePath: instancePath + '/processes_per_replica',
            schemaPath: '#/properties/processes_per_replica/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 256 }
          };
          if (vErrors === null) {
            vErrors = [err48];
          } else {
            vErrors.push(err48);
          }
          errors++;
        }
        if (data28 < 1 || isNaN(data28)) {
          const err49 = {
            instancePath: instancePath + '/processes_per_replica',
            schemaPath: '#/properties/processes_per_replica/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 }
          };
          if (vErrors === null) {
            vErrors = [err49];
          } else {
            vErrors.push(err49);
          }
          errors++;
        }
      }
    }
    if (data.env !== undefined) {
      let data29 = data.env;
      if (data29 && typeof data29 == 'object' && !Array.isArray(data29)) {
        if (Object.keys(data29).length > 256) {
          const err50 = {
            instancePath: instancePath + '/env',
            schemaPath: '#/properties/env/maxProperties',
            keyword: 'maxProperties',
            params: { limit: 256 }
          };
          if (vErrors === null) {
            vErrors = [err50];
          } else {
            vErrors.push(err50);
          }
          errors++;
        }
        for (const key5 in data29) {
          const _errs66 = errors;
          if (typeof key5 === 'string') {
            if (!pattern16.test(key5)) {
              const err51 = {
                instancePath: instancePath + '/env',
                schemaPath: '#/properties/env/propertyNames/pattern',
                keyword: 'pattern',
                params: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
                propertyName: key5
              };
              if (vErrors === null) {
                vErrors = [err51];
              } else {
                vErrors.push(err51);
              }
              errors++;
            }
          }
          var valid17 = _errs66 === errors;
          if (!valid17) {
            const err52 = {
              instancePath: instancePath + '/env',
              schemaPath: '#/properties/env/propertyNames',
              keyword: 'propertyNames',
              params: { propertyName: key5 }
            };
            if (vErrors === null) {
              vErrors = [err52];
            } else {
              vErrors.push(err52);
            }
            errors++;
          }
        }
        for (const key6 in data29) {
          if (typeof data29[key6] !== 'string') {
            const err53 = {
              instancePath:
                instancePath +
                '/env/' +
                key6.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/properties/env/additionalProperties/type',
              keyword: 'type',
              params: { type: 'string' }
            };
            if (vErrors === null) {
              vErrors = [err53];
            } else {
              vErrors.push(err53);
            }
            errors++;
          }
        }
      } else {
        const err54 = {
          instancePath: instancePath + '/env',
          schemaPath: '#/properties/env/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err54];
        } else {
          vErrors.push(err54);
        }
        errors++;
      }
    }
    if (data.secrets !== undefined) {
      let data31 = data.secrets;
      if (data31 && typeof data31 == 'object' && !Array.isArray(data31)) {
        if (Object.keys(data31).length > 256) {
          const err55 = {
            instancePath: instancePath + '/secrets',
            schemaPath: '#/properties/secrets/maxProperties',
            keyword: 'maxProperties',
            params: { limit: 256 }
          };
          if (vErrors === null) {
            vErrors = [err55];
          } else {
            vErrors.push(err55);
          }
          errors++;
        }
        for (const key7 in data31) {
          const _errs72 = errors;
          if (typeof key7 === 'string') {
            if (!pattern16.test(key7)) {
              const err56 = {
                instancePath: instancePath + '/secrets',
                schemaPath: '#/properties/secrets/propertyNames/pattern',
                keyword: 'pattern',
                params: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
                propertyName: key7
              };
              if (vErrors === null) {
                vErrors = [err56];
              } else {
                vErrors.push(err56);
              }
              errors++;
            }
          }
          var valid19 = _errs72 === errors;
          if (!valid19) {
            const err57 = {
              instancePath: instancePath + '/secrets',
              schemaPath: '#/properties/secrets/propertyNames',
              keyword: 'propertyNames',
              params: { propertyName: key7 }
            };
            if (vErrors === null) {
              vErrors = [err57];
            } else {
              vErrors.push(err57);
            }
            errors++;
          }
        }
        for (const key8 in data31) {
          let data32 = data31[key8];
          if (data32 && typeof data32 == 'object' && !Array.isArray(data32)) {
            if (data32.secret === undefined) {
              const err58 = {
                instancePath:
                  instancePath +
                  '/secrets/' +
                  key8.replace(/~/g, '~0').replace(/\//g, '~1'),
                schemaPath: '#/$defs/SecretKey/required',
                keyword: 'required',
                params: { missingProperty: 'secret' }
              };
              if (vErrors === null) {
                vErrors = [err58];
              } else {
                vErrors.push(err58);
              }
              errors++;
            }
            if (data32.key === undefined) {
              const err59 = {
                instancePath:
                  instancePath +
                  '/secrets/' +
                  key8.replace(/~/g, '~0').replace(/\//g, '~1'),
                schemaPath: '#/$defs/SecretKey/required',
                keyword: 'required',
                params: { missingProperty: 'key' }
              };
              if (vErrors === null) {
                vErrors = [err59];
              } else {
                vErrors.push(err59);
              }
              errors++;
            }
            for (const key9 in data32) {
              if (!(key9 === 'secret' || key9 === 'key')) {
                const err60 = {
                  instancePath:
                    instancePath +
                    '/secrets/' +
                    key8.replace(/~/g, '~0').replace(/\//g, '~1'),
                  schemaPath: '#/$defs/SecretKey/additionalProperties',
                  keyword: 'additionalProperties',
                  params: { additionalProperty: key9 }
                };
                if (vErrors === null) {
                  vErrors = [err60];
                } else {
                  vErrors.push(err60);
                }
                errors++;
              }
            }
            if (data32.secret !== undefined) {
              let data33 = data32.secret;
              if (typeof data33 === 'string') {
                if (!pattern18.test(data33)) {
                  const err61 = {
                    instancePath:
                      instancePath +
                      '/secrets/' +
                      key8.replace(/~/g, '~0').replace(/\//g, '~1') +
                      '/secret',
                    schemaPath: '#/$defs/SecretKey/properties/secret/pattern',
                    keyword: 'pattern',
                    params: {
                      pattern: '^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$'
                    }
                  };
                  if (vErrors === null) {
                    vErrors = [err61];
                  } else {
                    vErrors.push(err61);
                  }
                  errors++;
                }
              } else {
                const err62 = {
                  instancePath:
                    instancePath +
                    '/secrets/' +
                    key8.replace(/~/g, '~0').replace(/\//g, '~1') +
                    '/secret',
                  schemaPath: '#/$defs/SecretKey/properties/secret/type',
                  keyword: 'type',
                  params: { type: 'string' }
                };
                if (vErrors === null) {
                  vErrors = [err62];
                } else {
                  vErrors.push(err62);
                }
                errors++;
              }
            }
            if (data32.key !== undefined) {
              let data34 = data32.key;
              if (typeof data34 === 'string') {
                if (!pattern19.test(data34)) {
                  const err63 = {
                    instancePath:
                      instancePath +
                      '/secrets/' +
                      key8.replace(/~/g, '~0').replace(/\//g, '~1') +
                      '/key',
                    schemaPath: '#/$defs/SecretKey/properties/key/pattern',
                    keyword: 'pattern',
                    params: { pattern: '^[A-Za-z0-9._-]{1,253}$' }
                  };
                  if (vErrors === null) {
                    vErrors = [err63];
                  } else {
                    vErrors.push(err63);
                  }
                  errors++;
                }
              } else {
                const err64 = {
                  instancePath:
                    instancePath +
                    '/secrets/' +
                    key8.replace(/~/g, '~0').replace(/\//g, '~1') +
                    '/key',
                  schemaPath: '#/$defs/SecretKey/properties/key/type',
                  keyword: 'type',
                  params: { type: 'string' }
                };
                if (vErrors === null) {
                  vErrors = [err64];
                } else {
                  vErrors.push(err64);
                }
                errors++;
              }
            }
          } else {
            const err65 = {
              instancePath:
                instancePath +
                '/secrets/' +
                key8.replace(/~/g, '~0').replace(/\//g, '~1'),
              schemaPath: '#/$defs/SecretKey/type',
              keyword: 'type',
              params: { type: 'object' }
            };
            if (vErrors === null) {
              vErrors = [err65];
            } else {
              vErrors.push(err65);
            }
            errors++;
          }
        }
      } else {
        const err66 = {
          instancePath: instancePath + '/secrets',
          schemaPath: '#/properties/secrets/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err66];
        } else {
          vErrors.push(err66);
        }
        errors++;
      }
    }
    if (data.run_as_user !== undefined) {
      let data35 = data.run_as_user;
      if (!(typeof data35 == 'number' && !(data35 % 1) && !isNaN(data35))) {
        const err67 = {
          instancePath: instancePath + '/run_as_user',
          schemaPath: '#/properties/run_as_user/type',
          keyword: 'type',
          params: { type: 'integer' }
        };
        if (vErrors === null) {
          vErrors = [err67];
        } else {
          vErrors.push(err67);
        }
        errors++;
      }
      if (typeof data35 == 'number') {
        if (data35 > 65535 || isNaN(data35)) {
          const err68 = {
            instancePath: instancePath + '/run_as_user',
            schemaPath: '#/properties/run_as_user/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 65535 }
          };
          if (vErrors === null) {
            vErrors = [err68];
          } else {
            vErrors.push(err68);
          }
          errors++;
        }
        if (data35 < 1 || isNaN(data35)) {
          const err69 = {
            instancePath: instancePath + '/run_as_user',
            schemaPath: '#/properties/run_as_user/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 1 }
          };
          if (vErrors === null) {
            vErrors = [err69];
          } else {
            vErrors.push(err69);
          }
          errors++;
        }
      }
    }
    if (data.priority !== undefined) {
      let data36 = data.priority;
      if (typeof data36 !== 'string') {
        const err70 = {
          instancePath: instancePath + '/priority',
          schemaPath: '#/$defs/Priority/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err70];
        } else {
          vErrors.push(err70);
        }
        errors++;
      }
      if (!(data36 === 'low' || data36 === 'normal' || data36 === 'high')) {
        const err71 = {
          instancePath: instancePath + '/priority',
          schemaPath: '#/$defs/Priority/enum',
          keyword: 'enum',
          params: { allowedValues: schema42.enum }
        };
        if (vErrors === null) {
          vErrors = [err71];
        } else {
          vErrors.push(err71);
        }
        errors++;
      }
    }
    if (data.restart !== undefined) {
      let data37 = data.restart;
      if (data37 && typeof data37 == 'object' && !Array.isArray(data37)) {
        for (const key10 in data37) {
          if (!(key10 === 'limit' || key10 === 'include_script_failures')) {
            const err72 = {
              instancePath: instancePath + '/restart',
              schemaPath: '#/$defs/Restart/additionalProperties',
              keyword: 'additionalProperties',
              params: { additionalProperty: key10 }
            };
            if (vErrors === null) {
              vErrors = [err72];
            } else {
              vErrors.push(err72);
            }
            errors++;
          }
        }
        if (data37.limit !== undefined) {
          let data38 = data37.limit;
          if (!(typeof data38 == 'number' && !(data38 % 1) && !isNaN(data38))) {
            const err73 = {
              instancePath: instancePath + '/restart/limit',
              schemaPath: '#/$defs/Restart/properties/limit/type',
              keyword: 'type',
              params: { type: 'integer' }
            };
            if (vErrors === null) {
              vErrors = [err73];
            } else {
              vErrors.push(err73);
            }
            errors++;
          }
          if (typeof data38 == 'number') {
            if (data38 > 128 || isNaN(data38)) {
              const err74 = {
                instancePath: instancePath + '/restart/limit',
                schemaPath: '#/$defs/Restart/properties/limit/maximum',
                keyword: 'maximum',
                params: { comparison: '<=', limit: 128 }
              };
              if (vErrors === null) {
                vErrors = [err74];
              } else {
                vErrors.push(err74);
              }
              errors++;
            }
            if (data38 < 1 || isNaN(data38)) {
              const err75 = {
                instancePath: instancePath + '/restart/limit',
                schemaPath: '#/$defs/Restart/properties/limit/minimum',
                keyword: 'minimum',
                params: { comparison: '>=', limit: 1 }
              };
              if (vErrors === null) {
                vErrors = [err75];
              } else {
                vErrors.push(err75);
              }
              errors++;
            }
          }
        }
        if (data37.include_script_failures !== undefined) {
          if (typeof data37.include_script_failures !== 'boolean') {
            const err76 = {
              instancePath: instancePath + '/restart/include_script_failures',
              schemaPath:
                '#/$defs/Restart/properties/include_script_failures/type',
              keyword: 'type',
              params: { type: 'boolean' }
            };
            if (vErrors === null) {
              vErrors = [err76];
            } else {
              vErrors.push(err76);
            }
            errors++;
          }
        }
      } else {
        const err77 = {
          instancePath: instancePath + '/restart',
          schemaPath: '#/$defs/Restart/type',
          keyword: 'type',
          params: { type: 'object' }
        };
        if (vErrors === null) {
          vErrors = [err77];
        } else {
          vErrors.push(err77);
        }
        errors++;
      }
    }
    if (data.hang_policy !== undefined) {
      let data40 = data.hang_policy;
      if (typeof data40 !== 'string') {
        const err78 = {
          instancePath: instancePath + '/hang_policy',
          schemaPath: '#/$defs/HangPolicy/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err78];
        } else {
          vErrors.push(err78);
        }
        errors++;
      }
      if (!(data40 === 'off' || data40 === 'notify' || data40 === 'restart')) {
        const err79 = {
          instancePath: instancePath + '/hang_policy',
          schemaPath: '#/$defs/HangPolicy/enum',
          keyword: 'enum',
          params: { allowedValues: schema44.enum }
        };
        if (vErrors === null) {
          vErrors = [err79];
        } else {
          vErrors.push(err79);
        }
        errors++;
      }
    }
    if (data.hold_on_failure_minutes !== undefined) {
      let data41 = data.hold_on_failure_minutes;
      if (!(typeof data41 == 'number' && !(data41 % 1) && !isNaN(data41))) {
        const err80 = {
          instancePath: instancePath + '/hold_on_failure_minutes',
          schemaPath: '#/properties/hold_on_failure_minutes/type',
          keyword: 'type',
          params: { type: 'integer' }
        };
        if (vErrors === null) {
          vErrors = [err80];
        } else {
          vErrors.push(err80);
        }
        errors++;
      }
      if (typeof data41 == 'number') {
        if (data41 > 1440 || isNaN(data41)) {
          const err81 = {
            instancePath: instancePath + '/hold_on_failure_minutes',
            schemaPath: '#/properties/hold_on_failure_minutes/maximum',
            keyword: 'maximum',
            params: { comparison: '<=', limit: 1440 }
          };
          if (vErrors === null) {
            vErrors = [err81];
          } else {
            vErrors.push(err81);
          }
          errors++;
        }
        if (data41 < 0 || isNaN(data41)) {
          const err82 = {
            instancePath: instancePath + '/hold_on_failure_minutes',
            schemaPath: '#/properties/hold_on_failure_minutes/minimum',
            keyword: 'minimum',
            params: { comparison: '>=', limit: 0 }
          };
          if (vErrors === null) {
            vErrors = [err82];
          } else {
            vErrors.push(err82);
          }
          errors++;
        }
      }
    }
    if (data.environment !== undefined) {
      if (typeof data.environment !== 'string') {
        const err83 = {
          instancePath: instancePath + '/environment',
          schemaPath: '#/properties/environment/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err83];
        } else {
          vErrors.push(err83);
        }
        errors++;
      }
    }
    if (data.rerun_of !== undefined) {
      let data43 = data.rerun_of;
      if (typeof data43 === 'string') {
        if (!pattern20.test(data43)) {
          const err84 = {
            instancePath: instancePath + '/rerun_of',
            schemaPath: '#/properties/rerun_of/pattern',
            keyword: 'pattern',
            params: {
              pattern: '^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?-[a-z0-9]{6}$'
            }
          };
          if (vErrors === null) {
            vErrors = [err84];
          } else {
            vErrors.push(err84);
          }
          errors++;
        }
      } else {
        const err85 = {
          instancePath: instancePath + '/rerun_of',
          schemaPath: '#/properties/rerun_of/type',
          keyword: 'type',
          params: { type: 'string' }
        };
        if (vErrors === null) {
          vErrors = [err85];
        } else {
          vErrors.push(err85);
        }
        errors++;
      }
    }
  } else {
    const err86 = {
      instancePath,
      schemaPath: '#/type',
      keyword: 'type',
      params: { type: 'object' }
    };
    if (vErrors === null) {
      vErrors = [err86];
    } else {
      vErrors.push(err86);
    }
    errors++;
  }
  validate21.errors = vErrors;
  return errors === 0;
}
validate21.evaluated = {
  props: true,
  dynamicProps: false,
  dynamicItems: false
};
function validate20(
  data,
  {
    instancePath = '',
    parentData,
    parentDataProperty,
    rootData = data,
    dynamicAnchors = {}
  } = {}
) {
  let vErrors = null;
  let errors = 0;
  const evaluated0 = validate20.evaluated;
  if (evaluated0.dynamicProps) {
    evaluated0.props = undefined;
  }
  if (evaluated0.dynamicItems) {
    evaluated0.items = undefined;
  }
  if (
    !validate21(data, {
      instancePath,
      parentData,
      parentDataProperty,
      rootData,
      dynamicAnchors
    })
  ) {
    vErrors =
      vErrors === null ? validate21.errors : vErrors.concat(validate21.errors);
    errors = vErrors.length;
  }
  validate20.errors = vErrors;
  return errors === 0;
}
validate20.evaluated = {
  props: true,
  dynamicProps: false,
  dynamicItems: false
};
