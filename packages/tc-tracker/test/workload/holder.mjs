// `holder.mjs HOST PORT`: a connection that is there until its process ends, with 100 bytes in it, and
// another 10 with each SIGUSR1.
import { connect } from 'node:net';

const [host, port] = process.argv.slice(2);
const socket = connect({ host, port: Number(port) }, () => {
  socket.write(Buffer.alloc(100), () => console.log(`ready ${socket.localPort}`));
});
process.on('SIGUSR1', () => socket.write(Buffer.alloc(10), () => console.log('sent')));
