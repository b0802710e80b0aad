import { bytesText, type Field, fields } from '@imagesnoop/output';
import type { MethodSummary } from './summary.js';

/** The calls of one method, for `--summary`. */
export const summaryColumns: readonly Field<MethodSummary>[] = [
  fields.constant('type', 'summary', { description: 'Kind of row' }),
  fields.text('method', ({ method }) => method, {
    description: 'Path of the method; `~` in front where it was concluded from messages',
    column: { width: 36, text: ({ method }) => shortened(method), cut: 'start' },
    metric: 'label',
  }),
  fields.text('protocol', ({ protocol }) => protocol, { description: 'What is spoken' }),
  fields.uint('calls', ({ calls }) => calls, {
    description: 'Calls that ended',
    column: {},
    metric: 'gauge',
  }),
  fields.uint('errors', ({ errors }) => errors, {
    description: 'Those that failed',
    column: { header: 'ERRORS', width: 6, alarm: false },
  }),
  latency('p50_us', 'P50(ms)', 0.5),
  fields.uint('p90_us', ({ latencies }) => us(latencies.quantile(0.9)), {
    description: 'Time that 90 % of them did not exceed, to 2 %',
    unit: 'µs',
  }),
  latency('p99_us', 'P99(ms)', 0.99),
  latency('max_us', 'MAX(ms)', 1),
  fields.uint('request_bytes', ({ requestBytes }) => requestBytes, {
    description: 'Length of the requests together',
    unit: 'B',
    column: { show: 'wide', header: 'SENT', text: (row) => bytesText(row.requestBytes) },
  }),
  fields.uint('response_bytes', ({ responseBytes }) => responseBytes, {
    description: 'Length of the responses together',
    unit: 'B',
    column: { show: 'wide', header: 'RECEIVED', text: (row) => bytesText(row.responseBytes) },
  }),
];

function latency(name: string, header: string, part: number): Field<MethodSummary> {
  const read = ({ latencies }: MethodSummary): number | null =>
    part === 1 ? latencies.maxNs || null : latencies.quantile(part);
  return fields.uint(name, (row) => us(read(row)), {
    description: part === 1 ? 'The longest' : `Time that ${part * 100} % did not exceed, to 2 %`,
    unit: 'µs',
    column: { header, width: 7, text: (row) => milliseconds(read(row)) },
  });
}

function us(ns: number | null): number | null {
  return ns === null ? null : Math.round(ns / 1000);
}

function milliseconds(ns: number | null): string {
  if (ns === null) return '-';
  return ns >= 100e6 ? (ns / 1e6).toFixed(0) : (ns / 1e6).toFixed(2);
}

/** `RuntimeService/ListContainers`: packages make columns wide and tell little. */
function shortened(method: string): string {
  return method.replace(/^(~?)\/[\w.]*\.(\w+\/)/, '$1$2');
}
