/** A container image of one program, written byte by byte: no builder and no registry needed. */
import { createHash } from 'node:crypto';

interface File {
  readonly path: string;
  readonly content?: Uint8Array;
  readonly link?: string;
  readonly mode?: number;
}

const APPLETS = ['sh', 'sleep', 'mkdir', 'ls', 'cat', 'wget', 'nc', 'true'];

/** A ustar archive (POSIX.1-1988, pax(1)). */
function tar(files: readonly File[]): Buffer {
  const blocks = files.flatMap(({ path, content = new Uint8Array(), link = '', mode = 0o755 }) => {
    const header = Buffer.alloc(512);
    const type = link !== '' ? '2' : path.endsWith('/') ? '5' : '0';
    const octal = (value: number, at: number, width: number): void => {
      header.write(value.toString(8).padStart(width - 1, '0'), at);
    };
    header.write(path, 0);
    octal(mode, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(content.length, 124, 12);
    octal(0, 136, 12);
    header.fill(' ', 148, 156);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\u000000', 257, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The files of a container: busybox under the names that tests call. */
export function rootfsTar(busybox: Uint8Array): Buffer {
  return tar([
    ...['bin/', 'tmp/', 'proc/', 'sys/', 'dev/', 'etc/'].map((path) => ({ path })),
    { path: 'bin/busybox', content: busybox },
    ...APPLETS.map((name) => ({ path: `bin/${name}`, link: 'busybox' })),
  ]);
}

/** An archive in the OCI image layout (image-spec, image-layout.md) for `ctr images import`. */
export function imageArchive(busybox: Uint8Array, name: string): Buffer {
  const blobs: File[] = [];
  const blob = (mediaType: string, content: Buffer) => {
    const digest = createHash('sha256').update(content).digest('hex');
    blobs.push({ path: `blobs/sha256/${digest}`, content, mode: 0o644 });
    return { mediaType, digest: `sha256:${digest}`, size: content.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const type = (name: string): string => `application/vnd.oci.image.${name}`;
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

  const layer = blob(type('layer.v1.tar'), rootfsTar(busybox));
  const config = blob(
    type('config.v1+json'),
    json({
      architecture,
      os: 'linux',
      config: { Entrypoint: ['/bin/sh', '-c', 'while :; do sleep 1000; done'] },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifest = blob(
    type('manifest.v1+json'),
    json({ schemaVersion: 2, mediaType: type('manifest.v1+json'), config, layers: [layer] }),
  );
  const annotations = { 'io.containerd.image.name': name };
  return tar([
    { path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }), mode: 0o644 },
    {
      path: 'index.json',
      content: json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
      mode: 0o644,
    },
    { path: 'blobs/' },
    { path: 'blobs/sha256/' },
    ...blobs,
  ]);
}
