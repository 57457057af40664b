// An agent that answers: routes, a template, a worker, configuration files.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { PROTOCOL_VERSION } from '@server-flow/shared';
import dotenv from 'dotenv';
import express, { type Request, type Response } from 'express';
import { v4 as uuid } from 'uuid';
import { parse } from 'yaml';
import * as routes from './routes/index.js';
import { settings } from './settings.js';

dotenv.config({ quiet: true });
const page = readFileSync(new URL('./templates/page.html', import.meta.url), 'utf8');
const { port = 0 } = parse('port: 0') as { port?: number };

const app = express();
app.use(express.json());
app.get('/', (_: Request, response: Response) => void response.send(page.replace('{{id}}', uuid())));
for (const [name, route] of Object.entries(routes)) app.use(`/${name}`, route);

const server = createServer(app).listen(port, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (typeof address !== 'object' || !address) throw new Error('no address');
const answer = await fetch(`http://127.0.0.1:${address.port}/health`);
if (((await answer.json()) as { protocol: number }).protocol !== PROTOCOL_VERSION) throw new Error(settings.name);
server.closeAllConnections();
server.close();
