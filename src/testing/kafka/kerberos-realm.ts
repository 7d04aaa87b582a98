// A Kerberos realm on 127.0.0.1 for tests: MIT's KDC from Debian's packages, a database, keytabs,
// and the npm package `kerberos`, compiled into the cache once (it is no dependency of kbench).
// Test-only. Where something cannot be had, the reason is given in words.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { takeLock } from '../../base/files/lock-file.js';
import { cacheFolder } from '../../targets/kafka/cache-folder.js';
import { runToEnd } from '../../targets/kafka/processes/child-process.js';
import { freePorts } from '../../targets/kafka/free-ports.js';

export const REALM = 'KBENCH.TEST';
/** What kbench finds `kerberos` from: a working directory with it in node_modules. */
export interface KerberosTools {
  readonly packageFolder: string;
}

export interface KerberosRealm {
  /** KRB5_CONFIG: for kbench, kinit and Java. */
  readonly configFile: string;
  /** Makes a principal with a random key, and gives a keytab with it. */
  addPrincipal(name: string, ...options: readonly string[]): Promise<string>;
  /** Gets a ticket by keytab into a cache, as kinit's further arguments say. */
  kinit(
    keytab: string,
    principal: string,
    cache: string,
    ...args: readonly string[]
  ): Promise<void>;
  /** Ends the KDC alone. */
  stop(): void;
  start(): Promise<void>;
}

const PROGRAMS = [
  '/usr/sbin/krb5kdc',
  '/usr/sbin/kdb5_util',
  '/usr/sbin/kadmin.local',
  '/usr/bin/kinit',
];
const PACKAGES = ['krb5-kdc', 'krb5-admin-server', 'krb5-user', 'libkrb5-dev'];
const KERBEROS = 'kerberos@7.0.0';
const INSTALL_LIMIT_MS = 240_000;
const LIMIT_MS = 30_000;

/** The tools, installed if need be; or why they are not to be had. */
export async function findKerberosTools(): Promise<KerberosTools | string> {
  const root = path.join(cacheFolder(), 'kerberos');
  const packageFolder = path.join(root, `${KERBEROS}-${process.versions.modules}`);
  mkdirSync(root, { recursive: true });
  const release = await takeLock(path.join(root, 'lock'), { waitMs: INSTALL_LIMIT_MS * 2 });
  if (release === null) return 'another process has been installing Kerberos for too long';
  try {
    const missing = (await installPrograms()) ?? (await installPackage(packageFolder));
    return missing ?? { packageFolder };
  } finally {
    release();
  }
}

const hasPrograms = () => PROGRAMS.every((program) => existsSync(program));

async function installPrograms(): Promise<string | null> {
  if (hasPrograms()) return null;
  if (process.getuid?.() !== 0)
    return `there is no KDC, and only root can install ${PACKAGES.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) return 'there is no KDC, and no apt-get to install one';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    runToEnd('apt-get', args, { timeoutMs: INSTALL_LIMIT_MS, env });
  const install = ['install', '-y', '--no-install-recommends', ...PACKAGES];
  let done = await apt(...install);
  if (done.code !== 0) {
    await apt('update');
    done = await apt(...install);
  }
  return hasPrograms()
    ? null
    : `apt-get cannot install ${PACKAGES.join(' ')}: ${done.stderr.trim().slice(-300)}`;
}

/** It is fetched built or compiled, whichever can be had. */
async function installPackage(folder: string): Promise<string | null> {
  const load = () =>
    runToEnd(process.execPath, ['-e', "require('kerberos')"], {
      timeoutMs: LIMIT_MS,
      cwd: folder,
      env: process.env,
    });
  if (existsSync(folder) && (await load()).code === 0) return null;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{"private": true}');
  const args = ['install', '--no-audit', '--no-fund', KERBEROS];
  const done = await runToEnd('npm', args, {
    timeoutMs: INSTALL_LIMIT_MS,
    cwd: folder,
    env: process.env,
  });
  if (done.code === 0 && (await load()).code === 0) return null;
  return `npm cannot install ${KERBEROS}: ${(done.stderr || done.stdout).trim().slice(-300)}`;
}

/** `folder` gets all files of the realm. */
export async function startKerberosRealm(folder: string): Promise<KerberosRealm> {
  mkdirSync(folder, { recursive: true });
  const file = (name: string) => path.join(folder, name);
  const [port] = await freePorts(1);
  writeFileSync(file('krb5.conf'), clientConfig(port));
  writeFileSync(file('kdc.conf'), kdcConfig(port, file));
  const env = {
    ...process.env,
    KRB5_CONFIG: file('krb5.conf'),
    KRB5_KDC_PROFILE: file('kdc.conf'),
  };
  const run = async (program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) => {
    const done = await runToEnd(program, args, { timeoutMs: LIMIT_MS, env: { ...env, ...more } });
    if (done.code !== 0)
      throw new Error(`${program} ${args.join(' ')}: ${done.stdout}${done.stderr}`);
  };
  const admin = (query: string) => run('/usr/sbin/kadmin.local', ['-r', REALM, '-q', query]);
  await run('/usr/sbin/kdb5_util', ['create', '-s', '-r', REALM, '-P', 'master']);
  await admin(`modprinc -maxrenewlife 1d krbtgt/${REALM}`);
  let kdc: ChildProcess | null = null;
  const start = async () => {
    kdc = spawn('/usr/sbin/krb5kdc', ['-n'], { env, stdio: 'ignore' });
    await listening(port);
  };
  await start();
  return {
    configFile: file('krb5.conf'),
    addPrincipal: async (name, ...options) => {
      const keytab = file(`${name.replaceAll(/\W/g, '-')}.keytab`);
      await admin(`addprinc -randkey -maxrenewlife 1d ${options.join(' ')} ${name}`);
      await admin(`ktadd -k ${keytab} ${name}`);
      return keytab;
    },
    kinit: (keytab, principal, cache, ...args) =>
      run('/usr/bin/kinit', ['-k', '-t', keytab, ...args, principal], { KRB5CCNAME: cache }),
    stop: () => void kdc?.kill('SIGKILL'),
    start,
  };
}

const clientConfig = (port: number) => `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  localhost = ${REALM}
`;

const kdcConfig = (port: number, file: (name: string) => string) => `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${file('principal')}
    key_stash_file = ${file('stash')}
    max_life = 1h
    max_renewable_life = 1d
  }
[logging]
  kdc = FILE:${file('kdc.log')}
  admin_server = FILE:${file('admin.log')}
`;

async function listening(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    if (tries > 200) throw new Error('the KDC does not listen');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
