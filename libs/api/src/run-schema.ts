import { z } from 'zod';

/** Longest time that a request may name: some 115 days. */
const seconds = z.number().positive().max(10_000_000);

export const actionSchema = z.object({
  name: z.string().trim().min(1).max(200),
  type: z.string().min(1).max(200),
  properties: z.record(z.string(), z.string()).default({}),
  pool: z.string().min(1).optional(),
  files: z
    .array(
      z.object({
        name: z.string().min(1).max(1_000),
        contentBase64: z.base64(),
      }),
    )
    .max(10_000)
    .optional(),
});

export const runSchema = z.object({
  description: z.string().max(1_000).optional(),
  actions: z.array(actionSchema).min(1).max(1_000),
  variables: z
    .array(z.object({ name: z.string().min(1), value: z.string(), sensitive: z.boolean().optional() }))
    .max(20_000)
    .optional(),
  pool: z.string().min(1).optional(),
  timeoutSeconds: seconds.optional(),
  queueTimeoutSeconds: seconds.optional(),
});
