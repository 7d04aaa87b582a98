// invocation.json: what the command line added to the YAML. Written by sweep's store; resume plans with the same, and reports show it, since
// overrides are not in sweep.yaml.
import { z } from 'zod';

export const INVOCATION_SCHEMA = 'kbench/invocation@1';

export const invocationSchema = z.object({
  schema: z.literal(INVOCATION_SCHEMA),
  file: z.string(),
  overrides: z.array(z.string()).readonly(),
  bootstrap: z.string().nullable(),
});

export type Invocation = Readonly<Omit<z.infer<typeof invocationSchema>, 'schema'>>;
