// What outside programs (brokers, Java's tools, Maven) inherit of the environment: what they need
// by name, and nothing else, as kbench's own may hold secrets. Called by child-process.ts, which
// hands nothing else on unless its caller says so.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * To be found, to find its files, to write its texts and times; LD_LIBRARY_PATH for a Java that is
 * not where it was built.
 */
const NEEDED =
  /^(PATH|JAVA_HOME|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|LD_LIBRARY_PATH)$/;

/** Where Maven lies, how it runs, and its way to the network. */
const MAVEN = /^(MAVEN_(OPTS|ARGS|HOME)|M2_HOME|JAVA_TOOL_OPTIONS)$/;
const PROXY = /^((HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy)$/;

export const javaEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  pick(env, (name) => NEEDED.test(name));

/**
 * Also what the user's own settings.xml asks for by name (`${env.NAME}`: a mirror's password, say).
 */
export function mavenEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const asked = namedInSettings(env);
  return pick(
    env,
    (name) => NEEDED.test(name) || MAVEN.test(name) || PROXY.test(name) || asked.has(name),
  );
}

function namedInSettings(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const homes = [path.join(env['HOME'] ?? homedir(), '.m2'), env['MAVEN_HOME'], env['M2_HOME']];
  const names = new Set<string>();
  for (const home of homes) {
    if (home === undefined || home === '') continue;
    for (const file of ['settings.xml', path.join('conf', 'settings.xml')]) {
      try {
        const text = readFileSync(path.join(home, file), 'utf8');
        for (const [, name] of text.matchAll(/\$\{env\.(\w+)\}/g)) names.add(name);
      } catch {
        // none there, or not for us: Maven says so itself
      }
    }
  }
  return names;
}

const pick = (env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name)));
