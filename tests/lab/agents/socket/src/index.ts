// The agent as it is: a connection that comes back, messages that are checked, a log.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROTOCOL_VERSION } from '@server-flow/shared';
import pino from 'pino';
import WebSocket from 'ws';
import { z } from 'zod';
import { Backoff } from './backoff.js';
import type { Command } from './types.js';

const { version } = JSON.parse(readFileSync(join(process.argv[1] ?? '', '../../package.json'), 'utf8')) as { version: string };
const log = pino({ level: process.env.LOG_LEVEL ?? 'silent' });
const Message = z.object({ type: z.enum(['run', 'ping']), id: z.string(), args: z.array(z.string()).default([]) });

class Agent {
  static readonly #instances = new Set<Agent>();
  #socket?: WebSocket;
  readonly #backoff = new Backoff({ least: 1, most: 4 });

  constructor(private readonly url: string, readonly handlers: Map<string, (command: Command) => Promise<unknown>> = new Map()) {
    Agent.#instances.add(this);
  }

  async run(): Promise<void> {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await this.#connect();
      } catch (reason) {
        log.warn({ reason, attempt, version, protocol: PROTOCOL_VERSION }, 'Disconnected');
        await sleep(this.#backoff.next());
      }
    }
  }

  #connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket = new WebSocket(this.url, { handshakeTimeout: 500 });
      this.#socket.on('message', (data) => void this.#received(String(data)));
      this.#socket.once('error', reject);
      this.#socket.once('close', () => resolve());
    });
  }

  async #received(text: string): Promise<void> {
    const message = Message.safeParse(JSON.parse(text));
    if (!message.success) return log.error(message.error);
    await this.handlers.get(message.data.type)?.(message.data);
  }
}

const agent = new Agent(process.env.CONTROL_PLANE ?? 'ws://127.0.0.1:9');
agent.handlers.set('run', async (command) => {
  const { execute } = await import('./execute.js');
  return execute(command);
});
agent.run().then(() => process.exit(0));
