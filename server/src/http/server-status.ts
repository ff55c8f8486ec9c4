import { toWire } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../plane.ts';

/** Source: rest.md 2.2. */
export function statusRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/serverstatus', async () =>
    toWire({
      isDatabaseEncrypted: true,
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
    const isOperatingNormally = await plane.spaces.list().then(
      () => true,
      () => false,
    );
    return toWire({
      description: isOperatingNormally
        ? 'The server answers and its database does, too'
        : 'The database does not answer',
      isOperatingNormally,
      isEntireClusterReadOnly: false,
      isEntireClusterDrainingTasks: false,
      isCompliantWithLicense: true,
      links: { Self: '/api/serverstatus/health', Index: '/api/serverstatus' },
    });
  });
}
