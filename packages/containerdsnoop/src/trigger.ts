/** Some bytes through a unix socket of this process, to see whether hooks fire. */
export async function trigger(): Promise<void> {
  const { connect, createServer } = await import('node:net');
  await new Promise<void>((resolve, reject) => {
    const server = createServer((socket) => socket.end('x'));
    server.once('error', reject).listen(`\0imagesnoop-${process.pid}`, () => {
      const done = (): void => void server.close(() => resolve());
      connect(`\0imagesnoop-${process.pid}`).once('error', done).once('close', done).resume();
    });
  });
}
