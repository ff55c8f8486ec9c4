import { serverHealthForm, serverStatusForm } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';

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
      links: { Self: '/api/serverstatus', Health: '/api/serverstatus/health' },
    }),
  );

  app.get('/api/serverstatus/health', { config: { anonymous: true } }, async () => {
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
