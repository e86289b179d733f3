/**
 * The one place where AWS's minutes become local time. Everything that AWS documents in minutes or seconds of its own (status
 * checks, alarm periods, schedules, retry delays) goes through here; time stamps stay those of the real clock, and so does the
 * time-out of a Lambda function, since its code runs at real speed.
 */
export class Clock {
  private readonly pending = new Set<() => void>();
  private closed = false;

  constructor(readonly minuteMs: number) {
    if (!Number.isFinite(minuteMs) || minuteMs <= 0) {
      throw new Error(`minuteMs must be a positive number of milliseconds, got ${minuteMs}.`);
    }
  }

  /** Local milliseconds of so many of AWS's minutes. */
  minutes(count: number): number {
    return count * this.minuteMs;
  }

  /** Calls back after so many minutes, unless the clock is closed or the returned function is called before. */
  after(minutes: number, callback: () => void): () => void {
    if (this.closed) return () => {};
    const timer = setTimeout(() => {
      this.pending.delete(cancel);
      callback();
    }, this.minutes(minutes));
    const cancel = () => {
      clearTimeout(timer);
      this.pending.delete(cancel);
    };
    this.pending.add(cancel);
    return cancel;
  }

  /** Calls back every so many minutes; a call that takes longer delays the next one instead of overlapping it. */
  every(minutes: number, callback: () => void | Promise<void>): void {
    this.after(minutes, () => {
      void Promise.resolve(callback()).finally(() => this.every(minutes, callback));
    });
  }

  /** No callback comes after this. */
  close(): void {
    this.closed = true;
    for (const cancel of [...this.pending]) cancel();
  }
}
