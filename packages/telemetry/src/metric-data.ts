import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { BOUNDS, type Metric } from './metric.js';

/** Metrics in the form that the SDK's exporters take. */
export function collected(
  metrics: readonly Metric[],
  resource: Resource,
  version: string,
): CollectionResult {
  const endTime = hrTime(Date.now());
  const scope = { name: 'imagesnoop', version };
  const all = metrics
    .filter(({ points }) => points.length > 0)
    .map((metric) => metricData(metric, endTime));
  return {
    resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: all }] },
    errors: [],
  };
}

function metricData(metric: Metric, endTime: HrTime): MetricData {
  const { name, description, unit, kind } = metric;
  const descriptor = { name, description, unit, valueType: ValueType.DOUBLE };
  const about = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  const dated = ({ labels, startMs }: Metric['points'][number]) => ({
    attributes: labels,
    startTime: hrTime(startMs),
    endTime,
  });
  if (kind === 'histogram') {
    return {
      ...about,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: metric.points.map((point) => {
        const { count, sum, counts } = point.value;
        const buckets = { boundaries: [...BOUNDS], counts: [...counts] };
        return { ...dated(point), value: { count, sum, buckets } };
      }),
    };
  }
  const dataPoints = metric.points.map((point) => ({ ...dated(point), value: point.value }));
  if (kind === 'gauge') return { ...about, dataPointType: DataPointType.GAUGE, dataPoints };
  return { ...about, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
