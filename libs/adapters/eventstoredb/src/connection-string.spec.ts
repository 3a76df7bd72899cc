import { BadConnectionString, hostsOf, toClientString } from './connection-string';

describe('A connection string', () => {
  it.each([
    ['esdb://localhost:2113?tls=false', 'esdb://localhost:2113?tls=false'],
    ['kurrentdb+discover://user:pw@h:2113?tls=true', 'esdb+discover://user:pw@h:2113?tls=true'],
    ['eventstore://h', 'esdb://h'],
    ['  esdb+discover://cluster.example:2113/  ', 'esdb+discover://cluster.example:2113'],
    [
      'esdb://admin:change%40it@a:1,b:2,c:3?tls=true&node_preference=leader',
      'esdb://admin:change%40it@a:1,b:2,c:3?tls=true&node_preference=leader',
    ],
  ])('%s is taken', (given, expected) => {
    expect(toClientString({ connectionString: given })).toBe(expected);
  });

  it('gets credentials and the CA file from the options, whatever signs they have', () => {
    const options = { connectionString: 'esdb://h:2113?tls=true', username: 'ops', password: 'p@ss:w/ö?&', tlsCaFile: '/etc/ca one.pem' };
    expect(toClientString(options)).toBe('esdb://ops:p%40ss%3Aw%2F%C3%B6%3F%26@h:2113?tls=true&tlsCAFile=%2Fetc%2Fca%20one.pem');
    expect(hostsOf(toClientString(options))).toBe('h:2113');
  });

  it.each([
    [{ connectionString: 'http://admin:top-secret@h:2113' }, 'does not begin with esdb://'],
    [{ connectionString: 'esdb://' }, 'names no host'],
    [{ connectionString: 'esdb://admin:top-secret@h:port' }, 'names no host, or a bad port'],
    [{ connectionString: 'esdb://top-secret@h:2113' }, 'has a user without a password'],
    [{ connectionString: 'esdb://admin:top-secret@h?tlsVerifyCert=false' }, 'name the authority with tlsCAFile'],
    [{ connectionString: 'esdb://admin:top-secret@h?tsl=false' }, 'has the unknown setting "tsl"'],
    [{ connectionString: 'esdb://admin:top-secret@h?tls' }, 'has no proper value for "tls"'],
    [{ connectionString: 'esdb://admin:top-secret@h', username: 'ops', password: 'top-secret' }, 'and the options have as well'],
    [{ connectionString: 'esdb://h', username: 'ops' }, 'a user name or a password alone'],
  ])('%j is refused, without quoting a password or printing anything', (options, reason) => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      toClientString(options);
      throw new Error('taken');
    } catch (error) {
      expect(error).toBeInstanceOf(BadConnectionString);
      expect((error as Error).message).toContain(reason);
      expect((error as Error).message).not.toContain('top-secret');
      expect(warn).not.toHaveBeenCalled();
    } finally {
      warn.mockRestore();
    }
  });
});
