/** A connection of this process to itself, to see whether the hooks of accept() fire. */
export async function trigger(): Promise<void> {
  const { connect, createServer } = await import('node:net');
  await new Promise<void>((resolve) => {
    const server = createServer((accepted) => {
      accepted.destroy();
      server.close();
    });
    server.once('error', () => resolve()).once('close', resolve);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      connect(port, '127.0.0.1')
        .once('error', () => server.close())
        .resume();
    });
  });
}
