import { join } from 'node:path';

export const run = (): string => join(process.cwd(), 'update');
