export interface Limits {
  least: number;
  most: number;
}

export class Backoff {
  #next: number;
  constructor(private readonly limits: Limits) {
    this.#next = limits.least;
  }
  next(): number {
    const now = this.#next;
    this.#next = Math.min(now * 2, this.limits.most);
    return now;
  }
}
