import { settingsForm, type SettingsResource } from '@octo/api';
import { parse } from '@octo/kernel';
import { ARTIFACT_DAYS, ARTIFACT_DAYS_DEFAULT, BUILT_IN_SWITCH, differences } from '@octo/plane';
import { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type Plane } from '../../plane.ts';
import { noted } from '../access/audited.ts';

export const settingsSchema = z.object({
  isBuiltInWorkerEnabled: z.boolean(),
  artifactKeepDays: z.number().min(0).max(36_500).optional(),
});

/** Settings of the whole installation. */
export function settingsRoutes(app: FastifyInstance, plane: Plane): void {
  const settings = async (): Promise<SettingsResource> => ({
    isBuiltInWorkerEnabled: await plane.settings.get(BUILT_IN_SWITCH, true),
    artifactKeepDays: await plane.settings.get(ARTIFACT_DAYS, ARTIFACT_DAYS_DEFAULT),
  });
  app.get('/api/octo/settings', async () => settingsForm.toWire(await settings()));
  app.put('/api/octo/settings', async (request) => {
    const { isBuiltInWorkerEnabled, artifactKeepDays } = await parse(
      settingsSchema,
      settingsForm.bind(request.body),
      'the settings',
    );
    const before = await settings();
    const event = noted(plane, request, {
      spaceId: null,
      category: 'Modified',
      message: 'Settings of the installation were changed',
      documentType: 'FeaturesConfiguration',
      documentIds: ['features'],
      differences: differences(
        { ...before },
        { ...before, isBuiltInWorkerEnabled, ...(artifactKeepDays !== undefined && { artifactKeepDays }) },
      ),
    });
    await plane.settings.set(BUILT_IN_SWITCH, isBuiltInWorkerEnabled, event);
    plane.logger.info({ room: 'settings', isBuiltInWorkerEnabled }, 'the switch of the built-in worker was set');
    if (artifactKeepDays !== undefined) {
      await plane.settings.set(ARTIFACT_DAYS, artifactKeepDays);
      plane.signals.publish('retention');
    }
    plane.signals.publish('leases'); // who waits for a worker looks again
    return settingsForm.toWire(await settings());
  });
}
