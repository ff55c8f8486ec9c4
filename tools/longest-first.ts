import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, each project's in this order: the one that begins last decides when a run ends. A fresh
 * clone knows no durations, and the size of a file, which vitest goes by then, says little about its waits.
 */
const LONG = [
  'server/src/http/health-checks.test.ts',
  'server/src/http/strays.test.ts',
  'e2e/src/restart.test.ts',
  'e2e/src/agent-update.test.ts',
  'e2e/src/tentacle.test.ts',
  'e2e/src/tools.test.ts',
  'e2e/src/explain.test.ts',
  'e2e/src/cli-people.test.ts',
  'e2e/src/cancel.test.ts',
  'e2e/src/cli-workers.test.ts',
  'e2e/src/plugin-add.test.ts',
  'e2e/src/ssh.test.ts',
  'e2e/src/run.test.ts',
  'e2e/interop/stock-tentacle.test.ts',
  'server/src/inbound/inbound.test.ts',
  'plugins/transport-ssh/src/troubles.test.ts',
  'libs/storage/src/postgres.test.ts',
  'libs/agent/src/restart.test.ts',
  'plugins/transport-polling/src/faults.test.ts',
  'plugins/transport-listening/src/faults.test.ts',
  'libs/halibut/src/halibut.test.ts',
  'libs/testkit/src/stock/stock.test.ts',
  'libs/tentacle/src/session.test.ts',
  'plugins/transport-listening/src/index.test.ts',
  'plugins/transport-ssh/src/index.test.ts',
  'plugins/transport-ssh/src/faults.test.ts',
  'libs/storage/src/processes.test.ts',
  'plugins/transport-polling/src/index.test.ts',
  'libs/agent/src/limits.test.ts',
  'plugins/transport-ssh/src/sign-in.test.ts',
  'libs/storage/src/sqlite.test.ts',
];

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONG.filter((file) => !existsSync(join(this.ctx.config.root, file)));
    if (gone.length > 0) throw new Error(`tools/longest-first.ts names tests that are not there: ${gone.join(', ')}`);
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((file) => moduleId.endsWith(`/${file}`));
      return at < 0 ? LONG.length : at;
    };
    const sorted = await super.sort(files); // by project, which share processes
    return [...Map.groupBy(sorted, ({ project }) => project.name).values()].flatMap((of) =>
      of.toSorted((a, b) => place(a) - place(b)),
    );
  }
}
