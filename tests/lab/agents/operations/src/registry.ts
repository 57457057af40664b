export const registry = new Map<string, object>();

export function service(name: string) {
  return function <T extends new () => object>(target: T, _context?: unknown): void {
    registry.set(name, new target());
  };
}
