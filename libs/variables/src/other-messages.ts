/**
 * Messages of calamari.md 2.2 that octo has no resource for yet: what the script wanted did not happen, so it is warned.
 * The names are those of the wire.
 */
const UNSERVED: Readonly<Record<string, string>> = {
  'set-environmentstate': 'states of environments',
  'create-awsaccount': 'accounts made by scripts',
  'create-azureaccount': 'accounts made by scripts',
  'create-userpassaccount': 'accounts made by scripts',
  'create-tokenaccount': 'accounts made by scripts',
  'create-azurewebapptarget': 'targets made by scripts',
  'create-kubernetestarget': 'targets made by scripts',
  'create-azureservicefabrictarget': 'targets made by scripts',
  'create-aws-ecs-target': 'targets made by scripts',
  createStepPackageTarget: 'targets made by scripts',
  'delete-target': 'targets made by scripts',
  'k8s-status': 'the state of Kubernetes objects',
  'k8s-manifest-applied': 'the state of Kubernetes objects',
  'argocd-files-updated': 'what Argo CD was told',
  'pull-request-created': 'pull requests',
};
/** What only packages on their way need; they come with their issue. */
const ABOUT_PACKAGES: ReadonlySet<string> = new Set(['calamari-found-package', 'foundPackage', 'deltaVerification']);
/** Telemetry of Octopus's own tools: nobody waits for it. */
const TELEMETRY: ReadonlySet<string> = new Set([
  'calamari-timed-operation',
  'calamari-deployment-metric',
  'calamari-script-isolation-alert',
]);

/** The note that a message gets which is not carried out; undefined where none is due. */
export function noteOn(name: string): { readonly category: 'Warning' | 'Verbose'; readonly text: string } | undefined {
  const what = UNSERVED[name];
  if (what !== undefined)
    return { category: 'Warning', text: `The service message ${name} has no effect: octo does not keep ${what}` };
  if (TELEMETRY.has(name)) return undefined;
  const because = ABOUT_PACKAGES.has(name)
    ? 'has no effect: no package is on its way'
    : 'is not understood and has no effect';
  return { category: 'Verbose', text: `The service message ${name} ${because}` };
}
