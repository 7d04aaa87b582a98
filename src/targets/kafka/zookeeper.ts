// One ZooKeeper process of a managed cluster of the 3.x line, and when it is ready: once it answers
// `srvr` as a leader, a follower or alone. Made by kafka-cluster.ts only.
import net from 'node:net';
import type { ZooKeeperPlace } from './kafka-config.js';
import { ServerProcess, type ServerFiles } from './server-process.js';

const ANSWER_LIMIT_MS = 2000;
/** `srvr` of a healthy server is some 200 bytes. */
const MAX_ANSWER_CHARACTERS = 64 * 1024;

export class ZooKeeper extends ServerProcess {
  readonly host = '127.0.0.1';
  readonly port: number;

  constructor(
    place: ZooKeeperPlace,
    files: ServerFiles,
    readyLimitMs: number,
    onDeath: (process: ServerProcess) => void,
  ) {
    super(files, readyLimitMs, onDeath);
    this.port = place.port;
  }

  protected async missing(): Promise<string | null> {
    const answer = await srvr(this.host, this.port);
    return /^Mode: (leader|follower|standalone)/m.test(answer)
      ? null
      : (answer.trim().split('\n')[0] ?? '') || 'it does not answer';
  }
}

/** ZooKeeper's own words; never rejects. */
function srvr(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = net.connect({ host, port }, () => socket.end('srvr'));
    const end = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setTimeout(ANSWER_LIMIT_MS, end);
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > MAX_ANSWER_CHARACTERS) end();
    });
    socket.on('error', (error) => {
      text = error.message;
      end();
    });
    socket.on('close', end);
  });
}
