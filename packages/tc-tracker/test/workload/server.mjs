// Takes what clients send and closes when they do: `server.mjs PORT [REPLY_BYTES]`.
import { createServer } from 'node:net';

const [port, reply = '0'] = process.argv.slice(2).map(Number);
const answer = Buffer.alloc(Number(reply), 'r');
createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.on('end', () => socket.end(answer));
}).listen(port, '::', () => console.log('ready'));
