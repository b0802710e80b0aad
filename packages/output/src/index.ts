export { Csv } from './csv.js';
export * as fields from './fields.js';
export { JsonLines } from './json-lines.js';
export { Table } from './table.js';
