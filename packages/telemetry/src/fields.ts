/** What a field is to metrics; see `FieldOptions.metric` of the output package. */
export type MetricRole = 'label' | 'latency' | 'sum' | 'gauge' | { readonly countWhen: string };

/** What is used of a field of rows. */
export interface MeteredField<Row> {
  readonly name: string;
  readonly description: string;
  readonly unit?: string;
  readonly metric?: MetricRole;
  value(row: Row): unknown;
  /** Something cheap to have that is the same for the same value. */
  identity?(row: Row): unknown;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, µs: 1e-6, ns: 1e-9 };
const UCUM: Readonly<Record<string, string>> = { bytes: 'By', B: 'By', 'bytes/s': 'By/s' };

/** Seconds in the unit of a field. */
export function secondsIn(unit = 's'): number {
  return SECONDS[unit] ?? 1;
}

/** Name, unit and description of the metric that a field of numbers makes. */
export function aboutField<Row>(
  prefix: string,
  { name, description, unit = '', metric }: MeteredField<Row>,
): { name: string; description: string; unit: string } {
  if (metric === 'latency')
    return { name: `${prefix}.${name.replace(/_(ns|us|ms|s)$/, '')}`, description, unit: 's' };
  return { name: `${prefix}.${name}`, description, unit: UCUM[unit] ?? `{${name}}` };
}
