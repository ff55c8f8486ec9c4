import { serverHealthForm, serverStatusForm } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { release, type } from 'node:os';
import { type Plane } from '../plane.ts';
import { VERSION } from '../version.ts';

const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Source: rest.md 2.2. */
export function statusRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/serverstatus', async () =>
    serverStatusForm.toWire({
      isDatabaseEncrypted: true, // what is secret in it is sealed with the master key
      isInMaintenanceMode: false,
      isMajorMinorUpgrade: false,
      isUpgradeAvailable: false,
      isPotentialClone: false,
      maintenanceExpires: null,
      maximumAvailableVersion: null,
      maximumAvailableVersionCoveredByLicense: null,
      links: {
        Self: '/api/serverstatus',
        Health: '/api/serverstatus/health',
        SystemInfo: '/api/serverstatus/system-info',
      },
    }),
  );
  app.get('/api/serverstatus/system-info', async () => ({
    Version: VERSION,
    OSVersion: `${type()} ${release()}`,
    WorkingSetBytes: process.memoryUsage.rss(),
    ClrVersion: `Node ${process.version}`,
    ThreadCount: 1,
    MinThreadPoolCount: 4,
    Uptime: new Date(process.uptime() * 1_000).toISOString().slice(11, 19),
    Links: { Self: '/api/serverstatus/system-info' },
  }));
  app.get('/api/serverstatus/timezones', async () =>
    ['UTC', ...Intl.supportedValuesOf('timeZone')].map((Id) => ({ Id, Name: Id, IsLocal: Id === LOCAL_ZONE })),
  );

  app.get('/api/serverstatus/health', async () => {
    const isOperatingNormally = await databaseAnswers(plane);
    return serverHealthForm.toWire({
      description: isOperatingNormally ? 'The server and its database answer' : 'The database does not answer',
      isOperatingNormally,
      isEntireClusterReadOnly: false,
      isEntireClusterDrainingTasks: false,
      isCompliantWithLicense: true,
      links: { Self: '/api/serverstatus/health', Index: '/api/serverstatus' },
    });
  });
}

async function databaseAnswers(plane: Plane): Promise<boolean> {
  try {
    await plane.spaces.list();
    return true;
  } catch (error) {
    plane.logger.error({ room: 'http', error: String(error) }, 'the database does not answer');
    return false;
  }
}
