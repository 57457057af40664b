"""A small ServerFlow-like pnpm workspace, built for real, and the documented creation procedure over it.

Everything the other parts judge begins here: the agent is TypeScript compiled by `tsc`, its dependencies are the real
packages from the registry, and the bundle is what the source document's section "Création du Bundle" gives.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

from harness import PNPM, WORK, Mismatch, must, remove, shell, write, write_json

VERSION = "0.1.27"
SHARED = "node_modules/@server-flow/shared"

RUNTIME = {
    "@fastify/websocket": "^10.0.1",
    "fastify": "^4.28.0",
    "pm2": "^5.4.0",
    "ws": "^8.18.0",
    "zod": "^3.23.0",
}

AGENT_INDEX = """\
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import websocket from '@fastify/websocket';
import WebSocket from 'ws';
import { AgentCommandSchema, PROTOCOL_VERSION, type AgentCommand } from '@server-flow/shared';
import { Infrastructure } from './infrastructure.js';
import { execute } from './execution.js';
import { log } from './utils/log.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

export function agentVersion(): string {
  const text = readFileSync(path.join(here, '..', 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version?: string }).version);
}

export async function start(url: string): Promise<void> {
  const app = Fastify({ logger: false });
  await app.register(websocket);
  const infrastructure = new Infrastructure(require.resolve('pm2/package.json'));
  const socket = new WebSocket(url.replace(/^http/, 'ws') + '/api/connect');
  socket.on('error', (error: Error) => log('socket', error.message));
  socket.on('message', async (data: WebSocket.RawData) => {
    const command: AgentCommand = AgentCommandSchema.parse(JSON.parse(data.toString()));
    socket.send(JSON.stringify(await execute(command, infrastructure)));
  });
  await app.listen({ port: 3001, host: '127.0.0.1' });
  log('agent', `version ${agentVersion()}, protocol ${PROTOCOL_VERSION}`);
}

const at = process.argv.indexOf('--url');
if (at > 0) {
  await start(process.argv[at + 1] ?? 'http://127.0.0.1:4000');
}
"""

AGENT_FILES = {
    "src/index.ts": AGENT_INDEX,
    "src/infrastructure.ts": """\
import os from 'node:os';
import { hostSummary, type HostSummary } from '@server-flow/shared';

export class Infrastructure {
  constructor(readonly manager: string) {}

  summary(): HostSummary {
    return hostSummary(os.hostname(), os.totalmem());
  }
}
""",
    "src/execution.ts": """\
import { spawn } from 'node:child_process';
import type { AgentCommand } from '@server-flow/shared';
import type { Infrastructure } from './infrastructure.js';

export async function execute(command: AgentCommand, infrastructure: Infrastructure): Promise<unknown> {
  switch (command.type) {
    case 'SUMMARY':
      return infrastructure.summary();
    case 'UPDATE_AGENT':
      return (await import('./update.js')).update(command.url);
    case 'RUN':
      return new Promise((done) => spawn(command.program, command.args).on('close', done));
  }
}
""",
    "src/update.ts": """\
export function update(url: string): { url: string; started: boolean } {
  return { url, started: url.length > 0 };
}
""",
    "src/utils/log.ts": """\
export function log(where: string, what: string): void {
  console.log(`[${where}] ${what}`);
}
""",
}

SHARED_FILES = {
    "src/index.ts": "export * from './commands.js';\nexport * from './host.js';\nexport const PROTOCOL_VERSION = 3;\n",
    "src/commands.ts": """\
import { z } from 'zod';

export const AgentCommandSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('SUMMARY') }),
  z.object({ type: z.literal('UPDATE_AGENT'), url: z.string().url() }),
  z.object({ type: z.literal('RUN'), program: z.string(), args: z.array(z.string()) }),
]);

export type AgentCommand = z.infer<typeof AgentCommandSchema>;
""",
    "src/host.ts": """\
export interface HostSummary {
  hostname: string;
  memory: number;
}

export function hostSummary(hostname: string, memory: number): HostSummary {
  return { hostname, memory };
}
""",
}

SHARED_PACKAGE = {
    "name": "@server-flow/shared",
    "version": "0.1.0",
    "private": True,
    "type": "module",
    "main": "dist/index.js",
    "types": "dist/index.d.ts",
    "scripts": {"build": "tsc"},
    "dependencies": {"zod": RUNTIME["zod"]},
    "devDependencies": {"typescript": "^5.5.0"},
}

AGENT_PACKAGE = {
    "name": "@server-flow/agent",
    "version": VERSION,
    "private": True,
    "type": "module",
    "main": "dist/index.js",
    "scripts": {"build": "tsc", "start": "node dist/index.js"},
    "dependencies": {"@server-flow/shared": "workspace:*", **RUNTIME},
    "devDependencies": {"@types/node": "^20.14.0", "@types/ws": "^8.5.10", "typescript": "^5.5.0"},
}

BUNDLE_PACKAGE = {
    "name": "server-flow-agent",
    "version": VERSION,
    "private": True,
    "type": "module",
    "main": "dist/index.js",
    "scripts": {"start": "node dist/index.js"},
    "dependencies": RUNTIME,
}

TSCONFIG = {
    "compilerOptions": {
        "target": "ES2022",
        "module": "NodeNext",
        "moduleResolution": "NodeNext",
        "strict": True,
        "declaration": True,
        "skipLibCheck": True,
        "esModuleInterop": True,
        "rootDir": "src",
        "outDir": "dist",
    },
    "include": ["src"],
}

# The source document's section (docs/reference/update-mechanism.md, "Création du Bundle"), step by step, from the repository's
# root; each step starts there, as the document's own blocks do. Its last line points to `../../../control-plane/public/`,
# which is the wrong folder from `apps/agent/bundle` (docs/reference/field-facts.md, "What survives the update"); the right one
# is used. TMP stands for /tmp.
PROCEDURE = (
    # 1. Build l'agent (the shared package first, as the workspace's own `pnpm build` does)
    "cd packages/shared\npnpm build",
    "cd apps/agent\npnpm build",
    # 2. Copie le dist dans le bundle
    "rm -rf apps/agent/bundle/dist\ncp -r apps/agent/dist apps/agent/bundle/",
    # 3. Copie le package shared
    "mkdir -p apps/agent/bundle/node_modules/@server-flow\n"
    "rm -rf apps/agent/bundle/node_modules/@server-flow/shared\n"
    "cp -r packages/shared apps/agent/bundle/node_modules/@server-flow/shared",
    # 4. Vérifie le package.json du bundle
    "! grep workspace: apps/agent/bundle/package.json",
    # 5. Crée le tar.gz
    'cd apps/agent/bundle\ntar -czvf "$TMP/agent-bundle.tar.gz" .\nmv "$TMP/agent-bundle.tar.gz" ../../control-plane/public/',
)


def write_sources(root: Path) -> None:
    """The repository as a developer has it before any command."""
    write(root / "pnpm-workspace.yaml", "packages:\n  - 'apps/*'\n  - 'packages/*'\n")
    write_json(root / "package.json", {"name": "server-flow", "private": True, "scripts": {"build": "pnpm -r build"}})
    write(root / ".gitignore", "node_modules/\ndist/\n")
    for folder, files, package in (
        ("apps/agent", AGENT_FILES, AGENT_PACKAGE),
        ("packages/shared", SHARED_FILES, SHARED_PACKAGE),
    ):
        for name, text in files.items():
            write(root / folder / name, text)
        write_json(root / folder / "package.json", package)
        write_json(root / folder / "tsconfig.json", TSCONFIG)
    write_json(root / "apps/agent/bundle/package.json", BUNDLE_PACKAGE)
    write(root / "apps/control-plane/public/.gitkeep", "")


def procedure(root: Path) -> None:
    """The documented creation procedure."""
    (root / "tmp").mkdir(exist_ok=True)
    path = f"{Path(PNPM).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    for step in PROCEDURE:
        shell(step, root, TMP=str(root / "tmp"), PATH=path)


@functools.cache
def build() -> Path:
    """The workspace after `pnpm install`, `pnpm build` and the procedure. Warm: only what changed is made again."""
    root = WORK / "monorepo"
    sources = json.dumps([AGENT_FILES, SHARED_FILES, SHARED_PACKAGE, AGENT_PACKAGE, BUNDLE_PACKAGE, TSCONFIG, PROCEDURE])
    stamp = root / ".lab-stamp"
    want = hashlib.sha256(sources.encode()).hexdigest()
    if not stamp.exists() or stamp.read_text() != want:
        remove(root)
        write_sources(root)
        must(PNPM, "install", cwd=root)
        write(stamp, want)
    procedure(root)
    made = root / "apps/control-plane/public/agent-bundle.tar.gz"
    if not made.is_file():
        raise Mismatch("the documented procedure left no archive")
    return root


def bundle() -> Path:
    """The good bundle's folder: `apps/agent/bundle` after the procedure."""
    return build() / "apps/agent/bundle"
