// Where tools/kubernetes/build.mjs puts what it builds.
import { join } from 'node:path';
import { ROOT } from '../setup/paths.mjs';

const FOLDER = join(ROOT, '.cache', 'kubernetes');

export const API_SERVER = join(FOLDER, 'kube-apiserver');
export const ETCD = join(FOLDER, 'etcd');
