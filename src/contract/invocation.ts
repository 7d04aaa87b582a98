// invocation.json: what the command line added to the YAML. Written by sweep's store; resume plans
// with the same, and reports show it, since overrides are not in sweep.yaml.
import { z } from 'zod';

export const INVOCATION_SCHEMA = 'kbench/invocation@1';

export const invocationSchema = z.object({
  schema: z.literal(INVOCATION_SCHEMA),
  file: z.string(),
  overrides: z.array(z.string()).readonly(),
  /** For each of them the option and its argument, where not all of them were `--set`. */
  written: z
    .array(z.tuple([z.string(), z.string()]).readonly())
    .readonly()
    .optional(),
  bootstrap: z.string().nullable(),
  /**
   * The arguments of a sweep without a file, as words: sweep.yaml holds all of it. `file` names
   * none then.
   */
  typed: z.array(z.string()).readonly().nullable().optional(),
});

export type Invocation = Readonly<Omit<z.infer<typeof invocationSchema>, 'schema'>>;

/** An option and its argument. */
export type Typed = NonNullable<Invocation['written']>[number];

/** The command line that made the results, for people. */
export function commandOf({ file, overrides, written, bootstrap, typed }: Invocation): string {
  const set = overrides.map((override, at) => (written?.[at] ?? ['--set', override]).join(' '));
  const added = [...(bootstrap === null ? [] : [`--bootstrap ${bootstrap}`]), ...set];
  return ['kbench run', ...(typed ?? [file, ...added])].join(' ');
}
