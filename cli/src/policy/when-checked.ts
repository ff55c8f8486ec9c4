interface Checks {
  readonly HealthCheckInterval?: string | null | undefined;
  readonly HealthCheckCron?: string | null | undefined;
  readonly HealthCheckCronTimezone?: string | null | undefined;
}

/** When a machine policy has its workers checked, in a word or two: by interval, by cron expression, or never (R92). */
export function whenChecked({ HealthCheckInterval, HealthCheckCron, HealthCheckCronTimezone }: Checks = {}): string {
  if (HealthCheckCron) return [HealthCheckCron, HealthCheckCronTimezone].filter(Boolean).join(' ');
  return HealthCheckInterval ?? 'never';
}
