export {
  exactNumber,
  parseExact,
  stringifyExact,
  type ExactNumber
} from './exactJson';
export { isFinal, replicaName } from './jobs';
export type { Parameter } from './parameter';
export { request, ServiceError, trainingAddress } from './request';
export { rowAfter } from './rows';
export { schemaErrors, type ISchemaError } from './validation';
export { useWindow, type IWindow } from './window';
export type * from './wire.generated';
