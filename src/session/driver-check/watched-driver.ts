// A driver's program as a check watches it: whether it said anything, whether it had to be killed.
// Made by check-driver for each case.
import { openDriver } from '../../targets/drivers/open-driver.js';
import type { DriverProgram, OpenDriver } from '../../workloads/drivers/driver-program.js';

export class WatchedDriver {
  /** Something came on the stdout of one of its processes. */
  hasSpoken = false;
  /** Processes that did not end by themselves. */
  killed = 0;

  readonly open: OpenDriver = async (request) => this.watched(await openDriver(request));

  private watched(program: DriverProgram): DriverProgram {
    return {
      folder: program.folder,
      resolve: (security) => program.resolve(security),
      close: () => program.close(),
      start: () => {
        const child = program.start();
        child.stdout?.on('data', () => (this.hasSpoken = true));
        return child;
      },
      kill: (child) => {
        this.killed += 1;
        program.kill(child);
      },
    };
  }
}
