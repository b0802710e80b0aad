/** Listed in docs/errors.md. */
export type TelemetryErrorCode = 'TELEMETRY_LISTEN_FAILED' | 'TELEMETRY_START_FAILED';

/** Telemetry was asked for and cannot be had; nothing has been attached yet. */
export class TelemetryError extends Error {
  readonly code: TelemetryErrorCode;
  readonly hint: string;

  constructor(code: TelemetryErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TelemetryError';
    this.code = code;
    this.hint = hint;
  }
}
