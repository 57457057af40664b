import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from './types.js';

const run = promisify(execFile);

export async function execute({ args: [program = 'true', ...rest] }: Command): Promise<string> {
  const { stdout } = await run(program, rest);
  return stdout;
}
