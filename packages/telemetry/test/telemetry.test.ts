// As it was built: the thread is a file of its own.
import { openTelemetry, TelemetryError } from '@imagesnoop/telemetry';
import { expect, it } from 'vitest';

const NOBODY = 'http://127.0.0.1:1';

it('outlives its thread, and counts what that had', async () => {
  const telemetry = await openTelemetry({ tool: 'test', version: '1.0.0', otlp: NOBODY });
  const told = new Promise<string>((resolve) => {
    telemetry.onTrouble = resolve;
  });
  telemetry.begin([], () => []);
  telemetry.outbox?.add(new TextEncoder().encode('{no JSON\n'), 3);
  expect(await told).toMatch(/^exporting has ended: /);
  telemetry.outbox?.add(new TextEncoder().encode('{}\n'), 2);
  const begun = performance.now();
  expect(await telemetry.close(2000)).toEqual({ sent: 0, unsent: 5 });
  expect(performance.now() - begun).toBeLessThan(1000);
  expect(telemetry.newLosses().map(({ cause, count }) => [cause, count])).toEqual([
    ['otlp_full', 2],
    ['otlp_failed', 3],
  ]);
  expect(telemetry.newLosses()).toEqual([]);
});

it('says where it cannot listen', async () => {
  const prometheus = { host: '192.0.2.1', port: 9464 };
  const error = await openTelemetry({ tool: 'test', version: '1.0.0', prometheus }).catch(
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(TelemetryError);
  expect(error).toMatchObject({
    code: 'TELEMETRY_LISTEN_FAILED',
    message: '--prometheus: cannot listen on 192.0.2.1, port 9464: EADDRNOTAVAIL',
  });
});
