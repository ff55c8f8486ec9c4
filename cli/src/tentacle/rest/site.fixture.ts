import { Stub, type Reply, type Seen } from './stub.fixture.ts';

const WORKER_LINK = '/api/Spaces-1/workers{/id}{?skip,take,name,thumbprint}';
const SPACE_LINKS: Readonly<Record<string, string>> = {
  Workers: WORKER_LINK,
  Machines: WORKER_LINK.replace('workers', 'machines'),
  WorkerPools: '/api/Spaces-1/workerpools{/id}{?ids,skip,take}',
  MachinePolicies: '/api/Spaces-1/machinepolicies{/id}{?ids}',
  Proxies: '/api/Spaces-1/proxies{/id}{?ids}',
  Environments: '/api/Spaces-1/environments{/id}{?ids}',
  Tenants: '/api/Spaces-1/tenants{/id}{?ids}',
};
export const ROOT = {
  Version: '2026.1.0',
  ApiVersion: '3.0.0',
  Links: {
    CurrentUser: '/api/users/me',
    SignIn: '/api/users/login{?returnUrl}',
    Spaces: '/api/spaces{/id}',
    CertificateConfiguration: '/api/configuration/certificates{/id}{?skip}',
  },
};
const SELF = { Links: { Self: '/api/Spaces-1/workers/Workers-1' } };

export function page(items: readonly object[], next?: string): object {
  return { Items: items, Links: next === undefined ? {} : { 'Page.Next': next } };
}

/** What a small server answers, by 'METHOD path'; a test changes what it is about. */
export function siteOfAnswers(): Record<string, Reply> {
  const space = { Id: 'Spaces-1', Name: 'Default', IsDefault: true, Links: { SpaceHome: '/api/Spaces-1' } };
  return {
    'GET /api': { body: ROOT },
    'GET /api/users/me': { body: { Id: 'Users-1', Links: { Spaces: '/api/users/Users-1/spaces' } } },
    'GET /api/users/Users-1/spaces': { body: [space] },
    'GET /api/Spaces-1': { body: { Links: SPACE_LINKS } },
    'GET /api/configuration/certificates/certificate-global': { body: { Thumbprint: 'cd'.repeat(20) } },
    'GET /api/Spaces-1/workers?name=w1': { body: page([]) },
    'GET /api/Spaces-1/machines?name=w1': { body: page([]) },
    'GET /api/Spaces-1/workerpools': {
      body: page([{ Id: 'WorkerPools-1', Name: 'Default Pool', Slug: 'default-pool' }]),
    },
    'POST /api/Spaces-1/workers': { status: 201, body: SELF },
    'POST /api/Spaces-1/machines': { status: 201, body: SELF },
    'POST /api/Spaces-1/workers/Workers-1': { body: SELF },
    'GET /api/Spaces-1/workers/Workers-1': { body: SELF },
  };
}

/** Serves the answers; what is not among them is 404. */
export function openSite(answers: Record<string, Reply>): Promise<Stub> {
  return Stub.open(
    ({ method, path }: Seen) => answers[`${method} ${path}`] ?? { status: 404, body: { ErrorMessage: `no ${path}` } },
  );
}
