import { describe, expect, test } from 'vitest';
import { expand, names, resolveLink, siteOf } from './links.ts';

describe('link templates (halibut.md 9.3.2)', () => {
  test.each([
    ['/api/workers{/id}{?skip,name}', {}, '/api/workers'],
    ['/api/workers{/id}{?skip,name}', { name: 'web 1' }, '/api/workers?name=web%201'],
    ['/api/workers{/id}{?skip,name}', { id: 'all', skip: '0', name: 'a&b' }, '/api/workers/all?skip=0&name=a%26b'],
    ['/api/{spaceId}', { spaceId: 'Spaces-1' }, '/api/Spaces-1'],
    ['/api/x?a=1{&b}', { b: '2' }, '/api/x?a=1&b=2'],
    ['/api/plain', { id: 'x' }, '/api/plain'],
  ])('%s with %o is %s', (template, values, wanted) => expect(expand(template, values)).toBe(wanted));

  test('the comma of a list is sent unescaped', () => {
    expect(expand('/api/pools{?ids}', { ids: ['a', 'b c'] })).toBe('/api/pools?ids=a,b%20c');
  });
  test('a parameter that the template does not name is dropped, and names() tells so beforehand', () => {
    expect(expand('/api/workers{/id}{?skip}', { id: 'all', thumbprint: 'AB' })).toBe('/api/workers/all');
    expect(names('/api/workers{/id}{?skip}', 'thumbprint')).toBe(false);
    expect(names('/api/workers{/id}{?skip,thumbprint}', 'thumbprint')).toBe(true);
  });
});

describe('addresses (halibut.md 9.3.2)', () => {
  test.each([
    ['http://host', 'http://host/'],
    ['http://host/', 'http://host/'],
    ['http://host/api', 'http://host/'],
    ['http://host/api/', 'http://host/'],
    ['http://host/octo/api', 'http://host/octo'],
    ['http://host/app#/Spaces-1', 'http://host/app'],
  ])('--server %s means the site %s', (server, site) => expect(siteOf(server).href).toBe(site));

  test('a ~/ link stays below the virtual directory, any other leaves it', () => {
    const site = siteOf('http://host/octo');
    const at = (link: string, of = site) => resolveLink(of, link)?.href;
    expect(at('~/api/x?a=1')).toBe('http://host/octo/api/x?a=1');
    expect(at('/octo/api/x')).toBe('http://host/octo/api/x');
    expect(at('/api/x')).toBe('http://host/api/x');
    expect(at('api/x')).toBe('http://host/api/x');
    expect(at('~/api', siteOf('http://host'))).toBe('http://host/api');
  });
  test.each(['https://host/api', 'http://other/api', '//other/api'])('the link %s leads to another server', (link) => {
    expect(resolveLink(siteOf('http://host'), link)).toBeUndefined();
  });
});
