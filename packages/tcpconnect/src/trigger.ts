/** The port of tcpmux (RFC 1078), which nobody serves any more. */
const PORT = 1;

/** An attempt that stays on this machine and is most likely refused, to see whether hooks fire. */
export async function trigger(): Promise<void> {
  const { connect } = await import('node:net');
  await new Promise<void>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: PORT });
    const done = () => {
      socket.destroy();
      resolve();
    };
    socket.once('connect', done).once('error', done);
  });
}
