import { memoryUsage } from 'node:process';
import type { Metric } from './metric.js';

const startMs = Math.round(performance.timeOrigin);

/** What this tool itself costs, under the names of OpenTelemetry's conventions. */
export function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage();
  const inMode = (mode: string, us: number) => ({
    labels: { 'cpu.mode': mode },
    startMs,
    value: us / 1e6,
  });
  const point = (value: number) => [{ labels: {}, startMs, value }];
  return [
    {
      name: 'process.cpu.time',
      description: 'Processor time of the tool',
      unit: 's',
      kind: 'counter',
      points: [inMode('user', user), inMode('system', system)],
    },
    {
      name: 'process.memory.usage',
      description: 'Memory of the tool that is resident',
      unit: 'By',
      kind: 'gauge',
      points: point(memoryUsage.rss()),
    },
    {
      name: 'process.uptime',
      description: 'Since the tool was started',
      unit: 's',
      kind: 'gauge',
      points: point(process.uptime()),
    },
  ];
}
