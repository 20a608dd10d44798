/**
 * Layer 1, runtime. Exit codes of children: `-N` after signal N, as Python counts. Owns the table.
 *
 * @module
 */

const NUMBERS: Record<string, number> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
};

/** Turns what a runtime reports about a finished process into an exit code. */
export function exitCodeOf(
  code: number | null | undefined,
  signal: string | null | undefined,
): number {
  if (signal) return -(NUMBERS[signal] ?? 1);
  return code ?? 1;
}
