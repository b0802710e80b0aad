/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';
const ADDRESS = /^(?:(?:\[(?<ipv6>[0-9a-f:.]+)\]|(?<host>[\w.-]*)):)?(?<port>[0-9]{1,5})$/i;

/**
 * Reads `9464`, `:9464`, `0.0.0.0:9464`, `localhost:9464` or `[::1]:9464`. Without an address it is
 * loopback: whoever wants others to see metrics says so.
 *
 * @returns undefined for anything else
 */
export function listenAddress(text: string): ListenAddress | undefined {
  const { ipv6, host, port } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 0xffff) return undefined;
  return { host: ipv6 ?? (host || LOOPBACK), port: Number(port) };
}

/**
 * Reads the base URL of an OTLP/HTTP receiver, without a slash at its end.
 *
 * @returns undefined for what is no URL of HTTP
 */
export function receiverUrl(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.search || url.hash ? undefined : url.href.replace(/\/+$/, '');
}
