export * from './health.js';
export { default as usage } from './usage.js';
