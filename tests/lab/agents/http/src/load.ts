import { loadavg } from 'node:os';

export default (cores: number): number => (loadavg()[0] ?? 0) / cores;
