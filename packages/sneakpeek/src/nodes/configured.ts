import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where a pod finds its credentials. Source: Kubernetes, "Accessing the API from a Pod". */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Whether there may be credentials for a cluster, without reading them: that takes a third of a second. */
export function mayHaveCluster(env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.KUBECONFIG) return true;
  return existsSync(join(env.HOME ?? homedir(), '.kube/config')) || existsSync(SERVICE_ACCOUNT);
}
