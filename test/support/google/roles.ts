import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What `gcloud iam roles create --file` takes, as far as the double needs it. */
interface RoleFile {
  includedPermissions: string[];
}

/** The permissions of a custom role, from the file that the vault's README names. */
export function permissionsOf(role: 'latest' | 'alias' | 'discover'): readonly string[] {
  const file = new URL(`../../../connectors/vaults/gcp-secret-manager/role-${role}.yaml`, import.meta.url);
  return (parse(readFileSync(file, 'utf8')) as RoleFile).includedPermissions;
}
